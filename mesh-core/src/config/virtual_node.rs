//! Virtual nodes: who listens where, how it is found, whom it may call.

use std::time::Duration;

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
    /// The virtual services it may call. A name may be unknown to the mesh (App Mesh took such nodes).
    pub backends: Vec<VirtualServiceName>,
    /// The file to which one line is written for each request, in and out; `None`: none is written.
    ///
    /// # Units
    /// A path of 1 to 255 characters; `/dev/stdout` is the process's own output.
    pub access_log: Option<String>,
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
    /// How callers ask whether the node is well; `None`: they do not.
    pub health_check: Option<HealthCheck>,
    /// When callers leave out one of the node's endpoints; `None`: never.
    pub outlier_detection: Option<OutlierDetection>,
    /// How much is let in at a time; `None`: everything.
    pub connection_pool: Option<ConnectionPool>,
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
        attributes: Vec<(String, String)>,
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
