//! The routing half of meshes as an Envoy's bootstrap: what App Mesh gave the sidecar of one node of each.
//!
//! All of them are one Envoy with one listener. As in a sidecar, whose connections were redirected to it, the address and the port
//! that were dialled choose the filter chain; here a PROXY line says them. Each mesh has an address of its own.

use std::net::{Ipv4Addr, SocketAddr};

use mesh_core::{
    config::{EgressFilter, Mesh, Provider, Route, VirtualNode, VirtualService},
    unit::{Port, Protocol},
};
use serde_json::{Value, json};

use super::{envoy_route, mesh::CALLER, words::PORTS};

/// Where the services of a mesh seem to be.
pub(super) fn address(number: usize) -> Ipv4Addr {
    let number = u32::try_from(number).expect("few meshes");
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + number)
}

/// An Envoy for the callers of these meshes.
pub(super) fn envoy(meshes: &[Mesh], listener: SocketAddr) -> String {
    let chains = meshes
        .iter()
        .enumerate()
        .flat_map(|(number, mesh)| PORTS.map(|port| chain(mesh, number, port)));
    let chains: Vec<_> = chains.collect();
    let proxied =
        "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol";
    let listener = json!({
        "address": {"socket_address": {"address": listener.ip(), "port_value": listener.port()}},
        "listener_filters": [{"name": "proxy", "typed_config": {"@type": proxied}}],
        "filter_chains": chains,
    });
    let limits = json!({"re2.max_program_size.error_level": 1000});
    json!({
        "layered_runtime": {"layers": [{"name": "agent", "static_layer": limits}]},
        "static_resources": {"listeners": [listener]},
    })
    .to_string()
}

/// What takes the connections to one port, on which some services of the mesh are, or none.
fn chain(mesh: &Mesh, number: usize, port: u16) -> Value {
    let here = json!({"address_prefix": address(number), "prefix_len": 32});
    let matching = json!({"destination_port": port, "prefix_ranges": [here]});
    let port = Port::new(port.into()).expect("a port");
    let hosts = backends(mesh).filter_map(|service| host(mesh, service, port));
    let mut hosts: Vec<_> = hosts.collect();
    if mesh.egress_filter() == EgressFilter::AllowAll {
        let route = answer(&json!({"prefix": "/"}), OUTSIDE);
        hosts.push(json!({"name": "mesh_allow_all", "domains": ["*"], "routes": [route]}));
    }
    let router = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "egress",
        "normalize_path": true,
        "merge_slashes": true,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "http_filters": [{"name": "router", "typed_config": {"@type": router}}],
        "route_config": {"virtual_hosts": hosts},
    });
    json!({"filter_chain_match": matching, "filters": [{"name": "http", "typed_config": manager}]})
}

/// The virtual services that the caller may call.
fn backends(mesh: &Mesh) -> impl Iterator<Item = &VirtualService> {
    let caller = mesh.virtual_node(CALLER).expect("every mesh has it");
    let names = caller.backends.iter();
    names.filter_map(|name| mesh.virtual_service(name.virtual_service.as_str()))
}

/// The ports on which a virtual service takes requests; one without a provider has none.
pub(super) fn ports(mesh: &Mesh, service: &VirtualService) -> Vec<Port> {
    let of_node = |node: &VirtualNode| -> Vec<_> {
        let listeners = node.listeners.iter();
        let listeners = listeners.map(|listener| (listener.port, listener.protocol));
        listeners.collect()
    };
    let listeners = match &service.provider {
        None => Vec::new(),
        Some(Provider::VirtualNode(node)) => mesh
            .virtual_node(node.as_str())
            .map_or_else(Vec::new, of_node),
        Some(Provider::VirtualRouter(router)) => {
            let router = mesh.virtual_router(router.as_str());
            let listeners = router.iter().flat_map(|router| &router.listeners);
            listeners
                .map(|listener| (listener.port, listener.protocol))
                .collect()
        }
        Some(other) => panic!("{other:?} is new here"),
    };
    let http = listeners
        .into_iter()
        .filter(|(_, spoken)| *spoken != Protocol::Tcp);
    http.map(|(port, _)| port).collect()
}

/// The routes of a service behind one of its ports.
pub(super) fn routes<'a>(mesh: &'a Mesh, service: &VirtualService, port: Port) -> Vec<&'a Route> {
    let Some(Provider::VirtualRouter(name)) = &service.provider else {
        return Vec::new();
    };
    let router = mesh.virtual_router(name.as_str()).expect("it was checked");
    let here = |route: &&Route| route.matches.port().is_none_or(|named| named == port);
    router.routes.iter().filter(here).collect()
}

/// A service behind one port; `None` if it is not there. One without a provider is everywhere, without routes.
fn host(mesh: &Mesh, service: &VirtualService, port: Port) -> Option<Value> {
    if service.provider.is_some() && !ports(mesh, service).contains(&port) {
        return None;
    }
    let name = service.name.as_str();
    let routes = match &service.provider {
        Some(Provider::VirtualNode(node)) => {
            let told = format!("{name} - {node}:{port}=1.000");
            vec![answer(&json!({"prefix": "/"}), &told)]
        }
        _ => {
            let mut routes = routes(mesh, service, port);
            routes.sort_by_key(|route| envoy_route::rank(route));
            let routes = routes.into_iter();
            routes
                .map(|route| {
                    answer(
                        &envoy_route::matching(&route.matches),
                        &told(mesh, name, route),
                    )
                })
                .collect()
        }
    };
    Some(json!({"name": name, "domains": [name, format!("{name}:{port}")], "routes": routes}))
}

/// Service, route and targets, as [`compare`](super::compare) writes them of a plan.
fn told(mesh: &Mesh, service: &str, route: &Route) -> String {
    let sum: u32 = route
        .targets
        .iter()
        .map(|target| u32::from(target.weight.get()))
        .sum();
    let mut told = format!("{service} {}", route.name);
    for target in &route.targets {
        let node = mesh
            .virtual_node(target.virtual_node.as_str())
            .expect("it was checked");
        let spoken = node
            .listeners
            .iter()
            .find(|listener| listener.protocol != Protocol::Tcp);
        let port = target.port.or_else(|| spoken.map(|listener| listener.port));
        let port = port.expect("it was checked");
        let share = f64::from(target.weight.get()) / f64::from(sum);
        told.push_str(&format!(" {}:{port}={share:.3}", target.virtual_node));
    }
    told
}

/// An answer that says which route it is of, so that nothing is needed behind it.
fn answer(matching: &Value, told: &str) -> Value {
    json!({
        "match": matching,
        "direct_response": {"status": 200},
        "response_headers_to_add": [{"header": {"key": ROUTE, "value": told}}],
    })
}

/// The header of Envoy's answers that says which route took the request, and what it says of what goes out of the mesh.
pub(super) const ROUTE: &str = "x-route";
pub(super) const OUTSIDE: &str = "outside";
