//! Rules whose path must match an expression.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Group, Search, trie::Trie};
use crate::route::{Pattern, Rule};

/// Expressions by a text that what they match has somewhere in it: those whose text the path lacks are not asked.
#[derive(Clone, Debug)]
pub(super) struct Patterns {
    /// The lowest rank of all; above every rank if there is none.
    first: usize,
    by_literal: Trie<Group>,
    /// Those that need no text, such as `.*` and `/a|/b`.
    others: Group,
}

impl Patterns {
    /// Takes expressions in the order of their ranks.
    pub(super) fn new<P>(patterns: &[(usize, &Pattern)], rules: &[Rule<P>]) -> Self {
        let mut usage = BTreeMap::<_, usize>::new();
        for literal in patterns.iter().flat_map(|(_, pattern)| pattern.literals()) {
            *usage.entry(&**literal).or_default() += 1;
        }
        let mut by_literal = BTreeMap::<_, Vec<_>>::new();
        let mut others = Vec::new();
        for (rank, pattern) in patterns {
            match rarest(pattern, &usage) {
                Some(literal) => by_literal.entry(literal).or_default().push(*rank),
                None => others.push(*rank),
            }
        }
        Self {
            first: patterns.first().map_or(usize::MAX, |(rank, _)| *rank),
            by_literal: super::grouped(by_literal, rules),
            others: Group::new(&others, rules),
        }
    }

    /// Asks those that come before what was found.
    pub(super) fn search<T: Fn(usize) -> bool>(&self, search: &mut Search<'_, T>) {
        if !search.may_improve(self.first) {
            return;
        }
        let path = search.head().path().as_bytes();
        for start in 0..path.len() {
            for entry in self.by_literal.starts_of(&path[start..]) {
                let literal = &path[start..start + entry.length];
                // A text that the path has twice leads to its rules once, at its last place: looking for the next one, and not for
                // an earlier one, goes over the path once for all places together.
                if search.may_improve(entry.value.first()) && !occurs(literal, &path[start + 1..]) {
                    entry.value.search(search);
                }
            }
        }
        self.others.search(search);
    }
}

/// The text by which an expression is found: the one that the fewest have, else the longest.
fn rarest<'a>(pattern: &'a Pattern, usage: &BTreeMap<&[u8], usize>) -> Option<&'a [u8]> {
    let literals = pattern.literals().iter().map(|literal| &**literal);
    literals.min_by_key(|literal| (usage.get(literal), Reverse(literal.len())))
}

fn occurs(literal: &[u8], text: &[u8]) -> bool {
    text.windows(literal.len()).any(|part| part == literal)
}
