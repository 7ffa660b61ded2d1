//! The groups of endpoints that plans lead to, each once.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{CompileError, inbound, tls};
use crate::{
    config::{ClientPolicy, DnsResponseType, Listener, Mesh, ServiceDiscovery},
    defaults::Defaults,
    name::VirtualNodeName,
    snapshot::{ClusterFacts, ClusterId, ClusterPolicy, ClusterSpec, Discovery, Source},
    unit::{IpPreference, Port, Protocol},
};

/// The clusters found so far; the id of each is how many there were before it.
#[derive(Debug)]
pub(super) struct Clusters {
    ids: BTreeMap<ClusterSpec, (ClusterId, ClusterPolicy, ClusterFacts)>,
    defaults: Defaults,
}

/// The specs of a snapshot's clusters, what applies to each, and what is known of each.
pub(super) type Specs = (
    Box<[ClusterSpec]>,
    Box<[ClusterPolicy]>,
    Box<[ClusterFacts]>,
);

impl Clusters {
    pub(super) fn new(defaults: Defaults) -> Self {
        Self {
            ids: BTreeMap::new(),
            defaults,
        }
    }

    /// The cluster of a node's listener, or of the first that speaks HTTP where none is named, for a caller with this policy.
    pub(super) fn of(
        &mut self,
        mesh: &Mesh,
        node: &VirtualNodeName,
        port: Option<Port>,
        policy: Option<&ClientPolicy>,
    ) -> Result<ClusterId, CompileError> {
        let found = self.spec(mesh, node, port, policy);
        let (spec, policy, facts) = found.ok_or_else(|| CompileError::NoTarget {
            virtual_node: node.clone(),
            port,
        })?;
        self.add(spec, policy, facts)
    }

    /// The cluster of these endpoints. Whoever leads to them shares them, and they cannot be watched in two ways.
    pub(super) fn add(
        &mut self,
        spec: ClusterSpec,
        policy: ClusterPolicy,
        facts: ClusterFacts,
    ) -> Result<ClusterId, CompileError> {
        let next = ClusterId(self.ids.len());
        match self.ids.entry(spec) {
            Entry::Vacant(new) => Ok(new.insert((next, policy, facts)).0),
            Entry::Occupied(known) if known.get().1 == policy => Ok(known.get().0),
            Entry::Occupied(known) => Err(CompileError::Watched {
                virtual_node: known.key().virtual_node.clone(),
                port: known.key().port,
            }),
        }
    }

    /// The clusters in the order of their ids.
    pub(super) fn into_specs(self) -> Specs {
        let mut all: Vec<_> = self.ids.into_iter().collect();
        all.sort_by_key(|(_, (id, _, _))| *id);
        let (mut specs, mut policies, mut facts) = (Vec::new(), Vec::new(), Vec::new());
        for (spec, (_, policy, known)) in all {
            specs.push(spec);
            policies.push(policy);
            facts.push(known);
        }
        (specs.into(), policies.into(), facts.into())
    }

    fn spec(
        &self,
        mesh: &Mesh,
        name: &VirtualNodeName,
        port: Option<Port>,
        policy: Option<&ClientPolicy>,
    ) -> Option<(ClusterSpec, ClusterPolicy, ClusterFacts)> {
        let node = mesh.virtual_node(name.as_str())?;
        let mut listeners = http_listeners(&node.listeners);
        let listener = listeners.find(|listener| port.is_none_or(|port| listener.port == port))?;
        let ip_preference = node.ip_preference.or_else(|| mesh.ip_preference());
        let discovery = node.service_discovery.as_ref()?;
        let (tls, tls_source) = tls::upstream(policy, listener, discovery);
        let spec = ClusterSpec {
            virtual_node: node.name.clone(),
            port: listener.port,
            protocol: listener.protocol,
            discovery: self.discovery(discovery, ip_preference),
            tls,
        };
        let policy = ClusterPolicy {
            balance: self.defaults.balance(listener.protocol),
            outlier_detection: listener.outlier_detection,
            health_check: listener.health_check.clone(),
        };
        Some((spec, policy, self.facts(listener, tls_source)))
    }

    fn facts(&self, listener: &Listener, tls: Source) -> ClusterFacts {
        let (detection, check) = (&listener.outlier_detection, &listener.health_check);
        let written = &listener.written;
        ClusterFacts {
            outlier_detection: inbound::source(detection.as_ref(), &written.outlier_detection),
            health_check: inbound::source(check.as_ref(), &written.health_check),
            tls,
            listener: Some(inbound::listener(listener, self.defaults)),
        }
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
                attributes: attributes
                    .iter()
                    .map(|(key, value)| (key.to_string(), value.to_string()))
                    .collect(),
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
