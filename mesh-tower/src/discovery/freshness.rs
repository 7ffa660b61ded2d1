//! How well endpoints are known, counted over all targets.

use std::sync::atomic::{AtomicU64, Ordering};

use mesh_core::metric::Number;

/// What all sources together have failed at. Plain counters: nobody waits for them.
#[derive(Debug, Default)]
pub(crate) struct Freshness {
    pub(super) failures: AtomicU64,
    pub(super) stale: AtomicU64,
}

impl Freshness {
    /// The counts as metrics.
    pub(crate) fn numbers(&self) -> [Number; 2] {
        [
            Number::counter(
                "mesh_discovery_failures_total",
                "How often a target's endpoints were asked for in vain.",
                self.failures.load(Ordering::Relaxed),
            ),
            Number::gauge(
                "mesh_discovery_stale_targets",
                "Targets whose endpoints are older than their directory allows.",
                self.stale.load(Ordering::Relaxed),
            ),
        ]
    }
}
