//! One change, and the list of them in the making.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
};

/// One thing that changes.
///
/// # Shape
/// `SUBJECT: WHAT`, as `orders.local:80, route split: weights orders-v1 90 % -> 50 %, orders-v2 10 % -> 50 %`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// Whether it comes, goes or becomes another.
    pub kind: Kind,
    /// What it is about.
    pub subject: String,
    /// What becomes of it.
    pub what: String,
}

impl Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.what)
    }
}

/// How something changes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Kind {
    /// It was not there.
    Added,
    /// It is there no more.
    Removed,
    /// It becomes another.
    Changed,
}

/// The changes found so far.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<Change>);

impl Changes {
    pub(super) fn added(&mut self, subject: impl Display, what: impl Display) {
        self.push(Kind::Added, subject, what);
    }

    pub(super) fn removed(&mut self, subject: impl Display, what: impl Display) {
        self.push(Kind::Removed, subject, what);
    }

    pub(super) fn changed(&mut self, subject: impl Display, what: impl Display) {
        self.push(Kind::Changed, subject, what);
    }

    /// Compared by what is written of it: what cannot be told apart does not change.
    pub(super) fn compare<T: Display>(&mut self, subject: &str, name: &str, pair: [T; 2]) {
        let [old, new] = pair.map(|side| side.to_string());
        if old != new {
            self.changed(subject, format!("{name} {old} -> {new}"));
        }
    }

    pub(super) fn into_list(self) -> Vec<Change> {
        self.0
    }

    fn push(&mut self, kind: Kind, subject: impl Display, what: impl Display) {
        self.0.push(Change {
            kind,
            subject: subject.to_string(),
            what: what.to_string(),
        });
    }
}

/// The values of either side by key, in the order of the keys.
pub(super) fn pairs<K: Clone + Ord, V>(
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
) -> Vec<(K, Pair<V>)>
where
    V: Copy,
{
    let keys: BTreeSet<K> = old.keys().chain(new.keys()).cloned().collect();
    let pair = |key: K| {
        let pair = match (old.get(&key).copied(), new.get(&key).copied()) {
            (Some(old), Some(new)) => Pair::Both(old, new),
            (Some(old), None) => Pair::Old(old),
            (None, new) => Pair::New(new?),
        };
        Some((key, pair))
    };
    keys.into_iter().filter_map(pair).collect()
}

/// On which sides something is.
pub(super) enum Pair<V> {
    Old(V),
    New(V),
    Both(V, V),
}

/// In words, where there may be nothing.
pub(super) fn or_none<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}
