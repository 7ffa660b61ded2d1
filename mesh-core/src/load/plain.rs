//! Trees of the forms that have no functions: Kubernetes' objects and the API's JSON.

use super::{
    node::{Entry, Node, Scalar, Value},
    place::{at, below},
    resolved::{Content, Member, Resolved, flag},
};
use crate::error::{Place, Problems, quoted};

/// The properties under a node, whose path is given.
pub(super) fn plain(node: &Node, path: &str, problems: &mut Problems) -> Resolved {
    let place = at(path.to_owned(), &node.at);
    if let Some(tag) = &node.tag {
        return tagged(tag, place, problems);
    }
    let content = match &node.value {
        Value::Scalar(scalar) => {
            blank(&scalar.text, &place, problems);
            scalar_content(scalar)
        }
        Value::List(items) => {
            let items = items.iter().enumerate();
            let items =
                items.map(|(i, item)| plain(item, &below(path, &format!("[{i}]")), problems));
            Content::List(items.collect())
        }
        Value::Map(entries) => {
            let members = entries.iter().map(|entry| member(entry, path, problems));
            Content::Map(members.collect())
        }
    };
    Resolved { content, place }
}

fn member(Entry { key, key_at, node }: &Entry, path: &str, problems: &mut Problems) -> Member {
    let step = if path.is_empty() { "" } else { "." };
    let path = below(path, &format!("{step}{key}"));
    Member {
        key: key.clone(),
        key_place: at(path.clone(), key_at),
        value: plain(node, &path, problems),
    }
}

fn tagged(tag: &str, place: Place, problems: &mut Problems) -> Resolved {
    let message = format!(
        "the tag {} means something in CloudFormation alone: write the value out",
        quoted(tag)
    );
    problems.error("unexpected-tag", &place, message);
    let content = Content::Unknown;
    Resolved { content, place }
}

/// A blank in angle brackets is a text like any other, and was meant to be filled in.
fn blank(text: &str, place: &Place, problems: &mut Problems) {
    if is_blank(text) {
        let message = format!(
            "{} looks like a blank that nobody filled in: it is taken as it stands",
            quoted(text)
        );
        problems.warn("blank", place, message);
    }
}

/// Whether a text is a blank as documents have them, `<LIKE THIS>`.
pub(super) fn is_blank(text: &str) -> bool {
    let inside = text
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'));
    inside.is_some_and(|inside| !inside.is_empty() && !inside.contains(['<', '>', '\n']))
}

fn scalar_content(scalar: &Scalar) -> Content {
    if scalar.is_null() {
        return Content::Null;
    }
    let text = scalar.text.clone();
    let other = flag(&text).is_some() || is_number(&text);
    match (scalar.argument, scalar.quoted) {
        (true, _) if other => Content::Either(text),
        (false, false) if other => Content::Bare(text),
        _ => Content::Text(text),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && text.parse::<f64>().is_ok()
}
