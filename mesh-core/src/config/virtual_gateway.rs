//! Virtual gateways: where traffic comes into a mesh, and which virtual service it goes to.

use http::Method;

use super::{
    AccessLog, ClientPolicy, HeaderMatch, ListenerTls, ListenerWritten, PathMatch, QueryParameter,
    Written,
};
use crate::{
    health::HealthCheck,
    limit::ConnectionPool,
    name::{GatewayRouteName, VirtualGatewayName, VirtualServiceName},
    unit::{Port, Priority, Protocol},
};

/// A way into the mesh.
///
/// # Source
/// App Mesh API model, `VirtualGatewaySpec`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct VirtualGateway {
    /// Its name.
    pub name: VirtualGatewayName,
    /// Where it takes requests.
    pub listeners: Vec<GatewayListener>,
    /// What it asks of every virtual service's TLS; `None`: nothing of its own.
    pub client_policy: Option<ClientPolicy>,
    /// Where it writes a line for each request; `None`: nowhere.
    pub access_log: Option<AccessLog>,
    /// Its routes, by name: in which order they are asked, their conditions say.
    pub routes: Vec<GatewayRoute>,
}

/// A port that a gateway takes requests on.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GatewayListener {
    /// The port.
    pub port: Port,
    /// What is spoken on it; never TCP.
    pub protocol: Protocol,
    /// What TLS it offers; `None`: none.
    pub tls: Option<ListenerTls>,
    /// How others ask whether the gateway is well.
    pub health_check: Option<HealthCheck>,
    /// How much is let in at a time; `None`: everything.
    pub connection_pool: Option<ConnectionPool>,
    /// Where its numbers were written.
    pub written: ListenerWritten,
}

/// One route of a virtual gateway.
///
/// # Source
/// App Mesh API model, `GatewayRouteSpec`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GatewayRoute {
    /// Its name, unique in the gateway.
    pub name: GatewayRouteName,
    /// How early it is looked at; none comes last.
    pub priority: Option<Priority>,
    /// What the route speaks.
    pub protocol: Protocol,
    /// Which requests it takes; all conditions must hold.
    pub matches: GatewayRouteMatch,
    /// The virtual service that they go to.
    pub target: GatewayTarget,
    /// What it makes of host and path.
    pub rewrite: Rewrite,
    /// Where it was written.
    pub written: Written,
}

/// The conditions of a gateway route, by what it speaks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GatewayRouteMatch {
    /// Those of a route for HTTP/1.1 or HTTP/2.
    Http(HttpGatewayRouteMatch),
    /// Those of a route for gRPC.
    Grpc(GrpcGatewayRouteMatch),
}

impl GatewayRouteMatch {
    /// Which listener of the gateway the route belongs to; `None`: all of them.
    #[must_use]
    pub const fn port(&self) -> Option<Port> {
        match self {
            Self::Http(matches) => matches.port,
            Self::Grpc(matches) => matches.port,
        }
    }

    /// The condition on the host.
    #[must_use]
    pub const fn hostname(&self) -> Option<&HostnameMatch> {
        match self {
            Self::Http(matches) => matches.hostname.as_ref(),
            Self::Grpc(matches) => matches.hostname.as_ref(),
        }
    }
}

/// The conditions of a gateway route; an absent one holds for every request.
///
/// # Source
/// App Mesh API model, `HttpGatewayRouteMatch`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct HttpGatewayRouteMatch {
    /// Condition on the path.
    pub path: Option<PathMatch>,
    /// Condition on the host.
    pub hostname: Option<HostnameMatch>,
    /// Condition on the method.
    pub method: Option<Method>,
    /// Which listener of the gateway the route belongs to.
    pub port: Option<Port>,
    /// Conditions on headers, at most 10.
    pub headers: Vec<HeaderMatch>,
    /// Conditions on query parameters, at most 10.
    pub query_parameters: Vec<QueryParameter>,
}

/// The conditions of a gateway route for gRPC; an absent one holds for every gRPC request.
///
/// # Source
/// App Mesh API model, `GrpcGatewayRouteMatch`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct GrpcGatewayRouteMatch {
    /// The service's full name, as `package.Service`.
    pub service_name: Option<String>,
    /// Condition on the host.
    pub hostname: Option<HostnameMatch>,
    /// Conditions on metadata, which are headers; at most 10.
    pub metadata: Vec<HeaderMatch>,
    /// Which listener of the gateway the route belongs to.
    pub port: Option<Port>,
}

/// A condition on the host that was called.
///
/// # Source
/// App Mesh API model, `GatewayRouteHostnameMatch`: 1 to 253 characters.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum HostnameMatch {
    /// The host is this.
    Exact(String),
    /// The host ends so, as `.example.com`.
    Suffix(String),
}

/// Where a gateway route leads.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GatewayTarget {
    /// The virtual service.
    pub virtual_service: VirtualServiceName,
    /// Which of its provider's listeners; `None` if it has only one.
    pub port: Option<Port>,
}

/// What a gateway route makes of host and path.
///
/// # Source
/// App Mesh API model, `HttpGatewayRouteRewrite`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Rewrite {
    /// Whether the host becomes the virtual service's name; `None`: nothing was written, and it does.
    pub default_target_hostname: Option<bool>,
    /// What becomes of the path; `None`: nothing was written, and a matched prefix becomes `/`.
    pub path: Option<PathRewrite>,
}

/// What becomes of a request's path.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PathRewrite {
    /// Whether the prefix that matched becomes `/`.
    DefaultPrefix(bool),
    /// The prefix that matched becomes this; it begins and ends with a slash.
    Prefix(String),
    /// The whole path becomes this.
    Exact(String),
}
