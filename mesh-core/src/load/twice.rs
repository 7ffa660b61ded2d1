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
    let mut seen: BTreeMap<Identity, usize> = BTreeMap::new();
    for read in reads {
        counts.add(read.kind);
        if !read.named || !read.whole {
            kept.push(read);
            continue;
        }
        let index = *seen.entry(identity(&read)).or_insert(kept.len());
        let Some(earlier) = kept.get_mut(index) else {
            kept.push(read);
            continue;
        };
        let same = alike(read.kind, &earlier.properties, &read.properties);
        if !same && !last_wins {
            differ(&read, &earlier.name, problems);
            continue;
        }
        if document(&read) != document(earlier) {
            counts.remove(read.kind);
        }
        if !same {
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

/// Whether two of one identity say the same. Their names are the same by then, be they written or given by default.
fn alike(kind: ResourceKind, one: &Resolved, other: &Resolved) -> bool {
    let [one_outside, other_outside] =
        [one, other].map(|node| without(node, &["spec", "meshName", kind.name()], kind.parent()));
    let [one_spec, other_spec] = [one, other].map(spec);
    equal(&one_outside, &other_outside) && equal(&one_spec, &other_spec)
}

fn spec(node: &Resolved) -> BTreeMap<&str, &Resolved> {
    let spec = node.at(&["spec"]);
    spec.map_or_else(BTreeMap::new, |spec| without(spec, &["awsName"], None))
}

fn without<'a>(
    node: &'a Resolved,
    keys: &[&str],
    key: Option<&str>,
) -> BTreeMap<&'a str, &'a Resolved> {
    let mut members = members(node);
    members.retain(|member, _| !keys.contains(member) && Some(*member) != key);
    members
}

fn equal(one: &BTreeMap<&str, &Resolved>, other: &BTreeMap<&str, &Resolved>) -> bool {
    let mut pairs = one.iter().zip(other);
    one.len() == other.len()
        && pairs.all(|((key, value), (as_well, other))| key == as_well && same(value, other))
}

/// Whether the content is the same, however it is written.
fn same(one: &Resolved, other: &Resolved) -> bool {
    match (&one.content, &other.content) {
        (Content::Unknown, Content::Unknown) | (Content::Null, Content::Null) => true,
        (Content::List(one), Content::List(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.all(|(one, other)| same(one, other))
        }
        (Content::Map(_), Content::Map(_)) => equal(&members(one), &members(other)),
        (one, other) => match (plain(one), plain(other)) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        },
    }
}

fn plain(content: &Content) -> Option<&str> {
    match content {
        Content::Text(text) | Content::Bare(text) | Content::Either(text) => Some(text),
        Content::Arn(arn) => Some(&arn.name),
        _ => None,
    }
}

/// What a mapping says, without what describe calls add.
fn members(node: &Resolved) -> BTreeMap<&str, &Resolved> {
    let members = node.members().iter();
    let said = members.filter(|member| {
        let null = matches!(member.value.content, Content::Null);
        !null && !["metadata", "status"].contains(&member.key.as_str())
    });
    said.map(|member| (member.key.as_str(), &member.value))
        .collect()
}
