//! The groups of endpoints that plans lead to, each once.

use super::CompileError;
use crate::{
    config::{DnsResponseType, Listener, Mesh, ServiceDiscovery},
    name::VirtualNodeName,
    snapshot::{ClusterId, ClusterSpec, Discovery},
    unit::{Port, Protocol},
};

/// The clusters found so far; an id is a position.
#[derive(Debug, Default)]
pub(super) struct Clusters {
    specs: Vec<ClusterSpec>,
}

impl Clusters {
    /// The cluster of a node's listener, or of its only one that speaks HTTP where none is named.
    pub(super) fn of(
        &mut self,
        mesh: &Mesh,
        node: &VirtualNodeName,
        port: Option<Port>,
    ) -> Result<ClusterId, CompileError> {
        let spec = spec(mesh, node, port);
        let spec = spec.ok_or_else(|| CompileError::NoTarget {
            virtual_node: node.clone(),
            port,
        })?;
        let place = self.specs.iter().position(|known| *known == spec);
        Ok(ClusterId(place.unwrap_or_else(|| {
            self.specs.push(spec);
            self.specs.len() - 1
        })))
    }

    pub(super) fn into_specs(self) -> Box<[ClusterSpec]> {
        self.specs.into()
    }
}

/// The listeners of a node whose requests can be routed.
pub(super) fn http_listeners(listeners: &[Listener]) -> impl Iterator<Item = &Listener> {
    listeners
        .iter()
        .filter(|listener| listener.protocol != Protocol::Tcp)
}

fn spec(mesh: &Mesh, name: &VirtualNodeName, port: Option<Port>) -> Option<ClusterSpec> {
    let node = mesh.virtual_node(name.as_str())?;
    let mut listeners = http_listeners(&node.listeners);
    let listener = listeners.find(|listener| port.is_none_or(|port| listener.port == port))?;
    Some(ClusterSpec {
        virtual_node: node.name.clone(),
        port: listener.port,
        protocol: listener.protocol,
        discovery: discovery(node.service_discovery.as_ref()?),
    })
}

fn discovery(written: &ServiceDiscovery) -> Discovery {
    match written {
        ServiceDiscovery::Dns {
            hostname,
            response_type,
        } => Discovery::Dns {
            hostname: hostname.clone(),
            all: *response_type == DnsResponseType::Endpoints,
        },
        ServiceDiscovery::AwsCloudMap {
            namespace_name,
            service_name,
            attributes,
        } => Discovery::CloudMap {
            namespace: namespace_name.clone(),
            service: service_name.clone(),
            attributes: attributes.clone(),
        },
    }
}
