//! What was decided and not done.

use std::sync::atomic::{AtomicU64, Ordering};

use mesh_core::{metric::Number, mode::Shadowed};

/// Counts the decisions of a mesh that is in shadow mode.
#[derive(Debug, Default)]
pub(crate) struct Shadow([AtomicU64; Shadowed::ALL.len()]);

impl Shadow {
    /// Counts one.
    pub(crate) fn note(&self, decision: Shadowed) {
        self.0[decision.index()].fetch_add(1, Ordering::Relaxed);
    }

    /// The counts as metrics.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = Number> {
        Shadowed::ALL.into_iter().zip(&self.0).map(|(decision, count)| {
            let number = Number::counter(
                "mesh_shadow_decisions_total",
                "Decisions that were not done, because the mesh is in shadow mode: where something else would have happened.",
                count.load(Ordering::Relaxed),
            );
            number.of("decision", decision.as_str())
        })
    }
}
