//! Which endpoint takes an attempt, chosen by hand for some nodes.

use mesh_core::{balance::Algorithm, name::VirtualNodeName, snapshot::Snapshot};

use super::MeshBuilder;
use crate::error::Error;

/// What was chosen, by virtual node.
#[derive(Clone, Debug, Default)]
pub(in crate::mesh) struct Balancing(Vec<(String, Algorithm)>);

impl Balancing {
    /// Refuses a choice for a node that there is not.
    pub(in crate::mesh) fn check(&self, nodes: &[VirtualNodeName]) -> Result<(), Error> {
        let is_known = |named: &str| nodes.iter().any(|node| node.as_str() == named);
        match self.0.iter().find(|(named, _)| !is_known(named)) {
            None => Ok(()),
            Some((named, _)) => Err(Error::setup(format!(
                "balancing is chosen for {named:?}, but no virtual node has that name; there are {nodes:?}"
            ))),
        }
    }

    /// Puts the choices into a snapshot before it is in force. A node that it does not lead to has nothing to be chosen.
    pub(in crate::mesh) fn apply(&self, snapshot: &mut Snapshot) {
        for (node, algorithm) in &self.0 {
            snapshot.set_balance(node, *algorithm);
        }
    }
}

impl MeshBuilder {
    /// Chooses how an endpoint of a virtual node is picked, also in every later configuration; without it, as
    /// [`Defaults::balance`](mesh_core::Defaults::balance) says. App Mesh's files have no word for it.
    ///
    /// # Examples
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use mesh_core::balance::Algorithm;
    /// use mesh_tower::{Mesh, Target};
    ///
    /// let mesh = Mesh::builder()
    ///     .service("orders:8080", Target::dns("orders"))
    ///     .endpoint("orders", "10.0.0.1:8080")
    ///     .balance("orders", Algorithm::RoundRobin)
    ///     .start().await?;
    /// assert_eq!(mesh.snapshot().cluster_policies()[0].balance, Algorithm::RoundRobin);
    /// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
    /// ```
    pub fn balance(mut self, virtual_node: impl Into<String>, algorithm: Algorithm) -> Self {
        self.balancing.0.push((virtual_node.into(), algorithm));
        self
    }
}
