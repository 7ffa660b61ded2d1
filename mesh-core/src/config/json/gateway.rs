//! Virtual gateways and their routes.

use super::{
    listener, matching,
    route::{kind, priority},
    value::Json,
    virtual_node::{backend_defaults, logging},
};
use crate::config::{
    GatewayRoute, GatewayRouteMatch, GatewayTarget, PathRewrite, Rewrite, VirtualGateway,
};

pub(super) fn virtual_gateway(mesh: &str, gateway: &VirtualGateway) -> Json {
    let listeners = gateway.listeners.iter().map(listener::of_gateway);
    let spec = Json::object([
        ("listeners", Some(Json::List(listeners.collect()))),
        (
            "backendDefaults",
            gateway.client_policy.as_ref().map(backend_defaults),
        ),
        ("logging", gateway.access_log.as_ref().map(logging)),
    ]);
    Json::object([
        ("meshName", Some(mesh.into())),
        ("virtualGatewayName", Some(gateway.name.as_str().into())),
        ("spec", Some(spec)),
    ])
}

pub(super) fn gateway_route(mesh: &str, gateway: &str, route: &GatewayRoute) -> Json {
    let matches = match &route.matches {
        GatewayRouteMatch::Http(matches) => matching::gateway_http(matches),
        GatewayRouteMatch::Grpc(matches) => matching::gateway_grpc(matches),
    };
    let action = Json::object([
        ("target", Some(target(&route.target))),
        ("rewrite", rewrite(&route.rewrite).unless_empty()),
    ]);
    let body = Json::object([("match", Some(matches)), ("action", Some(action))]);
    let spec = Json::object([
        ("priority", route.priority.map(priority)),
        (kind(route.protocol), Some(body)),
    ]);
    Json::object([
        ("meshName", Some(mesh.into())),
        ("virtualGatewayName", Some(gateway.into())),
        ("gatewayRouteName", Some(route.name.as_str().into())),
        ("spec", Some(spec)),
    ])
}

fn target(target: &GatewayTarget) -> Json {
    let service = Json::under("virtualServiceName", target.virtual_service.as_str());
    Json::object([
        ("virtualService", Some(service)),
        ("port", target.port.map(|port| port.get().into())),
    ])
}

fn rewrite(rewrite: &Rewrite) -> Json {
    let hostname = rewrite.default_target_hostname;
    let (prefix, path) = match &rewrite.path {
        None => (None, None),
        Some(PathRewrite::DefaultPrefix(enabled)) => {
            (Some(Json::under("defaultPrefix", switch(*enabled))), None)
        }
        Some(PathRewrite::Prefix(prefix)) => (Some(Json::under("value", prefix.as_str())), None),
        Some(PathRewrite::Exact(path)) => (None, Some(Json::under("exact", path.as_str()))),
    };
    Json::object([
        (
            "hostname",
            hostname.map(|enabled| Json::under("defaultTargetHostname", switch(enabled))),
        ),
        ("prefix", prefix),
        ("path", path),
    ])
}

const fn switch(enabled: bool) -> &'static str {
    if enabled { "ENABLED" } else { "DISABLED" }
}
