//! What is counted at one address.

use std::sync::Arc;

use crate::sync::{AtomicUsize, Ordering};

/// The counts of one address; they survive its leaving the set for a while.
#[derive(Debug, Default)]
pub(crate) struct Load {
    in_flight: AtomicUsize,
    /// Failures since the last success.
    failures: AtomicUsize,
}

impl Load {
    /// Requests whose responses have not ended.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Counts one request until the guard is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self.clone())
    }

    /// One more failure; how many there are in a row now.
    pub(crate) fn failed(&self) -> usize {
        self.failures.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The row of failures is at its end.
    pub(crate) fn succeeded(&self) {
        // A store would take the line from every other core, and well endpoints have nothing to forget.
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
    }
}

/// One request in flight.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Load>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
