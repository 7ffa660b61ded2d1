//! How many checks were made, and what came of them.

use std::sync::atomic::{AtomicU64, Ordering};

use mesh_core::{
    health::{Answer, Health},
    metric::Number,
};

/// The counts of all checks of one mesh.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    made: AtomicU64,
    failed: AtomicU64,
    became_well: AtomicU64,
    became_unwell: AtomicU64,
}

impl Checks {
    pub(super) fn answered(&self, answer: Answer) {
        self.made.fetch_add(1, Ordering::Relaxed);
        if !answer.is_good() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn became(&self, health: Health) {
        let count = match health.is_well() {
            true => &self.became_well,
            false => &self.became_unwell,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// For the metrics page.
    pub(crate) fn numbers(&self) -> [Number; 4] {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            Number::counter(
                "mesh_health_checks_total",
                "Health checks that ended, one way or the other.",
                read(&self.made),
            ),
            Number::counter(
                "mesh_health_checks_failed_total",
                "Health checks that were not answered as they should be.",
                read(&self.failed),
            ),
            Number::counter(
                "mesh_health_became_well_total",
                "How often an endpoint became well by its health checks.",
                read(&self.became_well),
            ),
            Number::counter(
                "mesh_health_became_unwell_total",
                "How often an endpoint became unwell by its health checks.",
                read(&self.became_unwell),
            ),
        ]
    }
}
