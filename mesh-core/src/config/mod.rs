//! The validated model: what an App Mesh file, or the builder, says about a mesh.
//!
//! A [`Mesh`] exists only if it is correct: names resolve, ranges hold, every route's weights can be drawn. Nothing here is
//! read while a request is routed: [`compile`](crate::compile) turns a mesh into a
//! [`Snapshot`](crate::snapshot::Snapshot) for one virtual node first.

mod builder;
mod check;
pub(crate) mod draft;
mod loaded;
mod matcher;
mod mesh;
pub(crate) mod pattern;
mod retry;
mod route;
pub(crate) mod spelling;
mod virtual_node;
mod virtual_router;
mod virtual_service;

pub(crate) use check::{check, within};

pub use builder::{
    ForGrpc, ForHttp, ListenerBuilder, MeshBuilder, RouteBuilder, VirtualNodeBuilder,
    VirtualRouterBuilder, VirtualServiceBuilder,
};
pub use loaded::{Config, Origin};
pub use matcher::{HeaderKey, HeaderMatch, HeaderMatcher, PathMatch, QueryParameter};
pub use mesh::{EgressFilter, Mesh};
pub use retry::{GrpcRetryEvent, HttpRetryEvent, RetryPolicy, TcpRetryEvent};
pub use route::{GrpcRouteMatch, HttpRouteMatch, Route, RouteMatch, WeightedTarget};
pub use virtual_node::{DnsResponseType, Listener, ServiceDiscovery, Timeout, VirtualNode};
pub use virtual_router::{RouterListener, VirtualRouter};
pub use virtual_service::{Provider, VirtualService};
