//! The groups of endpoints that plans lead to, each once.

use std::collections::{BTreeMap, btree_map::Entry};

use super::CompileError;
use crate::{
    config::{DnsResponseType, Listener, Mesh, ServiceDiscovery},
    defaults::Defaults,
    name::VirtualNodeName,
    snapshot::{ClusterId, ClusterPolicy, ClusterSpec, Discovery},
    unit::{IpPreference, Port, Protocol},
};

/// The clusters found so far; the id of each is how many there were before it.
#[derive(Debug)]
pub(super) struct Clusters {
    ids: BTreeMap<ClusterSpec, (ClusterId, ClusterPolicy)>,
    defaults: Defaults,
}

impl Clusters {
    pub(super) fn new(defaults: Defaults) -> Self {
        Self {
            ids: BTreeMap::new(),
            defaults,
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
        let (spec, policy) = spec.ok_or_else(|| CompileError::NoTarget {
            virtual_node: node.clone(),
            port,
        })?;
        self.add(spec, policy)
    }

    /// The cluster of these endpoints. Whoever leads to them shares them, and they cannot be watched in two ways.
    pub(super) fn add(
        &mut self,
        spec: ClusterSpec,
        policy: ClusterPolicy,
    ) -> Result<ClusterId, CompileError> {
        let next = ClusterId(self.ids.len());
        match self.ids.entry(spec) {
            Entry::Vacant(new) => Ok(new.insert((next, policy)).0),
            Entry::Occupied(known) if known.get().1 == policy => Ok(known.get().0),
            Entry::Occupied(known) => Err(CompileError::Watched {
                virtual_node: known.key().virtual_node.clone(),
                port: known.key().port,
            }),
        }
    }

    /// The clusters in the order of their ids, and what applies to each.
    pub(super) fn into_specs(self) -> (Box<[ClusterSpec]>, Box<[ClusterPolicy]>) {
        let mut specs: Vec<_> = self.ids.into_iter().collect();
        specs.sort_by_key(|(_, (id, _))| *id);
        let (specs, policies): (Vec<_>, Vec<_>) = specs
            .into_iter()
            .map(|(spec, (_, policy))| (spec, policy))
            .unzip();
        (specs.into(), policies.into())
    }

    fn spec(
        &self,
        mesh: &Mesh,
        name: &VirtualNodeName,
        port: Option<Port>,
    ) -> Option<(ClusterSpec, ClusterPolicy)> {
        let node = mesh.virtual_node(name.as_str())?;
        let mut listeners = http_listeners(&node.listeners);
        let listener = listeners.find(|listener| port.is_none_or(|port| listener.port == port))?;
        let ip_preference = node.ip_preference.or_else(|| mesh.ip_preference());
        let spec = ClusterSpec {
            virtual_node: node.name.clone(),
            port: listener.port,
            protocol: listener.protocol,
            discovery: self.discovery(node.service_discovery.as_ref()?, ip_preference),
        };
        let policy = ClusterPolicy {
            balance: self.defaults.balance(listener.protocol),
            outlier_detection: listener.outlier_detection,
            health_check: listener.health_check.clone(),
        };
        Some((spec, policy))
    }

    fn discovery(
        &self,
        written: &ServiceDiscovery,
        ip_preference: Option<IpPreference>,
    ) -> Discovery {
        match written {
            ServiceDiscovery::Dns {
                hostname,
                response_type,
            } => Discovery::Dns {
                hostname: hostname.clone(),
                all: self.defaults.all_addresses() || *response_type == DnsResponseType::Endpoints,
                ip_preference,
            },
            ServiceDiscovery::AwsCloudMap {
                namespace_name,
                service_name,
                attributes,
            } => Discovery::CloudMap {
                namespace: namespace_name.clone(),
                service: service_name.clone(),
                attributes: attributes.clone(),
                ip_preference,
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
