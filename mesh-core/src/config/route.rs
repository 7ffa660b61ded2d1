//! Routes: which requests, to which targets, under which policies.

use http::Method;

use super::{HeaderMatch, PathMatch, QueryParameter, RetryPolicy, Timeout};
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
    /// What the route speaks: `Http` for `httpRoute`, `Http2` for `http2Route`.
    pub protocol: Protocol,
    /// Match, action and policies.
    pub http: HttpRoute,
}

/// What a route for HTTP requests says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HttpRoute {
    /// Which requests it takes; all conditions must hold.
    pub matches: HttpRouteMatch,
    /// Where they go: 1 to 10 targets, at least one with a weight above 0.
    pub targets: Vec<WeightedTarget>,
    /// The policy that was written. `None` is not "no retries": see [`Defaults`](crate::Defaults).
    pub retry_policy: Option<RetryPolicy>,
    /// The limits that were written.
    pub timeout: Timeout,
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
