//! Gateways that nobody thought of, to the meshes of [`mesh`](super::mesh).

use http::Method;
use mesh_core::{
    config::{
        ForGrpc, GatewayRoute, GatewayRouteBuilder, HeaderKey, HeaderMatch, Mesh, Provider,
        RouteMatch, VirtualGateway, VirtualService,
    },
    unit::Protocol,
};

use super::{
    draw::Draw,
    envoy_host::ports,
    mesh::{self, condition},
    role::Role,
    words::{
        CALLS, HOSTS, KEYS, NEW_PATHS, NEW_PREFIXES, PATH_PATTERNS, PATHS, PORTS, QUERY_VALUES,
        SERVICES, SUFFIXES,
    },
};

/// A mesh with a gateway of a few routes.
pub(super) fn random(seed: u64) -> Role {
    let seed = (0..)
        .map(|step: u64| seed.wrapping_add(step << 32))
        .find(|seed| !asks_for_what_was_called(&mesh::random(*seed)));
    let seed = seed.expect("most meshes do not");
    let mesh = mesh::random(seed);
    let draw = &mut Draw::new(seed.rotate_left(7));
    let count = draw.one(&[1, 1, 2]);
    let listeners = draw.some(&PORTS, count);
    let mut gateway = VirtualGateway::builder(NAME);
    for port in &listeners {
        let spoken = draw.one(&[Protocol::Http, Protocol::Http2, Protocol::Grpc]);
        gateway = gateway.listener(*port, spoken);
    }
    let services: Vec<_> = mesh.virtual_services().collect();
    for port in &listeners {
        if draw.percent(15) {
            continue;
        }
        let route = GatewayRoute::http(format!("h-all-{port}")).prefix("/");
        let service = draw.one(&services);
        gateway = gateway.route(to(route.port(*port), draw, &mesh, service));
    }
    for number in 0..draw.one(&[1, 3, 5, 5, 8, 12]) {
        let name = format!("{}-{number}", draw.one(&["g", "h", "i"]));
        let service = draw.one(&services);
        gateway = match draw.percent(15) {
            true => {
                let route = any(grpc(draw, &name), draw, &listeners);
                gateway.route(to(route, draw, &mesh, service))
            }
            false => {
                let route = any(http(draw, &name), draw, &listeners);
                gateway.route(to(route, draw, &mesh, service))
            }
        };
    }
    let mesh = mesh::builder(seed).virtual_gateway(gateway).build();
    let mesh = mesh.unwrap_or_else(|errors| panic!("the gateway of seed {seed}: {errors}"));
    Role::gateway(mesh, NAME)
}

/// Whether a route asks for a header that a gateway writes: of that, the library's own second pass knows nothing.
fn asks_for_what_was_called(mesh: &Mesh) -> bool {
    let mut routes = mesh.virtual_routers().flat_map(|router| &router.routes);
    let written = |condition: &HeaderMatch| matches!(&condition.name, HeaderKey::Header(name) if name == "x-envoy-original-path");
    routes.any(|route| match &route.matches {
        RouteMatch::Http(matches) => matches.headers.iter().any(written),
        RouteMatch::Grpc(matches) => matches.metadata.iter().any(written),
        _ => false,
    })
}

/// What routes of both kinds have, their target apart.
fn any<K>(
    mut route: GatewayRouteBuilder<K>,
    draw: &mut Draw,
    listeners: &[u16],
) -> GatewayRouteBuilder<K> {
    if draw.percent(30) {
        route = route.priority(draw.one(&[0, 1, 500, 1000]));
    }
    if listeners.len() > 1 {
        route = route.port(draw.one(listeners));
    }
    route = match draw.below(10) {
        0..=2 => route.hostname(draw.one(&HOSTS)),
        3 => route.hostname(draw.one(&SERVICES)),
        4 | 5 => route.hostname_suffix(draw.one(&SUFFIXES)),
        _ => route,
    };
    match draw.below(10) {
        0..=3 => route.default_target_hostname(false),
        4 => route.default_target_hostname(true),
        _ => route,
    }
}

/// A service with several ports, of whatever kind, needs one to be said.
fn to<K>(
    route: GatewayRouteBuilder<K>,
    draw: &mut Draw,
    mesh: &Mesh,
    service: &VirtualService,
) -> GatewayRouteBuilder<K> {
    let name = service.name.as_str();
    let routed = matches!(service.provider, Some(Provider::VirtualRouter(_)));
    match ports(mesh, service).as_slice() {
        [] => route.to(name),
        [_] if routed && draw.percent(50) => route.to(name),
        ports => route.to_port(name, draw.one(ports).get()),
    }
}

fn http(draw: &mut Draw, name: &str) -> GatewayRouteBuilder {
    let route = match draw.percent(50) {
        true => GatewayRoute::http(name),
        false => GatewayRoute::http2(name),
    };
    let mut route = match draw.below(20) {
        0 => route,
        1..=5 => route.prefix("/"),
        6..=12 => route.prefix(draw.one(&PATHS)),
        13..=16 => route.exact(draw.one(&PATHS)),
        _ => route.regex(draw.one(&PATH_PATTERNS).0),
    };
    route = match draw.below(10) {
        0..=3 => route,
        4 => route.default_prefix(true),
        5 => route.default_prefix(false),
        6 | 7 => route.rewrite_prefix(draw.one(&NEW_PREFIXES)),
        _ => route.rewrite_path(draw.one(&NEW_PATHS)),
    };
    if draw.percent(15) {
        route = route.method(&draw.one(&[Method::GET, Method::POST, Method::HEAD]));
    }
    for _ in 0..draw.one(&[0, 0, 0, 1, 1, 2]) {
        let (name, matcher) = condition(draw);
        route = match (matcher, draw.percent(30)) {
            (Some(matcher), false) => route.header(name, matcher),
            (Some(matcher), true) => route.header_not(name, matcher),
            (None, false) => route.header_present(name),
            (None, true) => route.header_absent(name),
        };
    }
    let count = draw.one(&[0, 0, 0, 0, 1, 2]);
    for key in draw.some(&KEYS, count) {
        route = match draw.percent(50) {
            true => route.query_present(key),
            false => route.query(key, draw.one(&QUERY_VALUES)),
        };
    }
    route
}

fn grpc(draw: &mut Draw, name: &str) -> GatewayRouteBuilder<ForGrpc> {
    let route = GatewayRoute::grpc(name);
    let route = match draw.percent(70) {
        true => route.service(draw.one(&CALLS).0),
        false => route,
    };
    if draw.percent(60) {
        return route;
    }
    let (name, matcher) = condition(draw);
    match (matcher, draw.percent(30)) {
        (Some(matcher), false) => route.metadata(name, matcher),
        (Some(matcher), true) => route.metadata_not(name, matcher),
        (None, false) => route.metadata_present(name),
        (None, true) => route.metadata_absent(name),
    }
}

const NAME: &str = "in";
