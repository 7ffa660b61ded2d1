//! The builder of a virtual node.

use super::ListenerBuilder;
use crate::{
    config::{
        AccessLog, AttributeKey, AttributeValue, ClientPolicy, DnsResponseType, Listener,
        ServiceDiscovery, VirtualNode,
        draft::{BackendDraft, Said, VirtualNodeDraft},
    },
    error::Place,
    unit::{IpPreference, Protocol},
};

/// A virtual node in the making; [`MeshBuilder::virtual_node`](super::MeshBuilder::virtual_node) takes it.
#[derive(Debug)]
#[must_use = "give it to `MeshBuilder::virtual_node`"]
pub struct VirtualNodeBuilder {
    pub(super) draft: VirtualNodeDraft,
    path: String,
}

impl VirtualNode {
    /// Begins a virtual node without listeners: one that only calls others.
    pub fn builder(name: impl Into<String>) -> VirtualNodeBuilder {
        let name = name.into();
        let path = format!("virtual_node({name})");
        let name = Said::new(name, Place::of(path.clone()));
        let draft = VirtualNodeDraft {
            mesh: None,
            name,
            listeners: Vec::new(),
            service_discovery: None,
            ip_preference: None,
            backends: Vec::new(),
            client_policy: None,
            access_log: None,
            strict: false,
            whole: true,
        };
        VirtualNodeBuilder { draft, path }
    }
}

impl VirtualNodeBuilder {
    /// Adds a port that the node takes requests on.
    ///
    /// # Units
    /// A port from 1 to 65535.
    pub fn listener(self, port: impl Into<i64>, protocol: Protocol) -> Self {
        self.listener_with(Listener::builder(port, protocol))
    }

    /// Adds a port that the node takes requests on, with limits or with what its callers watch.
    pub fn listener_with(mut self, listener: ListenerBuilder) -> Self {
        self.draft.listeners.push(listener.within(&self.path));
        self
    }

    /// Says which of the node's addresses are used; else it is as the mesh says.
    pub fn ip_preference(mut self, preference: IpPreference) -> Self {
        self.draft.ip_preference = Some(preference);
        self
    }

    /// Finds the node's endpoints by a host name, whose first address is taken for a load balancer.
    pub fn dns(self, hostname: impl Into<String>) -> Self {
        self.discovery(ServiceDiscovery::Dns {
            hostname: hostname.into(),
            response_type: DnsResponseType::LoadBalancer,
        })
    }

    /// Finds the node's endpoints by a host name, each of whose addresses is one.
    pub fn dns_endpoints(self, hostname: impl Into<String>) -> Self {
        self.discovery(ServiceDiscovery::Dns {
            hostname: hostname.into(),
            response_type: DnsResponseType::Endpoints,
        })
    }

    /// Finds the node's endpoints among the instances of an AWS Cloud Map service that have all of the attributes.
    pub fn aws_cloud_map(
        self,
        namespace_name: impl Into<String>,
        service_name: impl Into<String>,
        attributes: impl IntoIterator<Item = (AttributeKey, AttributeValue)>,
    ) -> Self {
        self.discovery(ServiceDiscovery::AwsCloudMap {
            namespace_name: namespace_name.into(),
            service_name: service_name.into(),
            attributes: attributes.into_iter().collect(),
        })
    }

    /// Adds a virtual service that the node may call.
    pub fn backend(self, virtual_service: impl Into<String>) -> Self {
        self.backend_draft(virtual_service.into(), None)
    }

    /// Adds a virtual service that the node may call, and what it asks of its TLS.
    pub fn backend_with(self, virtual_service: impl Into<String>, policy: ClientPolicy) -> Self {
        self.backend_draft(virtual_service.into(), Some(policy))
    }

    /// Says what the node asks of the TLS of backends that have no policy of their own.
    pub fn client_policy(mut self, policy: ClientPolicy) -> Self {
        let place = self.place("client_policy");
        self.draft.client_policy = Some(Said::new(policy, place));
        self
    }

    /// Writes one line there for each request that the node takes or makes; see
    /// [`access_log`](mod@crate::access_log) for what it tells.
    pub fn access_log(mut self, log: AccessLog) -> Self {
        self.draft.access_log = Some(log);
        self
    }

    fn backend_draft(mut self, name: String, policy: Option<ClientPolicy>) -> Self {
        let place = self.place(&format!("backend({name})"));
        self.draft.backends.push(BackendDraft {
            virtual_service: Said::new(name, place.clone()),
            client_policy: policy.map(|policy| Said::new(policy, place)),
        });
        self
    }

    fn discovery(mut self, discovery: ServiceDiscovery) -> Self {
        let place = self.place("service_discovery");
        self.draft.service_discovery = Some(Said::new(discovery, place));
        self
    }

    fn place(&self, member: &str) -> Place {
        Place::of(format!("{}.{member}", self.path))
    }
}
