//! Resources that are there twice: the same one counts once; of two that differ, the later one if the caller wants it so.

use std::collections::BTreeMap;

use super::{
    read::Read,
    resolved::{Content, Resolved},
    schema,
};
use crate::{
    config::{Counts, ResourceKind, draft::Said},
    error::{Problems, quoted},
};

/// Kind, mesh, parent and name.
type Identity = (ResourceKind, [String; 3]);

/// Leaves each resource once, and counts them all; the same one in another document does not count.
pub(super) fn once(
    reads: Vec<Read>,
    last_wins: bool,
    problems: &mut Problems,
) -> (Vec<Read>, Counts) {
    let mut counts = Counts::default();
    let mut kept: Vec<Read> = Vec::with_capacity(reads.len());
    let mut seen: BTreeMap<Identity, (String, usize)> = BTreeMap::new();
    for read in reads {
        counts.add(read.kind);
        if !read.named || !read.whole {
            kept.push(read);
            continue;
        }
        let content = canonical(&read.properties);
        let Some((first, index)) = seen.get_mut(&identity(&read)) else {
            seen.insert(identity(&read), (content, kept.len()));
            kept.push(read);
            continue;
        };
        let Some(earlier) = kept.get_mut(*index) else {
            continue;
        };
        let same = *first == content;
        if !same && !last_wins {
            differ(&read, &earlier.name, problems);
            continue;
        }
        if document(&read) != document(earlier) {
            counts.remove(read.kind);
        }
        if !same {
            *first = content;
            *earlier = read;
        }
    }
    (kept, counts)
}

fn document(read: &Read) -> Option<&str> {
    Some(&read.name.place.location.as_ref()?.document)
}

fn identity(read: &Read) -> Identity {
    let text = |said: &Option<Said<String>>| {
        said.as_ref()
            .map_or_else(String::new, |said| said.value.clone())
    };
    let name = read.name.value.clone();
    (read.kind, [text(&read.mesh), text(&read.parent), name])
}

fn differ(read: &Read, first: &Said<String>, problems: &mut Problems) {
    let Said { value, place } = &read.name;
    let message = format!(
        "there is {} named {} already ({}), and the two differ: rename or remove one of them, or let the later one count (in \
         Rust `Reader::last_wins`, for validate `--last-wins`)",
        schema::of(read.kind).what,
        quoted(value),
        first.place.shown_from(place)
    );
    problems.error("duplicate-name", place, message);
}

/// The same text for the same content, however it is written.
fn canonical(node: &Resolved) -> String {
    let mut text = String::new();
    write(node, &mut text);
    text
}

fn write(node: &Resolved, text: &mut String) {
    match &node.content {
        Content::Unknown => text.push('?'),
        Content::Null => text.push('~'),
        Content::Text(value) | Content::Bare(value) => text.push_str(&format!("{value:?}")),
        Content::Arn(arn) => text.push_str(&format!("{:?}", arn.name)),
        Content::List(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Content::Map(_) => {
            let members = node.members().iter();
            let members: BTreeMap<&str, &Resolved> = members
                .filter(|member| !matches!(member.value.content, Content::Null))
                .filter(|member| !["metadata", "status"].contains(&member.key.as_str()))
                .map(|member| (member.key.as_str(), &member.value))
                .collect();
            text.push('{');
            for (key, value) in members {
                text.push_str(&format!("{key:?}:"));
                write(value, text);
                text.push(',');
            }
            text.push('}');
        }
    }
}
