//! What is known of the endpoints behind this node's targets.

use std::sync::Arc;

use super::Mesh;
use crate::endpoint::{Destination, EndpointState};

impl Mesh {
    /// The endpoints of a virtual node as they stand now, in order of address; none if no route leads there.
    #[must_use]
    pub fn endpoints(&self, virtual_node: &str) -> Vec<EndpointState> {
        let destinations = self.destinations(virtual_node);
        destinations
            .iter()
            .flat_map(|destination| destination.list())
            .collect()
    }

    fn destinations(&self, virtual_node: &str) -> Vec<Arc<Destination>> {
        let live = self.handle.current.load();
        let named = live
            .destinations()
            .iter()
            .filter(|destination| destination.is_of(virtual_node));
        named.cloned().collect()
    }
}
