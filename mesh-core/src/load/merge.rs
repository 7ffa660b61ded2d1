//! YAML 1.1's merge keys: a mapping takes in the entries of another, or of several.

use std::collections::BTreeSet;

use super::{
    detect,
    node::{Entry, Node, Value},
    place::place,
};
use crate::error::{Location, Problems};

/// A document, and the merge keys in it.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) node: Node,
    pub(super) merges: Vec<Merge>,
}

/// Where a merge key stands.
#[derive(Debug)]
pub(super) struct Merge {
    pub(super) at: Location,
    pub(super) quoted: bool,
}

impl Root {
    /// The document with what its merge keys take in; none if they take in something else, so that nobody knows what it lacks.
    pub(super) fn finish(self, problems: &mut Problems) -> Option<Node> {
        let Self { mut node, merges } = self;
        let before = problems.errors();
        if !(merges.is_empty() || detect::is_template(&node)) {
            node = merged(node, problems);
        }
        let known = problems.errors() == before;
        let template = detect::is_template(&node);
        let refused = merges.into_iter().filter(|key| template || key.quoted);
        for Merge { at, .. } in refused {
            let message = "no merge key (`<<`) is taken in CloudFormation, in JSON or in quotes: write out what it stands for";
            problems.error("merge-key", &place(at), message);
        }
        known.then_some(node)
    }
}

/// A tree without merge keys: its own entries win over those they take in, and earlier ones over later ones.
///
/// What an alias stands for was copied, and counted, before: here everything is moved.
fn merged(node: Node, problems: &mut Problems) -> Node {
    let value = match node.value {
        Value::List(items) => {
            let items = items.into_iter().map(|item| merged(item, problems));
            Value::List(items.collect())
        }
        Value::Map(entries) => Value::Map(whole(entries, problems)),
        scalar @ Value::Scalar(_) => scalar,
    };
    Node { value, ..node }
}

fn whole(entries: Vec<Entry>, problems: &mut Problems) -> Vec<Entry> {
    let mut own = Vec::with_capacity(entries.len());
    let mut taken = Vec::new();
    for Entry { key, key_at, node } in entries {
        let node = merged(node, problems);
        match key == MERGE {
            true => taken = sources(node, problems),
            false => own.push(Entry { key, key_at, node }),
        }
    }
    if taken.is_empty() {
        return own;
    }
    let mut keys: BTreeSet<String> = own.iter().map(|entry| entry.key.clone()).collect();
    own.extend(
        taken
            .into_iter()
            .filter(|entry| keys.insert(entry.key.clone())),
    );
    own
}

/// The entries of a mapping, or of every mapping in a list.
fn sources(node: Node, problems: &mut Problems) -> Vec<Entry> {
    match node {
        Node {
            value: Value::List(items),
            tag: None,
            ..
        } => {
            let entries = items.into_iter().map(|item| mapping(item, problems));
            entries.flatten().collect()
        }
        node => mapping(node, problems),
    }
}

fn mapping(node: Node, problems: &mut Problems) -> Vec<Entry> {
    match node {
        Node {
            value: Value::Map(entries),
            tag: None,
            ..
        } => entries,
        Node { at, .. } => {
            let message = "a merge key (`<<`) takes in a mapping, or a list of mappings, and this is neither: write \
                           `<<: *NAME`, where `&NAME` stands before a mapping";
            problems.error("merge-key", &place(at), message);
            Vec::new()
        }
    }
}

/// The key that takes in another mapping.
pub(super) const MERGE: &str = "<<";
