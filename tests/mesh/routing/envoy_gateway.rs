//! A gateway as App Mesh wrote it for its proxy: routes that rewrite and send on, to a listener of the same proxy that has the
//! services' routes.
//!
//! # Source
//! Dumps of App Mesh's Envoy configuration. The way from the one listener to the other is within the process, and there is one
//! for each port that services have.

use std::collections::{BTreeMap, BTreeSet};

use mesh_core::{
    config::{
        GatewayRoute, GatewayRouteMatch, GrpcRouteMatch, HostnameMatch, HttpRouteMatch, Mesh,
        PathMatch, PathRewrite, RouteMatch, VirtualGateway,
    },
    unit::Port,
};
use serde_json::{Value, json};

use super::{
    envoy_config::manager,
    envoy_host::{self, ports},
    envoy_route::{self, Rank},
    role::Role,
};

/// The virtual hosts of a gateway's listener: what a request comes to first.
pub(super) fn hosts(
    number: usize,
    mesh: &Mesh,
    gateway: &VirtualGateway,
    port: Port,
) -> Vec<Value> {
    let mut hosts: BTreeMap<String, Vec<(Rank, Value)>> = BTreeMap::new();
    for route in routes(gateway, port) {
        let domain = domain(route.matches.hostname());
        let passed = passed(number, mesh, route);
        hosts.entry(domain).or_default().extend(passed);
    }
    let hosts = hosts.into_iter().map(|(domain, mut routes)| {
        routes.sort_by(|(a, _), (b, _)| a.cmp(b));
        let routes: Vec<_> = routes.into_iter().map(|(_, route)| route).collect();
        let with_port = format!("{domain}:{port}");
        let domains = match domain.as_str() {
            "*" => vec![&domain],
            _ => vec![&domain, &with_port],
        };
        json!({"name": domain, "domains": domains, "routes": routes})
    });
    hosts.collect()
}

/// The routes behind one of the gateway's ports.
pub(super) fn routes(gateway: &VirtualGateway, port: Port) -> Vec<&GatewayRoute> {
    let routes = gateway.routes.iter();
    routes
        .filter(|route| route.matches.port().is_none_or(|named| named == port))
        .collect()
}

fn domain(written: Option<&HostnameMatch>) -> String {
    match written {
        None => "*".to_owned(),
        Some(HostnameMatch::Exact(host)) => host.to_ascii_lowercase(),
        Some(HostnameMatch::Suffix(suffix)) => format!("*{}", suffix.to_ascii_lowercase()),
        Some(other) => panic!("{other:?} is new here"),
    }
}

/// A gateway route, once or twice.
fn passed(number: usize, mesh: &Mesh, route: &GatewayRoute) -> Vec<(Rank, Value)> {
    let ways = ways(route).into_iter().map(|(matches, mut action)| {
        let service = route.target.virtual_service.as_str();
        action["cluster"] = name(number, leads_to(mesh, route)).into();
        let mut told = Vec::new();
        match keeps_host(route) {
            true => told.push(json!({"header": {"key": SERVICE, "value": service}})),
            false => action["host_rewrite_literal"] = service.into(),
        }
        let rank = envoy_route::rank(route.priority, &matches, route.name.as_str());
        let passed = json!({
            "match": envoy_route::matching(&matches),
            "route": action,
            "request_headers_to_add": told,
            "response_headers_to_add": [{"header": {"key": GATEWAY, "value": route.name.as_str()}}],
        });
        (rank, passed)
    });
    ways.collect()
}

/// Its conditions, each with what becomes of the path.
fn ways(route: &GatewayRoute) -> Vec<(RouteMatch, Value)> {
    let matches = as_of_route(&route.matches);
    let prefix = match &matches {
        RouteMatch::Http(HttpRouteMatch {
            path: Some(PathMatch::Prefix(prefix)),
            ..
        }) => Some(prefix.clone()),
        _ => None,
    };
    let rewritten = |prefix: &str| json!({"prefix_rewrite": prefix});
    match (&route.rewrite.path, prefix) {
        _ if matches!(matches, RouteMatch::Grpc(_)) => vec![(matches, json!({}))],
        (Some(PathRewrite::Exact(path)), _) => {
            let path = path.replace('\\', r"\\");
            let whole = json!({"pattern": {"regex": "^/.*$"}, "substitution": path});
            vec![(matches, json!({"regex_rewrite": whole}))]
        }
        (Some(PathRewrite::Prefix(value)), Some(_)) => vec![(matches, rewritten(value))],
        (None | Some(PathRewrite::DefaultPrefix(true)), Some(prefix)) => {
            let mut longer = matches.clone();
            if let RouteMatch::Http(longer) = &mut longer {
                longer.path = Some(PathMatch::Prefix(format!("{prefix}/")));
            }
            let twice = !prefix.ends_with('/');
            let longer = twice.then(|| (longer, rewritten("/")));
            longer
                .into_iter()
                .chain([(matches, rewritten("/"))])
                .collect()
        }
        _ => vec![(matches, json!({}))],
    }
}

/// The same conditions as a route's, the host apart.
pub(super) fn as_of_route(matches: &GatewayRouteMatch) -> RouteMatch {
    match matches {
        GatewayRouteMatch::Http(written) => {
            let mut matches = HttpRouteMatch::default();
            matches.path = written.path.clone();
            matches.method = written.method.clone();
            matches.headers = written.headers.clone();
            matches.query_parameters = written.query_parameters.clone();
            RouteMatch::Http(matches)
        }
        GatewayRouteMatch::Grpc(written) => {
            let mut matches = GrpcRouteMatch::default();
            matches.service_name = written.service_name.clone();
            matches.metadata = written.metadata.clone();
            RouteMatch::Grpc(matches)
        }
        other => panic!("{other:?} is new here"),
    }
}

/// The port of its virtual service; `None` if that has none, or several of which none is named.
pub(super) fn leads_to(mesh: &Mesh, route: &GatewayRoute) -> Option<Port> {
    let service = mesh.virtual_service(route.target.virtual_service.as_str());
    let ports = service.map_or_else(Vec::new, |service| ports(mesh, service));
    let only = match ports.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    route.target.port.or(only)
}

fn keeps_host(route: &GatewayRoute) -> bool {
    route.rewrite.default_target_hostname == Some(false)
}

/// The listeners that requests are sent on to, and the clusters by which they are.
pub(super) fn loops(number: usize, role: &Role) -> Vec<(Value, Value)> {
    let gateway = role.entry();
    let routes = gateway.into_iter().flat_map(|gateway| &gateway.routes);
    let ports: BTreeSet<_> = routes.map(|route| leads_to(&role.mesh, route)).collect();
    let loops = ports.into_iter().map(|port| {
        let name = name(number, port);
        let filters = [manager(&behind(role, port))];
        let listener =
            json!({"name": name, "internal_listener": {}, "filter_chains": [{"filters": filters}]});
        (listener, cluster(&name))
    });
    loops.collect()
}

fn name(number: usize, port: Option<Port>) -> String {
    let port = port.map_or(0, Port::get);
    format!("self_redirect_{number}_{port}")
}

fn cluster(name: &str) -> Value {
    let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let http1 = json!({
        "@type": format!("type.googleapis.com/{options}"),
        "explicit_http_config": {"http_protocol_options": {}},
    });
    let address = json!({"envoy_internal_address": {"server_listener_name": name}});
    json!({
        "name": name,
        "typed_extension_protocol_options": {options: http1},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    })
}

/// The virtual hosts that a request comes to then: the services, and one for hosts that were kept.
fn behind(role: &Role, port: Option<Port>) -> Vec<Value> {
    let services = role.services();
    let hosts = services.iter();
    let hosts = hosts.filter_map(|service| envoy_host::host(&role.mesh, service, port));
    let mut hosts: Vec<_> = hosts.collect();
    let mut kept = Vec::new();
    for service in services {
        let is = json!({"name": SERVICE, "string_match": {"exact": service.name.as_str()}});
        for mut route in envoy_host::answers(&role.mesh, service, port).unwrap_or_default() {
            match &mut route["match"]["headers"] {
                Value::Array(headers) => headers.push(is.clone()),
                none => *none = json!([is]),
            }
            kept.push(route);
        }
    }
    hosts.push(json!({"name": "default_backend", "domains": ["*"], "routes": kept}));
    let seen = json!({"header": {"key": SEEN, "value": SEES}});
    for host in &mut hosts {
        let routes = host["routes"].as_array_mut().into_iter().flatten();
        for headers in routes.filter_map(|route| route["response_headers_to_add"].as_array_mut()) {
            headers.push(seen.clone());
        }
    }
    hosts
}

/// Where App Mesh said which virtual service was meant by a host that was kept.
const SERVICE: &str = "x-app-mesh-virtual-service";

/// The headers of Envoy's answers that say which gateway route took the request, and what was made of it.
pub(super) const GATEWAY: &str = "x-gateway-route";
pub(super) const SEEN: &str = "x-seen";
const SEES: &str =
    "%REQ(:PATH)% %REQ(:AUTHORITY)% %REQ(X-ENVOY-ORIGINAL-PATH)% %REQ(X-ENVOY-ORIGINAL-HOST)% |";
