//! What was counted, as it is read.

use super::{Flag, Histogram, StatusClass};

/// What one meter has counted since it was made, for the requests of one [`Key`](super::Key).
///
/// # Examples
/// ```
/// use mesh_core::metric::{Reading, StatusClass};
///
/// let mut all = Reading::default();
/// all.requests[StatusClass::of(200).index()] = 2;
/// all.merge(&all.clone());
/// assert_eq!(all.requests(StatusClass::Success), 4);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Reading {
    /// Requests that ended, by [`StatusClass::index`].
    pub requests: [u64; StatusClass::ALL.len()],
    /// Flags of requests that ended, by [`Flag::index`]; a request may have several.
    pub flags: [u64; Flag::ALL.len()],
    /// Flags that [refuse](Flag::is_refusal), of requests that this process answered itself without a second attempt; by
    /// [`Flag::index`].
    pub refusals: [u64; Flag::ALL.len()],
    /// Attempts beyond each request's first.
    pub retries: u64,
    /// How long the requests took that ended.
    pub durations: Histogram,
}

impl Reading {
    /// How many requests ended with a status of that class.
    #[must_use]
    pub const fn requests(&self, class: StatusClass) -> u64 {
        self.requests[class.index()]
    }

    /// Adds another meter's counts.
    pub fn merge(&mut self, other: &Self) {
        add(&mut self.requests, &other.requests);
        add(&mut self.flags, &other.flags);
        add(&mut self.refusals, &other.refusals);
        add(&mut self.durations.buckets, &other.durations.buckets);
        self.retries = self.retries.saturating_add(other.retries);
        self.durations.sum = self.durations.sum.saturating_add(other.durations.sum);
    }

    /// Whether nothing was counted yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn add(sums: &mut [u64], others: &[u64]) {
    for (sum, other) in sums.iter_mut().zip(others) {
        *sum = sum.saturating_add(*other);
    }
}

/// A number of the process, or of a part of it: records dropped, requests in flight, a target's usable endpoints.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Number {
    /// The metric's name; a counter's ends in `_total`.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub help: &'static str,
    /// Whether it may fall.
    pub kind: NumberKind,
    /// Its value.
    pub value: u64,
    /// What it is a number of, as names and values; none for the process as a whole.
    pub labels: Vec<(&'static str, String)>,
}

impl Number {
    /// A number that only grows.
    #[must_use]
    pub const fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self {
            name,
            help,
            kind: NumberKind::Counter,
            value,
            labels: Vec::new(),
        }
    }

    /// A number that grows and falls.
    #[must_use]
    pub const fn gauge(name: &'static str, help: &'static str, value: u64) -> Self {
        Self {
            name,
            help,
            kind: NumberKind::Gauge,
            value,
            labels: Vec::new(),
        }
    }

    /// The number of one of several.
    #[must_use]
    pub fn of(mut self, label: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((label, value.into()));
        self
    }
}

/// How a number moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NumberKind {
    /// It only grows, until the process starts again.
    Counter,
    /// It grows and falls.
    Gauge,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(by: u64) -> Reading {
        let mut reading = Reading {
            requests: [by; 6],
            flags: [10 * by; Flag::ALL.len()],
            refusals: [100 * by; Flag::ALL.len()],
            retries: 1_000 * by,
            ..Reading::default()
        };
        reading.durations.buckets.fill(10_000 * by);
        reading.durations.sum = 100_000 * by;
        reading
    }

    #[test]
    fn merged_readings_hold_the_sums_of_all() {
        let mut all = filled(1);
        all.merge(&filled(2));
        assert_eq!(all, filled(3));
        assert_eq!(all.requests(StatusClass::ServerError), 3);
        all.merge(&Reading::default());
        assert_eq!(all, filled(3));
        assert!(!all.is_empty() && Reading::default().is_empty());
    }
}
