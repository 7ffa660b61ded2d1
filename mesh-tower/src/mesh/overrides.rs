//! What the builder says in place of every configuration, the first and each later one.

use mesh_core::{Snapshot, config::EgressFilter};

/// What is put over a snapshot before it is in force.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::mesh) struct Overrides {
    /// `None`: as the configuration says.
    pub(in crate::mesh) egress: Option<EgressFilter>,
}

impl Overrides {
    pub(in crate::mesh) fn apply(self, snapshot: Snapshot) -> Snapshot {
        match self.egress {
            Some(filter) => snapshot.with_egress(filter == EgressFilter::AllowAll),
            None => snapshot,
        }
    }
}
