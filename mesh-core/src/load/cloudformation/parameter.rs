//! Parameters: the value given, else the default, within what is allowed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    resolve::{Known, LONGEST, UNKNOWN, text},
    template::at,
};
use crate::{
    error::{Place, Problems, quoted, shortened},
    load::{
        node::{Entry, Node, Value},
        resolved::{Content, Resolved},
    },
};

/// A declared parameter's value.
pub(super) fn value(
    declared: &Entry,
    values: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Known {
    let Entry { key, key_at, node } = declared;
    let place = at(format!("Parameters.{key}"), key_at);
    let kind = node.member("Type").and_then(Node::text).unwrap_or("String");
    let stored = kind.starts_with("AWS::SSM::Parameter::Value");
    let default = node.member("Default").filter(|_| !stored);
    let value = match (values.get(key), default.map(|node| &node.value)) {
        (Some(given), _) => given.as_str(),
        (None, Some(Value::Scalar(default))) => &default.text,
        (None, _) => {
            let why = if stored {
                "is kept in AWS Systems Manager"
            } else {
                "has no default"
            };
            let message = format!(
                "the parameter {} {why}: give its value (validate: `--param {}=VALUE`)",
                quoted(key),
                shortened(key)
            );
            problems.error("missing-parameter", &place, message);
            return UNKNOWN;
        }
    };
    if value.len() > LONGEST {
        let message = format!(
            "the value of the parameter {} is longer than {LONGEST} bytes: shorten it",
            quoted(key)
        );
        problems.error("out-of-range", &place, message);
        return UNKNOWN;
    }
    if !is_list(kind) {
        allowed(declared, &[value], &place, problems);
        return text(value);
    }
    let items: Vec<&str> = value.split(',').map(str::trim).collect();
    allowed(declared, &items, &place, problems);
    let items = items.into_iter().map(|item| Resolved {
        content: Content::Text(item.to_owned()),
        place: place.clone(),
    });
    Known::Content(Content::List(items.collect()))
}

/// Whether values of that type are lists: `CommaDelimitedList`, `List<…>`, or either of them in Systems Manager.
fn is_list(kind: &str) -> bool {
    let stored = kind.strip_prefix("AWS::SSM::Parameter::Value<");
    let kind = stored.unwrap_or(kind);
    kind.trim_end_matches('>') == "CommaDelimitedList" || kind.starts_with("List<")
}

fn allowed(declared: &Entry, values: &[&str], place: &Place, problems: &mut Problems) {
    let Some(Value::List(items)) = declared
        .node
        .member("AllowedValues")
        .map(|node| &node.value)
    else {
        return;
    };
    let mut words = items.iter().filter_map(Node::text);
    let known: BTreeSet<&str> = words.clone().collect();
    let Some(value) = values.iter().find(|value| !known.contains(*value)) else {
        return;
    };
    let first: Vec<String> = words.by_ref().take(LISTED).map(quoted).collect();
    let message = format!(
        "the parameter {} may not be {}: its `AllowedValues` are {}",
        quoted(&declared.key),
        quoted(value),
        first.join(", ")
    );
    problems.error("parameter-not-allowed", place, message);
}

const LISTED: usize = 16;
