//! What became of the calls of a run.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Counts and latencies of calls that have ended.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How long those took that were answered.
    latencies: Vec<Duration>,
    /// How many ended otherwise, by what was said about them.
    failures: BTreeMap<String, usize>,
    /// Over which connections the answers came, as their server told them apart.
    connections: BTreeSet<String>,
}

impl Tally {
    /// Counts a call that was answered as it should be.
    pub fn answered(&mut self, connection: String, took: Duration) {
        self.latencies.push(took);
        self.connections.insert(connection);
    }

    /// Counts a call that was not. Reasons that differ in a port only count as one.
    pub fn failed(&mut self, why: &str) {
        *self.failures.entry(without_ports(why)).or_default() += 1;
    }

    /// Adds what another run counted.
    pub fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        for (why, count) in other.failures {
            *self.failures.entry(why).or_default() += count;
        }
        self.connections.extend(other.connections);
    }

    /// How many calls were made.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.latencies.len() + self.lost()
    }

    /// How many of them failed.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.failures.values().sum()
    }

    /// How often each failure was met.
    #[must_use]
    pub fn failures(&self) -> &BTreeMap<String, usize> {
        &self.failures
    }

    /// Over how many connections the answers came.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// How many endpoints gave the answers.
    #[must_use]
    pub fn endpoints(&self) -> usize {
        let connections = self.connections.iter();
        let served = connections.filter_map(|name| name.split_once('-'));
        served
            .map(|(_, endpoint)| endpoint)
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// The latency that this share of the answered calls did not exceed; nothing if none was answered.
    ///
    /// # Units
    /// `share` in percent.
    #[must_use]
    pub fn percentile(&self, share: usize) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get(last * share / 100).copied().unwrap_or_default()
    }

    /// Which share of the answered calls took at least so long.
    ///
    /// # Units
    /// Percent.
    #[must_use]
    pub fn share_of_at_least(&self, limit: Duration) -> usize {
        let slow = self.latencies.iter().filter(|took| **took >= limit).count();
        slow * 100 / self.latencies.len().max(1)
    }
}

fn without_ports(why: &str) -> String {
    let mut words = why.split_inclusive(':').peekable();
    let mut short = String::new();
    while let Some(word) = words.next() {
        short.push_str(word);
        if let Some(next) = words.peek_mut() {
            let port = next.bytes().take_while(u8::is_ascii_digit).count();
            if port > 0 {
                short.push('…');
                *next = &next[port..];
            }
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_one_reason_count_as_one_whichever_port_they_came_from() {
        let mut tally = Tally::default();
        tally.failed("connecting to 127.0.0.1:40312: refused");
        tally.failed("connecting to 127.0.0.1:9: refused");
        tally.failed("status 503");
        let met: Vec<_> = tally.failures().iter().collect();
        let (refused, status) = ("connecting to 127.0.0.1:…: refused", "status 503");
        assert_eq!(met, [(&refused.to_owned(), &2), (&status.to_owned(), &1)]);
        assert_eq!((tally.calls(), tally.lost()), (3, 3));
    }

    #[test]
    fn a_percentile_is_the_latency_that_so_many_calls_did_not_exceed() {
        let mut tally = Tally::default();
        assert_eq!(tally.percentile(99), Duration::ZERO);
        for millis in (1..=101).rev() {
            tally.answered(String::new(), Duration::from_millis(millis));
        }
        for (share, millis) in [(0, 1), (50, 51), (99, 100), (100, 101)] {
            assert_eq!(
                tally.percentile(share),
                Duration::from_millis(millis),
                "{share} %"
            );
        }
    }
}
