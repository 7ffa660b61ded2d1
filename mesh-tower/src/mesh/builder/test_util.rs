//! What only tests start a mesh with.

use std::sync::Arc;

use super::MeshBuilder;
use crate::{
    connect::{MemoryNetwork, Transport},
    record::Witness,
};

impl MeshBuilder {
    /// Connects through a network inside the process instead of sockets, for tests.
    pub fn network(self, network: &MemoryNetwork) -> Self {
        self.transport(Arc::new(network.clone()))
    }

    pub(crate) fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = transport;
        self
    }

    /// Tells of every request that ends, in place of the log and the traces that configuration and environment ask for.
    pub(crate) fn witness(mut self, witness: Witness) -> Self {
        self.witness = Some(witness);
        self
    }
}
