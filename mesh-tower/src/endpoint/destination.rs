//! A target as one configuration has it.

use std::sync::Arc;

use mesh_core::snapshot::ClusterPolicy;

use super::Cluster;
use crate::runtime::shadow::Shadow;

/// A cluster and the policy under which a request goes there. The cluster stays when the configuration changes; this does not,
/// so a request that holds it ends under the numbers it began with.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) policy: ClusterPolicy,
    /// Counts who would be put out, where nobody is.
    pub(super) shadow: Option<Arc<Shadow>>,
}

impl Destination {
    pub(crate) fn new(cluster: Arc<Cluster>, policy: ClusterPolicy) -> Self {
        Self {
            cluster,
            policy,
            shadow: None,
        }
    }

    /// The same, where nobody is put out but in these counts.
    pub(crate) fn shadowed(self, shadow: Arc<Shadow>) -> Self {
        Self {
            shadow: Some(shadow),
            ..self
        }
    }

    /// Whether these are endpoints of a virtual node.
    pub(crate) fn is_of(&self, virtual_node: &str) -> bool {
        self.cluster.spec().virtual_node.as_str() == virtual_node
    }
}
