//! From the model to what a request is decided by: a [`Mesh`] and the name of a virtual node give a [`Snapshot`].

mod clusters;
mod conditions;
mod error;
mod inbound;
mod outbound;
mod plans;
mod role;
mod services;
mod timeouts;

pub use error::CompileError;
pub use role::Role;
pub use services::{Target, services};

use crate::{
    config::{EgressFilter, Mesh},
    defaults::Defaults,
    mode::Mode,
    snapshot::Snapshot,
};
use clusters::Clusters;

/// Compiles a mesh for one of its virtual nodes.
///
/// Only the node's backends are routed. A backend whose provider speaks TCP on every port is left out, because there is
/// no request to route; one that the mesh does not know is left out too, as App Mesh left it out.
///
/// # Errors
/// [`CompileError`]: the node is unknown, or the mesh is not as checked as it should be.
pub fn compile(mesh: &Mesh, node: &str, defaults: Defaults) -> Result<Snapshot, CompileError> {
    let node = mesh
        .virtual_node(node)
        .ok_or_else(|| CompileError::unknown_node(mesh, node))?;
    let mut clusters = Clusters::new(defaults);
    let (routes, plans) = outbound::routes(mesh, node, defaults, &mut clusters)?;
    let (clusters, cluster_policies) = clusters.into_specs();
    Ok(Snapshot {
        mesh: mesh.name().clone(),
        virtual_node: node.name.clone(),
        defaults,
        allow_all: mesh.egress_filter() == EgressFilter::AllowAll,
        routes,
        plans: plans.into_boxed(),
        clusters,
        cluster_policies,
        listeners: inbound::listeners(node, defaults),
        access_log: node.access_log.as_ref().map(|log| log.path.as_str().into()),
        mode: Mode::Enforce,
        shadow: None,
    })
}

#[cfg(test)]
mod tests;
