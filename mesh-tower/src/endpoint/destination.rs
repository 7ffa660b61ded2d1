//! A target as one configuration has it.

use std::sync::Arc;

use mesh_core::snapshot::ClusterPolicy;

use super::Cluster;

/// A cluster and the policy under which a request goes there. The cluster stays when the configuration changes; this does not,
/// so a request that holds it ends under the numbers it began with.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) policy: ClusterPolicy,
}

impl Destination {
    /// Whether these are endpoints of a virtual node.
    pub(crate) fn is_of(&self, virtual_node: &str) -> bool {
        self.cluster.spec().virtual_node.as_str() == virtual_node
    }
}
