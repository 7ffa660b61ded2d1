//! Counts requests, from any thread.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use mesh_core::metric::{BOUNDS, Flag, Flags, Histogram, Reading, StatusClass, bucket};

use super::shard::Shards;

/// Counts the requests of one key. Whoever counts has resolved it beforehand: on the way of a request it takes a few
/// uncontended additions.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Made by the first request: of many routes few may ever be used.
    counts: OnceLock<Shards<Counts>>,
}

/// What is counted of a request that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub(crate) class: StatusClass,
    pub(crate) flags: Flags,
    /// How many attempts were made; a request that came in has none.
    pub(crate) attempts: u32,
    pub(crate) duration: Duration,
}

#[derive(Debug, Default)]
struct Counts {
    requests: [AtomicU64; StatusClass::ALL.len()],
    flags: [AtomicU64; Flag::ALL.len()],
    refusals: [AtomicU64; Flag::ALL.len()],
    retries: AtomicU64,
    durations: [AtomicU64; BOUNDS.len() + 1],
    /// In nanoseconds, so that nothing is lost of many short ones.
    spent: AtomicU64,
}

impl Meter {
    /// Whether a request was ever counted.
    pub(crate) fn is_used(&self) -> bool {
        self.counts.get().is_some()
    }

    pub(crate) fn record(&self, sum: &Sum) {
        let counts = self.counts.get_or_init(|| Shards::new(Counts::default));
        counts.mine().record(sum);
    }

    pub(crate) fn read(&self) -> Reading {
        let mut all = Reading::default();
        for counts in self.counts.get().into_iter().flat_map(Shards::iter) {
            all.merge(&counts.read());
        }
        all
    }
}

impl Counts {
    fn record(&self, sum: &Sum) {
        add(&self.requests[sum.class.index()], 1);
        let nanos = u64::try_from(sum.duration.as_nanos()).unwrap_or(u64::MAX);
        add(&self.durations[bucket(sum.duration)], 1);
        add(&self.spent, nanos);
        if sum.attempts > 1 {
            add(&self.retries, u64::from(sum.attempts) - 1);
        }
        if !sum.flags.is_empty() {
            self.record_flags(sum);
        }
    }

    fn record_flags(&self, sum: &Sum) {
        for flag in sum.flags.iter() {
            add(&self.flags[flag.index()], 1);
            // Behind a first attempt it only says why there was no second.
            if flag.is_refusal() && sum.attempts <= 1 {
                add(&self.refusals[flag.index()], 1);
            }
        }
    }

    fn read(&self) -> Reading {
        let mut reading = Reading::default();
        reading.requests = self.requests.each_ref().map(load);
        reading.flags = self.flags.each_ref().map(load);
        reading.refusals = self.refusals.each_ref().map(load);
        reading.retries = load(&self.retries);
        reading.durations = Histogram::default();
        reading.durations.buckets = self.durations.each_ref().map(load);
        reading.durations.sum = load(&self.spent) / 1_000;
        reading
    }
}

fn add(count: &AtomicU64, by: u64) {
    count.fetch_add(by, Ordering::Relaxed);
}

fn load(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}
