//! Routes: which requests, to which targets, under which policies.

use http::Method;

use super::{HeaderMatch, PathMatch, QueryParameter, RetryPolicy, Timeout, Written};
use crate::{
    name::{RouteName, VirtualNodeName},
    unit::{Port, Priority, Protocol, Weight},
};

/// One route of a virtual router.
///
/// # Source
/// App Mesh API model, `RouteSpec`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Route {
    /// Its name, unique in the router.
    pub name: RouteName,
    /// How early it is looked at; none comes last.
    pub priority: Option<Priority>,
    /// What the route speaks: `Http` for `httpRoute`, `Http2` for `http2Route`, `Grpc` for `grpcRoute`, `Tcp` for `tcpRoute`.
    pub protocol: Protocol,
    /// Which requests it takes; all conditions must hold.
    pub matches: RouteMatch,
    /// Where they go: 1 to 10 targets, at least one with a weight above 0.
    pub targets: Vec<WeightedTarget>,
    /// The policy that was written. `None` is not "no retries": see [`Defaults`](crate::Defaults).
    pub retry_policy: Option<RetryPolicy>,
    /// The limits that were written.
    pub timeout: Timeout,
    /// Where all this was written.
    pub written: RouteWritten,
}

/// Where a route's parts were written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct RouteWritten {
    /// The route.
    pub route: Written,
    /// Its targets.
    pub targets: Written,
    /// Its retry policy.
    pub retry_policy: Written,
    /// The limit of a request.
    pub per_request: Written,
    /// The limit of silence.
    pub idle: Written,
}

/// The conditions of a route, by what it speaks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RouteMatch {
    /// Those of a route for HTTP/1.1 or HTTP/2.
    Http(HttpRouteMatch),
    /// Those of a route for gRPC.
    Grpc(GrpcRouteMatch),
    /// That of a route for TCP.
    Tcp(TcpRouteMatch),
}

impl RouteMatch {
    /// Which listener of the router the route belongs to; `None`: all of them.
    #[must_use]
    pub const fn port(&self) -> Option<Port> {
        match self {
            Self::Http(matches) => matches.port,
            Self::Grpc(matches) => matches.port,
            Self::Tcp(matches) => matches.port,
        }
    }
}

/// The conditions of a route; an absent one holds for every request.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct HttpRouteMatch {
    /// Condition on the path.
    pub path: Option<PathMatch>,
    /// Condition on the method.
    pub method: Option<Method>,
    /// Condition on the scheme: `http` or `https`.
    pub scheme: Option<http::uri::Scheme>,
    /// Which listener of the router the route belongs to.
    pub port: Option<Port>,
    /// Conditions on headers, at most 10.
    pub headers: Vec<HeaderMatch>,
    /// Conditions on query parameters, at most 10.
    pub query_parameters: Vec<QueryParameter>,
}

/// The conditions of a route for gRPC; an absent one holds for every gRPC request, and for no other.
///
/// # Source
/// App Mesh API model, `GrpcRouteMatch`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct GrpcRouteMatch {
    /// The service's full name, as `package.Service`.
    pub service_name: Option<String>,
    /// The method; there only with a service.
    pub method_name: Option<String>,
    /// Conditions on metadata, which are headers; at most 10.
    pub metadata: Vec<HeaderMatch>,
    /// Which listener of the router the route belongs to.
    pub port: Option<Port>,
}

/// The condition of a route for TCP, of which nothing but the port can be told.
///
/// # Source
/// App Mesh API model, `TcpRouteMatch`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TcpRouteMatch {
    /// Which listener of the router the route belongs to.
    pub port: Option<Port>,
}

/// A virtual node and its share.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct WeightedTarget {
    /// The node.
    pub virtual_node: VirtualNodeName,
    /// Its share.
    pub weight: Weight,
    /// Which of its listeners; `None` if it has only one.
    pub port: Option<Port>,
}
