//! What only tests and benches need of a mesh.

use std::sync::Arc;

use super::MeshBuilder;
use crate::{
    Mesh,
    connect::{MemoryNetwork, Transport},
    record::{Scope, Witness},
    runtime::live::Current,
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

impl Mesh {
    /// What its requests read, and what begins their calls.
    pub(crate) fn requests(&self) -> (&Arc<Current>, &Arc<Scope>) {
        (&self.handle.current, &self.handle.outbound)
    }
}
