//! Which rule takes a request, without asking every rule.
//!
//! Rules stay in the order of their rank, and a lookup gives the one that asking them in that order would give. It asks only those
//! that the path leads to: rules for one path by that path, rules for a prefix by one walk along the path, and expressions by a text that
//! they need. Where one of these leads to many rules, those that need one value of a header are found by it. What is found is asked for the
//! rest of its conditions, and what comes after the best so far is not asked at all.
//!
//! So a lookup costs what the path is long, and what else the table has in one place: rules of one path that need no exact header, the
//! names of the headers there, and expressions without a text. It allocates nothing, and takes no lock of its own.

mod group;
mod patterns;
mod search;
mod trie;

use std::collections::BTreeMap;

use self::{group::Group, patterns::Patterns, search::Search, trie::Trie};
use super::{Head, PathCondition, Rule, path};

/// Where the rules of one table are found, by their ranks.
#[derive(Clone, Debug)]
pub(super) struct Index {
    exact: Trie<Group>,
    prefixes: Trie<Group>,
    patterns: Patterns,
}

impl Index {
    /// Takes the rules in the order of their rank.
    pub(super) fn new<P>(rules: &[Rule<P>]) -> Self {
        let mut exact = Ranks::new();
        let mut prefixes = Ranks::new();
        let mut patterns = Vec::new();
        for (rank, rule) in rules.iter().enumerate() {
            match rule.conditions.path() {
                PathCondition::Exact(path) => exact.entry(path.as_bytes()).or_default().push(rank),
                PathCondition::Prefix(path) => {
                    prefixes.entry(path.as_bytes()).or_default().push(rank)
                }
                PathCondition::Regex(pattern) => patterns.push((rank, pattern)),
            }
        }
        Self {
            exact: grouped(exact, rules),
            prefixes: grouped(prefixes, rules),
            patterns: Patterns::new(&patterns, rules),
        }
    }

    /// The rank of the first rule that takes the request, of which `takes` tells whether a rule that its path leads to does.
    pub(super) fn find(&self, head: &Head<'_>, takes: impl Fn(usize) -> bool) -> Option<usize> {
        if path::has_escaped_nul(head.path()) {
            return None;
        }
        let path = head.path().as_bytes();
        let mut search = Search::new(head, takes);
        if let Some(group) = self.exact.get(path) {
            group.search(&mut search);
        }
        // The longest first, which mostly has the lowest rank.
        for entry in self.prefixes.starts_of(path) {
            entry.value.search(&mut search);
        }
        self.patterns.search(&mut search);
        search.found()
    }
}

/// The ranks of the rules that need the same text, lowest first.
type Ranks<'a> = BTreeMap<&'a [u8], Vec<usize>>;

fn grouped<P>(ranks: Ranks<'_>, rules: &[Rule<P>]) -> Trie<Group> {
    let groups = ranks
        .into_iter()
        .map(|(text, ranks)| (text, Group::new(&ranks, rules)));
    Trie::new(groups.collect())
}

#[cfg(test)]
mod tests;
