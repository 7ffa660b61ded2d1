//! Routes of virtual routers.

use super::{
    duration::{duration, timeout},
    matching,
    value::Json,
};
use crate::{
    config::{
        GrpcRetryEvent, HttpRetryEvent, RetryPolicy, Route, RouteMatch, TcpRetryEvent,
        WeightedTarget,
    },
    unit::{Priority, Protocol},
};

pub(super) fn route(mesh: &str, router: &str, route: &Route) -> Json {
    let matches = match &route.matches {
        RouteMatch::Http(matches) => Some(matching::http(matches)),
        RouteMatch::Grpc(matches) => Some(matching::grpc(matches)),
        RouteMatch::Tcp(matches) => matches.port.map(|port| Json::under("port", port.get())),
    };
    let targets = Json::List(route.targets.iter().map(target).collect());
    let body = Json::object([
        ("match", matches),
        ("action", Some(Json::under("weightedTargets", targets))),
        ("retryPolicy", route.retry_policy.as_ref().map(retry_policy)),
        ("timeout", timeout(route.timeout)),
    ]);
    let spec = Json::object([
        ("priority", route.priority.map(priority)),
        (kind(route.protocol), Some(body)),
    ]);
    Json::object([
        ("meshName", Some(mesh.into())),
        ("virtualRouterName", Some(router.into())),
        ("routeName", Some(route.name.as_str().into())),
        ("spec", Some(spec)),
    ])
}

pub(super) const fn kind(spoken: Protocol) -> &'static str {
    match spoken {
        Protocol::Http => "httpRoute",
        Protocol::Http2 => "http2Route",
        Protocol::Grpc => "grpcRoute",
        Protocol::Tcp => "tcpRoute",
    }
}

pub(super) fn priority(priority: Priority) -> Json {
    priority.get().into()
}

fn target(target: &WeightedTarget) -> Json {
    Json::object([
        ("virtualNode", Some(target.virtual_node.as_str().into())),
        ("weight", Some(target.weight.get().into())),
        ("port", target.port.map(|port| port.get().into())),
    ])
}

fn retry_policy(policy: &RetryPolicy) -> Json {
    let http = policy.http_events.iter().map(|event| http_event(*event));
    let tcp = policy.tcp_events.iter().map(|event| match event {
        TcpRetryEvent::ConnectionError => "connection-error".into(),
    });
    let grpc = policy.grpc_events.iter().map(|event| grpc_event(*event));
    Json::object([
        ("maxRetries", Some(policy.max_retries.into())),
        ("perRetryTimeout", Some(duration(policy.per_retry_timeout))),
        ("httpRetryEvents", Json::list(http)),
        ("tcpRetryEvents", Json::list(tcp)),
        ("grpcRetryEvents", Json::list(grpc)),
    ])
}

fn http_event(event: HttpRetryEvent) -> Json {
    let name = match event {
        HttpRetryEvent::ServerError => "server-error",
        HttpRetryEvent::GatewayError => "gateway-error",
        HttpRetryEvent::ClientError => "client-error",
        HttpRetryEvent::StreamError => "stream-error",
    };
    name.into()
}

fn grpc_event(event: GrpcRetryEvent) -> Json {
    let name = match event {
        GrpcRetryEvent::Cancelled => "cancelled",
        GrpcRetryEvent::DeadlineExceeded => "deadline-exceeded",
        GrpcRetryEvent::Internal => "internal",
        GrpcRetryEvent::ResourceExhausted => "resource-exhausted",
        GrpcRetryEvent::Unavailable => "unavailable",
    };
    name.into()
}
