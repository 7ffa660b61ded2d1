//! The validated model: what an App Mesh file, or the builder, says about a mesh.
//!
//! A [`Mesh`] exists only if it is correct: names resolve, ranges hold, every route's weights can be drawn. Nothing here is
//! read while a request is routed: [`compile`](crate::compile) turns a mesh into a
//! [`Snapshot`](crate::snapshot::Snapshot) for one virtual node first.

mod builder;
mod check;
mod cloud_map;
pub(crate) mod draft;
mod json;
mod kind;
mod loaded;
mod logging;
mod matcher;
mod mesh;
pub(crate) mod pattern;
mod retry;
mod route;
pub(crate) mod spelling;
mod text;
mod tls;
mod validation;
mod virtual_gateway;
mod virtual_node;
mod virtual_router;
mod virtual_service;
mod written;

pub(crate) use check::{check, within};

pub use builder::{
    ForGrpc, ForHttp, ForRequests, ForTcp, GatewayListenerBuilder, GatewayRouteBuilder,
    ListenerBuilder, MeshBuilder, RouteBuilder, VirtualGatewayBuilder, VirtualNodeBuilder,
    VirtualRouterBuilder, VirtualServiceBuilder,
};
pub use cloud_map::{AttributeKey, AttributeValue, InvalidAttribute};
pub use json::ApiDocument;
pub use kind::{ResourceKind, UnknownKind};
pub use loaded::{Config, Counts, Origin};
pub use logging::{AccessLog, LoggingFormat};
pub use matcher::{HeaderKey, HeaderMatch, HeaderMatcher, PathMatch, QueryParameter};
pub use mesh::{EgressFilter, Mesh};
pub use retry::{GrpcRetryEvent, HttpRetryEvent, RetryPolicy, TcpRetryEvent};
pub use route::{
    GrpcRouteMatch, HttpRouteMatch, Route, RouteMatch, RouteWritten, TcpRouteMatch, WeightedTarget,
};
pub use text::{
    Arn, FilePath, InvalidText, JsonText, SecretName, SubjectAlternativeName, TextFormat,
};
pub use tls::{
    CertificateFiles, ClientCertificate, ClientPolicy, ListenerCertificate, ListenerTls, TlsMode,
};
pub use validation::{
    CertificateAuthorities, ClientTrust, ClientValidation, ListenerTrust, ListenerValidation,
    SubjectAlternativeNames,
};
pub use virtual_gateway::{
    GatewayListener, GatewayRoute, GatewayRouteMatch, GatewayTarget, GrpcGatewayRouteMatch,
    HostnameMatch, HttpGatewayRouteMatch, PathRewrite, Rewrite, VirtualGateway,
};
pub use virtual_node::{
    Backend, DnsResponseType, Listener, ListenerWritten, ServiceDiscovery, Timeout, VirtualNode,
};
pub use virtual_router::{RouterListener, VirtualRouter};
pub use virtual_service::{Provider, VirtualService};
pub use written::Written;
