//! The groups of endpoints that plans lead to, each once.

use std::collections::BTreeMap;

use super::CompileError;
use crate::{
    config::{DnsResponseType, Listener, Mesh, ServiceDiscovery},
    defaults::Defaults,
    name::VirtualNodeName,
    snapshot::{ClusterId, ClusterSpec, Discovery},
    unit::{Port, Protocol},
};

/// The clusters found so far; the id of each is how many there were before it.
#[derive(Debug)]
pub(super) struct Clusters {
    ids: BTreeMap<ClusterSpec, ClusterId>,
    all_addresses: bool,
}

impl Clusters {
    pub(super) fn new(defaults: Defaults) -> Self {
        Self {
            ids: BTreeMap::new(),
            all_addresses: defaults.all_addresses(),
        }
    }

    /// The cluster of a node's listener, or of the first that speaks HTTP where none is named.
    pub(super) fn of(
        &mut self,
        mesh: &Mesh,
        node: &VirtualNodeName,
        port: Option<Port>,
    ) -> Result<ClusterId, CompileError> {
        let spec = self.spec(mesh, node, port);
        let spec = spec.ok_or_else(|| CompileError::NoTarget {
            virtual_node: node.clone(),
            port,
        })?;
        Ok(self.add(spec))
    }

    pub(super) fn add(&mut self, spec: ClusterSpec) -> ClusterId {
        let next = ClusterId(self.ids.len());
        *self.ids.entry(spec).or_insert(next)
    }

    pub(super) fn into_specs(self) -> Box<[ClusterSpec]> {
        let mut specs: Vec<_> = self.ids.into_iter().collect();
        specs.sort_by_key(|(_, id)| *id);
        specs.into_iter().map(|(spec, _)| spec).collect()
    }

    fn spec(&self, mesh: &Mesh, name: &VirtualNodeName, port: Option<Port>) -> Option<ClusterSpec> {
        let node = mesh.virtual_node(name.as_str())?;
        let mut listeners = http_listeners(&node.listeners);
        let listener = listeners.find(|listener| port.is_none_or(|port| listener.port == port))?;
        Some(ClusterSpec {
            virtual_node: node.name.clone(),
            port: listener.port,
            protocol: listener.protocol,
            discovery: self.discovery(node.service_discovery.as_ref()?),
        })
    }

    fn discovery(&self, written: &ServiceDiscovery) -> Discovery {
        match written {
            ServiceDiscovery::Dns {
                hostname,
                response_type,
            } => Discovery::Dns {
                hostname: hostname.clone(),
                all: self.all_addresses || *response_type == DnsResponseType::Endpoints,
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
}

/// The listeners of a node whose requests can be routed.
pub(super) fn http_listeners(listeners: &[Listener]) -> impl Iterator<Item = &Listener> {
    listeners
        .iter()
        .filter(|listener| listener.protocol != Protocol::Tcp)
}
