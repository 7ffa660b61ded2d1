//! Rules that one text on the path leads to.

use std::collections::BTreeMap;

use super::{search::Search, trie::Trie};
use crate::route::{HeaderCondition, HeaderSource, Rule};

/// Ranks of rules that need the same of the path. Where they are many, those that need one value of a header are found by it.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The lowest rank of all; above every rank if there is none.
    first: usize,
    /// Those that are asked one after the other.
    listed: Box<[usize]>,
    by_header: Box<[ByHeader]>,
}

impl Group {
    /// Takes ranks in their order.
    pub(super) fn new<P>(ranks: &[usize], rules: &[Rule<P>]) -> Self {
        let usage = match ranks.len() > FEW {
            true => usage(ranks, rules),
            false => BTreeMap::new(),
        };
        let mut listed = Vec::new();
        let mut by_header = BTreeMap::new();
        for &rank in ranks {
            let Some((source, value)) = rarest(&rules[rank], &usage) else {
                listed.push(rank);
                continue;
            };
            let (_, values) = by_header
                .entry(source.name())
                .or_insert_with(|| (source, BTreeMap::<_, Vec<_>>::new()));
            values.entry(value).or_default().push(rank);
        }
        Self {
            first: ranks.first().copied().unwrap_or(usize::MAX),
            listed: listed.into(),
            by_header: by_header.into_values().map(ByHeader::new).collect(),
        }
    }

    /// The lowest rank here.
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// Asks those that come before what was found.
    pub(super) fn search<T: Fn(usize) -> bool>(&self, search: &mut Search<'_, T>) {
        if !search.may_improve(self.first) {
            return;
        }
        search.ask(&self.listed);
        for header in &self.by_header {
            header.search(search);
        }
    }
}

/// Those that need one value of this header.
#[derive(Clone, Debug)]
struct ByHeader {
    first: usize,
    source: HeaderSource,
    ranks: Trie<Box<[usize]>>,
}

impl ByHeader {
    fn new((source, ranks): (&HeaderSource, BTreeMap<&str, Vec<usize>>)) -> Self {
        let first = ranks.values().filter_map(|ranks| ranks.first()).min();
        Self {
            first: first.copied().unwrap_or(usize::MAX),
            source: source.clone(),
            ranks: Trie::new(
                ranks
                    .into_iter()
                    .map(|(value, ranks)| (value, ranks.into()))
                    .collect(),
            ),
        }
    }

    fn search<T: Fn(usize) -> bool>(&self, search: &mut Search<'_, T>) {
        if !search.may_improve(self.first) {
            return;
        }
        self.source.each(search.head(), |value| {
            if let Some(ranks) = self.ranks.get(value) {
                search.ask(ranks);
            }
        });
    }
}

/// A header by its name, and the value that it must have.
type Key<'a> = (&'a str, &'a str);

/// How many rules need each value of a header.
fn usage<'a, P>(ranks: &[usize], rules: &'a [Rule<P>]) -> BTreeMap<Key<'a>, usize> {
    let mut usage = BTreeMap::new();
    for (source, value) in ranks.iter().flat_map(|&rank| exact(&rules[rank])) {
        *usage.entry((source.name(), value)).or_default() += 1;
    }
    usage
}

/// Of the values that a rule needs, the one that the fewest rules need: a tenant rather than a stage that all of them share.
fn rarest<'a, P>(
    rule: &'a Rule<P>,
    usage: &BTreeMap<Key<'a>, usize>,
) -> Option<(&'a HeaderSource, &'a str)> {
    let counted = exact(rule).filter_map(|(source, value)| {
        let rules = usage.get(&(source.name(), value))?;
        Some((rules, (source, value)))
    });
    let rarest = counted.min_by_key(|(rules, _)| *rules);
    rarest.map(|(_, key)| key)
}

fn exact<P>(rule: &Rule<P>) -> impl Iterator<Item = (&HeaderSource, &str)> {
    rule.conditions
        .headers()
        .iter()
        .filter_map(HeaderCondition::exact)
}

/// So many are asked sooner than a header is looked up, and in less room.
const FEW: usize = 8;
