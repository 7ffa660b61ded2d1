//! Values by byte strings, found in one walk over the text that is looked up.

use std::{collections::BTreeMap, iter, ops::Range};

/// A radix tree: below each node every child begins with another byte, so a walk is as long as the text, however many keys there are.
#[derive(Clone, Debug)]
pub(super) struct Trie<T> {
    /// The root first; siblings stand beside each other, by the first byte of their labels.
    nodes: Box<[Node]>,
    /// The first byte of each node's label, apart, so that a child is searched in one line of memory.
    first_bytes: Box<[u8]>,
    /// The labels, one after the other.
    text: Box<[u8]>,
    /// By key.
    entries: Box<[Entry<T>]>,
}

/// A key's value.
#[derive(Clone, Debug)]
pub(super) struct Entry<T> {
    pub(super) value: T,
    /// How long the key is.
    pub(super) length: usize,
    /// The next shorter key that this one begins with.
    shorter: Option<usize>,
}

#[derive(Clone, Debug)]
struct Node {
    label: Range<usize>,
    children: Range<usize>,
    /// The key that ends here.
    entry: Option<usize>,
}

impl<T> Trie<T> {
    /// Takes as much room as the keys are long, and about as long.
    pub(super) fn new(values: BTreeMap<impl AsRef<[u8]>, T>) -> Self {
        let (keys, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        let keys: Vec<&[u8]> = keys.iter().map(AsRef::as_ref).collect();
        let layout = Layout::new(&keys);
        let entries = iter::zip(values, iter::zip(keys, layout.shorter));
        let entries = entries.map(|(value, (key, shorter))| Entry {
            value,
            length: key.len(),
            shorter,
        });
        Self {
            nodes: layout.nodes.into(),
            first_bytes: layout.first_bytes.into(),
            text: layout.text.into(),
            entries: entries.collect(),
        }
    }

    /// The value of this key.
    pub(super) fn get(&self, key: &[u8]) -> Option<&T> {
        let entry = self.entries.get(self.longest(key)?)?;
        (entry.length == key.len()).then_some(&entry.value)
    }

    /// The keys that a text begins with, the longest first.
    pub(super) fn starts_of(&self, text: &[u8]) -> impl Iterator<Item = &Entry<T>> {
        let entry = |at| self.entries.get(at);
        let longest = self.longest(text).and_then(entry);
        iter::successors(longest, move |found| found.shorter.and_then(entry))
    }

    fn longest(&self, text: &[u8]) -> Option<usize> {
        let (mut at, mut rest, mut found) = (0, text, None);
        loop {
            let label = |node: &Node| self.text.get(node.label.clone());
            let node = self.nodes.get(at);
            let Some((node, label)) = node.and_then(|node| Some((node, label(node)?))) else {
                return found;
            };
            let Some(tail) = rest.strip_prefix(label) else {
                return found;
            };
            found = node.entry.or(found);
            let Some(child) = tail.first().and_then(|byte| self.child(node, *byte)) else {
                return found;
            };
            (at, rest) = (child, tail);
        }
    }

    fn child(&self, node: &Node, byte: u8) -> Option<usize> {
        let first_bytes = self.first_bytes.get(node.children.clone())?;
        let child = first_bytes.binary_search(&byte).ok()?;
        Some(node.children.start + child)
    }
}

/// Nodes on their way to a tree.
struct Layout {
    nodes: Vec<Node>,
    first_bytes: Vec<u8>,
    text: Vec<u8>,
    shorter: Vec<Option<usize>>,
}

/// A node whose label and children are not known yet.
struct Open {
    /// The keys that pass through it, all alike before `depth`.
    keys: Range<usize>,
    depth: usize,
    shorter: Option<usize>,
}

impl Layout {
    /// Level by level and not by recursion, whose depth the keys would decide.
    fn new(keys: &[&[u8]]) -> Self {
        let mut layout = Self {
            nodes: Vec::new(),
            first_bytes: Vec::new(),
            text: Vec::new(),
            shorter: vec![None; keys.len()],
        };
        let root = Open {
            keys: 0..keys.len(),
            depth: 0,
            shorter: None,
        };
        let mut level = vec![root];
        while !level.is_empty() {
            let mut children = layout.nodes.len() + level.len();
            let mut next = Vec::new();
            for open in level {
                let below = layout.close(&open, keys, children);
                children += below.len();
                next.extend(below);
            }
            level = next;
        }
        layout
    }

    /// Adds a node whose children will stand from `children` on, and tells them.
    fn close(&mut self, open: &Open, keys: &[&[u8]], children: usize) -> Vec<Open> {
        let passing = &keys[open.keys.clone()];
        let ends = passing.first().zip(passing.last());
        let (first, last) = ends.map_or((&[][..], &[][..]), |(first, last)| {
            (&first[open.depth..], &last[open.depth..])
        });
        // They are sorted: what the first and the last share, all do.
        let shared = iter::zip(first, last).take_while(|(a, b)| a == b).count();
        let depth = open.depth + shared;
        let entry = (first.len() == shared && !passing.is_empty()).then_some(open.keys.start);
        if let Some(shorter) = entry.and_then(|entry| self.shorter.get_mut(entry)) {
            *shorter = open.shorter;
        }
        let mut start = open.keys.start + usize::from(entry.is_some());
        let branches = keys[start..open.keys.end].chunk_by(|a, b| a[depth] == b[depth]);
        let below = branches.map(|branch| {
            let keys = start..start + branch.len();
            start = keys.end;
            Open {
                keys,
                depth,
                shorter: entry.or(open.shorter),
            }
        });
        let below: Vec<_> = below.collect();
        let label = self.text.len()..self.text.len() + shared;
        self.text.extend(&first[..shared]);
        self.first_bytes
            .push(first.first().copied().unwrap_or_default());
        self.nodes.push(Node {
            label,
            children: children..children + below.len(),
            entry,
        });
        below
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*, test_runner::RngSeed};

    use super::*;

    fn starts(keys: &[&str], text: &str) -> Vec<String> {
        let trie = Trie::new(keys.iter().map(|key| (key.as_bytes(), *key)).collect());
        let starts = trie.starts_of(text.as_bytes());
        starts.map(|entry| entry.value.to_owned()).collect()
    }

    #[test]
    fn the_longest_start_comes_first() {
        let keys = ["", "/", "/a", "/ab/c", "/ab/d", "/b", "\u{e9}"];
        assert_eq!(starts(&keys, "/ab/c/x"), ["/ab/c", "/a", "/", ""]);
        assert_eq!(starts(&keys, "/ab/"), ["/a", "/", ""]);
        assert_eq!(starts(&keys, "x"), [""]);
        assert_eq!(starts(&keys[1..], "x"), [""; 0]);
        assert_eq!(starts(&[], "/"), [""; 0]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "the stack is the machine's")]
    fn keys_nested_ten_thousand_deep_are_no_danger_to_the_stack() {
        let long = "a".repeat(10_000);
        let keys = (0..=long.len()).step_by(7).map(|end| (&long[..end], end));
        let trie = Trie::new(keys.collect());
        let lengths: Vec<_> = trie
            .starts_of(long.as_bytes())
            .map(|entry| entry.value)
            .collect();
        assert!(lengths.is_sorted_by(|a, b| a > b) && lengths.len() == 1_429);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(7),
            failure_persistence: None,
            ..ProptestConfig::with_cases(if cfg!(miri) { 8 } else { 256 })
        })]

        #[test]
        fn it_finds_what_asking_every_key_finds(
            values in btree_map("[ab/]{0,6}", 0..100_u8, 0..24),
            text in "[ab/]{0,8}",
        ) {
            let trie = Trie::new(values.clone());
            let found: Vec<_> = trie.starts_of(text.as_bytes()).map(|entry| entry.value).collect();
            let asked = values.iter().rev().filter(|(key, _)| text.starts_with(&**key));
            prop_assert_eq!(found, asked.map(|(_, value)| *value).collect::<Vec<_>>());
            prop_assert_eq!(trie.get(text.as_bytes()), values.get(&text));
        }
    }
}
