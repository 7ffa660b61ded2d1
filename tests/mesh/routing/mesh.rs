//! Meshes that nobody thought of: each follows from a seed.

use http::{Method, uri::Scheme};
use mesh_core::{
    config::{
        EgressFilter, HeaderMatcher, Mesh, MeshBuilder, Route, RouteBuilder, VirtualNode,
        VirtualRouter, VirtualRouterBuilder, VirtualService,
    },
    unit::Protocol,
};

use super::{
    draw::Draw,
    words::{
        CALLS, HEADERS, KEYS, PATH_PATTERNS, PATHS, PORTS, PSEUDO, QUERY_VALUES, RANGES, SERVICES,
        VALUE_PATTERNS, VALUES,
    },
};

/// The node whose calls are routed.
pub(super) const CALLER: &str = "web";

/// A mesh of a few services, of which the caller may call most.
pub(super) fn random(seed: u64) -> Mesh {
    let mesh = builder(seed).build();
    mesh.unwrap_or_else(|errors| panic!("the mesh of seed {seed}: {errors}"))
}

/// The same, before it is built.
pub(super) fn builder(seed: u64) -> MeshBuilder {
    let draw = &mut Draw::new(seed);
    let count = 2 + draw.below(4);
    let names = draw.some(&SERVICES, count);
    let mut mesh = Mesh::builder("shop").egress_filter(match draw.percent(40) {
        true => EgressFilter::AllowAll,
        false => EgressFilter::DropAll,
    });
    for (name, listeners) in NODES {
        let node = VirtualNode::builder(name).dns(format!("{name}.local"));
        let node = listeners
            .iter()
            .fold(node, |node, (port, spoken)| node.listener(*port, *spoken));
        mesh = mesh.virtual_node(node);
    }
    let mut caller = VirtualNode::builder(CALLER);
    for name in names {
        if draw.percent(90) {
            caller = caller.backend(name);
        }
        let service = VirtualService::builder(name);
        mesh = match draw.below(10) {
            0 => mesh.virtual_service(service),
            1 => mesh.virtual_service(service.virtual_node(draw.one(&NODES).0)),
            _ => mesh
                .virtual_router(router(draw, name))
                .virtual_service(service.virtual_router(name)),
        };
    }
    mesh.virtual_node(caller)
}

const NODES: [(&str, &[(u16, Protocol)]); 3] = [
    ("one", &[(8080, Protocol::Http)]),
    ("two", &[(9090, Protocol::Http2), (80, Protocol::Http)]),
    ("calls", &[(3306, Protocol::Tcp), (8080, Protocol::Grpc)]),
];

fn router(draw: &mut Draw, name: &str) -> VirtualRouterBuilder {
    let count = draw.one(&[1, 1, 2, 3]);
    let ports = draw.some(&PORTS, count);
    let mut router = VirtualRouter::builder(name);
    for port in &ports {
        let spoken = draw.one(&[
            Protocol::Http,
            Protocol::Http,
            Protocol::Http2,
            Protocol::Grpc,
        ]);
        router = router.listener(*port, spoken);
    }
    if draw.percent(60) {
        let route = Route::http("b-all").prefix("/");
        router = router.route(route.target("one", 1));
    }
    let routes = draw.one(&[0, 1, 3, 5, 8, 8, 12, 12, 16]);
    for number in 0..routes {
        // The name is the last that tells two routes apart, and must not go with the order in which they are written.
        let name = format!("{}-{number}", draw.one(&["a", "b", "c"]));
        router = match draw.percent(20) {
            true => router.route(any(grpc(draw, &name), draw, &ports)),
            false => router.route(any(http(draw, &name), draw, &ports)),
        };
    }
    router
}

/// What routes of both kinds have.
fn any<K>(mut route: RouteBuilder<K>, draw: &mut Draw, ports: &[u16]) -> RouteBuilder<K> {
    if draw.percent(30) {
        route = route.priority(draw.one(&[0, 1, 500, 1000]));
    }
    if draw.percent(40) {
        route = route.port(draw.one(ports));
    }
    let most = 1 + draw.below(3);
    let targets = draw.some(&NODES, most);
    for (position, (name, listeners)) in targets.into_iter().enumerate() {
        let weight = match position {
            0 => draw.one(&[1, 50, 100]),
            _ => draw.one(&[0, 1, 10, 50]),
        };
        let (port, _) = listeners[listeners.len() - 1];
        route = match draw.percent(50) {
            true => route.target(name, weight),
            false => route.target_on(name, weight, port),
        };
    }
    route
}

fn http(draw: &mut Draw, name: &str) -> RouteBuilder {
    let mut route = match draw.percent(50) {
        true => Route::http(name),
        false => Route::http2(name),
    };
    route = match draw.below(20) {
        0 => route,
        1..=10 => route.prefix(draw.one(&PATHS)),
        11..=15 => route.exact(draw.one(&PATHS)),
        _ => route.regex(draw.one(&PATH_PATTERNS).0),
    };
    if draw.percent(15) {
        let methods = [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::HEAD,
            Method::CONNECT,
        ];
        route = route.method(&draw.one(&methods));
    }
    if draw.percent(10) {
        route = route.scheme(&draw.one(&[Scheme::HTTP, Scheme::HTTPS]));
    }
    for _ in 0..draw.one(&[0, 0, 0, 1, 1, 2]) {
        route = header(draw, route);
    }
    let count = draw.one(&[0, 0, 0, 0, 0, 1, 1, 2]);
    for key in draw.some(&KEYS, count) {
        route = match draw.percent(50) {
            true => route.query_present(key),
            false => route.query(key, draw.one(&QUERY_VALUES)),
        };
    }
    route
}

fn header(draw: &mut Draw, route: RouteBuilder) -> RouteBuilder {
    let (name, matcher) = condition(draw);
    match (matcher, draw.percent(30)) {
        (Some(matcher), false) => route.header(name, matcher),
        (Some(matcher), true) => route.header_not(name, matcher),
        (None, false) => route.header_present(name),
        (None, true) => route.header_absent(name),
    }
}

fn grpc(draw: &mut Draw, name: &str) -> RouteBuilder<mesh_core::config::ForGrpc> {
    let (service, method) = draw.one(&CALLS);
    let route = Route::grpc(name);
    let route = match draw.below(4) {
        0 => route,
        1 | 2 => route.service(service),
        _ => route.method(service, method),
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

pub(super) fn condition(draw: &mut Draw) -> (&'static str, Option<HeaderMatcher>) {
    if draw.percent(15) {
        return pseudo(draw);
    }
    let (name, value) = (draw.one(&HEADERS), draw.one(&VALUES));
    let matcher = match draw.below(6) {
        // Envoy makes one up where there is none: nobody knows its value.
        _ if name == "x-request-id" => None,
        0 => None,
        1 => Some(HeaderMatcher::exact(value)),
        2 => Some(HeaderMatcher::prefix(value)),
        3 => Some(HeaderMatcher::suffix(value)),
        4 => Some(HeaderMatcher::regex(draw.one(&VALUE_PATTERNS))),
        _ => {
            let (start, end) = draw.one(&RANGES);
            Some(HeaderMatcher::range(start..end))
        }
    };
    (name, matcher)
}

fn pseudo(draw: &mut Draw) -> (&'static str, Option<HeaderMatcher>) {
    let name = draw.one(&PSEUDO);
    let text = draw.one(match name {
        ":method" => &["GET", "POST", "get"],
        ":scheme" => &["http", "https", "HTTP"],
        ":path" => &["/a", "/a/b?k", "/"],
        _ => &["a.local", "c.local", "d:8080"],
    });
    let matcher = match draw.below(5) {
        0 => None,
        1 | 2 => Some(HeaderMatcher::exact(text)),
        3 => Some(HeaderMatcher::prefix(text)),
        _ => Some(HeaderMatcher::regex(format!("{text}.*"))),
    };
    (name, matcher)
}
