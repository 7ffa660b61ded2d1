//! From the model to what a request is decided by: a [`Mesh`] and the name of a virtual node give a [`Snapshot`].

mod clusters;
mod conditions;
mod error;
mod gateway;
mod inbound;
mod outbound;
mod plans;
mod retries;
mod role;
mod services;
mod timeouts;
mod tls;

pub use error::CompileError;
pub use role::Role;
pub use services::{Target, services};

use std::sync::Arc;

use crate::{
    config::{AccessLog, EgressFilter, JsonText, LoggingFormat, Mesh},
    defaults::Defaults,
    mode::Mode,
    name::VirtualNodeName,
    snapshot::{LogFormat, Snapshot},
};

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
    let snapshot = calls(mesh, &node.name, outbound::backends(node), defaults)?;
    Ok(Snapshot {
        listeners: inbound::listeners(node, defaults),
        ..snapshot.logging(node.access_log.as_ref())
    })
}

/// Compiles a mesh for one of its virtual gateways.
///
/// What comes in is routed by the gateway's routes, and what they make of it as a node's calls: exactly the virtual services that
/// gateway routes lead to can be reached.
///
/// # Errors
/// [`CompileError`]: the gateway is unknown, or the mesh is not as checked as it should be.
pub fn compile_gateway(
    mesh: &Mesh,
    name: &str,
    defaults: Defaults,
) -> Result<Snapshot, CompileError> {
    let gateway = mesh
        .virtual_gateway(name)
        .ok_or_else(|| CompileError::unknown_gateway(mesh, name))?;
    let node = VirtualNodeName::new(gateway.name.as_str())?;
    let snapshot = calls(mesh, &node, outbound::targets(gateway), defaults)?;
    Ok(Snapshot {
        allow_all: false,
        listeners: inbound::gateway_listeners(gateway),
        gateway: Some(Arc::new(gateway::gateway(gateway)?)),
        ..snapshot.logging(gateway.access_log.as_ref())
    })
}

/// Who calls these virtual services, and takes no requests yet.
fn calls<'a>(
    mesh: &'a Mesh,
    name: &VirtualNodeName,
    calls: impl Iterator<Item = outbound::Call<'a>>,
    defaults: Defaults,
) -> Result<Snapshot, CompileError> {
    let (routes, plans, clusters) = outbound::routes(mesh, calls, defaults)?;
    let (clusters, cluster_policies, cluster_facts) = clusters.into_specs();
    Ok(Snapshot {
        mesh: mesh.name().clone(),
        virtual_node: name.clone(),
        defaults,
        allow_all: mesh.egress_filter() == EgressFilter::AllowAll,
        routes,
        plans: plans.into_boxed(),
        clusters,
        cluster_policies,
        cluster_facts,
        listeners: Box::default(),
        gateway: None,
        access_log: None,
        log_format: None,
        mode: Mode::Enforce,
        shadow: None,
    })
}

impl Snapshot {
    fn logging(self, log: Option<&AccessLog>) -> Self {
        let format = log.and_then(|log| log.format.as_ref());
        Self {
            access_log: log.map(|log| log.path.as_str().into()),
            log_format: format.map(log_format),
            ..self
        }
    }
}

fn log_format(written: &LoggingFormat) -> LogFormat {
    match written {
        LoggingFormat::Text(format) => LogFormat::Text(format.as_str().into()),
        LoggingFormat::Json(values) => {
            let pair =
                |(key, value): &(JsonText, JsonText)| (key.as_str().into(), value.as_str().into());
            LogFormat::Json(values.iter().map(pair).collect())
        }
    }
}

#[cfg(test)]
mod tests;
