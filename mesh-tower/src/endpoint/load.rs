//! What is in flight at one address.

use std::sync::Arc;

use crate::sync::{AtomicUsize, Ordering};

/// The counts of one address; they survive its leaving the set for a while.
#[derive(Debug, Default)]
pub(crate) struct Load {
    in_flight: AtomicUsize,
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
}

/// One request in flight.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Load>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
