//! Virtual nodes: who listens where, how it is found, whom it may call.

use std::time::Duration;

use super::{AccessLog, AttributeKey, AttributeValue, ClientPolicy, ListenerTls, Written};
use crate::{
    health::HealthCheck,
    limit::ConnectionPool,
    name::{VirtualNodeName, VirtualServiceName},
    outlier::OutlierDetection,
    unit::{IpPreference, Port, Protocol},
};

/// One service, or one version of a service, as the mesh sees it.
///
/// # Source
/// App Mesh API model, `VirtualNodeSpec`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct VirtualNode {
    /// Its name.
    pub name: VirtualNodeName,
    /// Where it takes requests; empty for a node that only calls others.
    pub listeners: Vec<Listener>,
    /// How its endpoints are found; there whenever a listener is.
    pub service_discovery: Option<ServiceDiscovery>,
    /// Which of its addresses are used; `None`: as the mesh says.
    pub ip_preference: Option<IpPreference>,
    /// The virtual services it may call, each once.
    pub backends: Vec<Backend>,
    /// What it asks of a backend's TLS where the backend says nothing of its own; `None`: nothing.
    pub client_policy: Option<ClientPolicy>,
    /// Where one line is written for each request, in and out; `None`: nowhere.
    pub access_log: Option<AccessLog>,
}

/// A virtual service that a node may call.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Backend {
    /// Its name, which may be unknown to the mesh (App Mesh took such nodes).
    pub virtual_service: VirtualServiceName,
    /// What the node asks of its TLS, in place of the node's [`client_policy`](VirtualNode::client_policy).
    pub client_policy: Option<ClientPolicy>,
}

/// A port that a virtual node takes requests on.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Listener {
    /// The port.
    pub port: Port,
    /// What is spoken on it.
    pub protocol: Protocol,
    /// How long a request may take once it arrived here.
    pub timeout: Timeout,
    /// What TLS it offers; `None`: none.
    pub tls: Option<ListenerTls>,
    /// How callers ask whether the node is well; `None`: they do not.
    pub health_check: Option<HealthCheck>,
    /// When callers leave out one of the node's endpoints; `None`: never.
    pub outlier_detection: Option<OutlierDetection>,
    /// How much is let in at a time; `None`: everything.
    pub connection_pool: Option<ConnectionPool>,
    /// Where its numbers were written.
    pub written: ListenerWritten,
}

/// Where a listener's numbers were written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListenerWritten {
    /// The listener.
    pub listener: Written,
    /// The limit of a request.
    pub per_request: Written,
    /// The limit of silence.
    pub idle: Written,
    /// The health check.
    pub health_check: Written,
    /// The outlier detection.
    pub outlier_detection: Written,
    /// The connection pool.
    pub connection_pool: Written,
}

/// Time limits as they were written.
///
/// # Units
/// `None`: nothing was written, the default of the place applies. `Some(Duration::ZERO)`: switched off.
///
/// # Source
/// App Mesh API model, `HttpTimeout`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Timeout {
    /// From the end of the request to the end of the response, all attempts together.
    pub per_request: Option<Duration>,
    /// How long a stream may carry nothing.
    pub idle: Option<Duration>,
}

impl Timeout {
    /// No limits of one's own: the defaults apply.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            per_request: None,
            idle: None,
        }
    }

    /// Limits a request as a whole; zero switches the limit off.
    #[must_use]
    pub const fn per_request(self, limit: Duration) -> Self {
        Self {
            per_request: Some(limit),
            ..self
        }
    }

    /// Limits how long a stream may carry nothing; zero switches the limit off.
    #[must_use]
    pub const fn idle(self, limit: Duration) -> Self {
        Self {
            idle: Some(limit),
            ..self
        }
    }
}

/// How a node's endpoints are found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ServiceDiscovery {
    /// A host name.
    Dns {
        /// The name, taken literally (a trailing dot is kept).
        hostname: String,
        /// Whether one address is used or all.
        response_type: DnsResponseType,
    },
    /// An AWS Cloud Map service.
    AwsCloudMap {
        /// The namespace.
        namespace_name: String,
        /// The service in it.
        service_name: String,
        /// What an instance's attributes must be, all of them.
        attributes: Vec<(AttributeKey, AttributeValue)>,
    },
}

/// Whether a DNS answer is one load balancer or many endpoints.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum DnsResponseType {
    /// The first address of each answer.
    #[default]
    LoadBalancer,
    /// Every address.
    Endpoints,
}
