//! The routing half of meshes as an Envoy's bootstrap: what App Mesh gave the sidecar of one node of each, or one gateway's proxy.
//!
//! All of them are one Envoy with one listener. As in a sidecar, whose connections were redirected to it, the address and the port
//! that were dialled choose the filter chain; here a PROXY line says them. Each mesh has an address of its own.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
};

use mesh_core::{config::EgressFilter, unit::Port};
use serde_json::{Value, json};

use super::{
    envoy_gateway,
    envoy_host::{self, OUTSIDE, answer, ports},
    role::Role,
    words::PORTS,
};

/// Where the services of a mesh seem to be.
pub(super) fn address(number: usize) -> Ipv4Addr {
    let number = u32::try_from(number).expect("few meshes");
    Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + number)
}

/// An Envoy for all of these.
pub(super) fn envoy(roles: &[Role], listener: SocketAddr) -> String {
    let numbered = || roles.iter().enumerate();
    let chains: Vec<_> = numbered()
        .flat_map(|(number, role)| chains(number, role))
        .collect();
    let proxied =
        "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol";
    let listener = json!({
        "address": {"socket_address": {"address": listener.ip(), "port_value": listener.port()}},
        "listener_filters": [{"name": "proxy", "typed_config": {"@type": proxied}}],
        "filter_chains": chains,
    });
    let loops = numbered().flat_map(|(number, role)| envoy_gateway::loops(number, role));
    let (mut listeners, clusters): (Vec<_>, Vec<_>) = loops.unzip();
    listeners.push(listener);
    let limits = json!({"re2.max_program_size.error_level": 1000});
    let internal =
        "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener";
    json!({
        "bootstrap_extensions": [{"name": "internal", "typed_config": {"@type": internal}}],
        "layered_runtime": {"layers": [{"name": "agent", "static_layer": limits}]},
        "static_resources": {"listeners": listeners, "clusters": clusters},
    })
    .to_string()
}

/// What takes the connections to each port.
fn chains(number: usize, role: &Role) -> Vec<Value> {
    let of_gateway = role.entry().map(|gateway| {
        let listeners = gateway.listeners.iter().map(|listener| listener.port);
        let chains = listeners.map(|port| {
            let hosts = envoy_gateway::hosts(number, &role.mesh, gateway, port);
            chain(number, port, &hosts)
        });
        chains.collect()
    });
    of_gateway.unwrap_or_else(|| {
        // Also those of services that it may not call.
        let services = role.mesh.virtual_services();
        let named = services.flat_map(|service| ports(&role.mesh, service));
        let others = PORTS.map(|port| Port::new(port.into()).expect("a port"));
        let all: BTreeSet<_> = named.chain(others).collect();
        let chains = all.into_iter();
        chains
            .map(|port| chain(number, port, &of_node(role, port)))
            .collect()
    })
}

/// What a node calls on one port, on which some services of the mesh are, or none.
fn of_node(role: &Role, port: Port) -> Vec<Value> {
    let services = role.services();
    let hosts = services.into_iter();
    let hosts = hosts.filter_map(|service| envoy_host::host(&role.mesh, service, Some(port)));
    let mut hosts: Vec<_> = hosts.collect();
    if role.mesh.egress_filter() == EgressFilter::AllowAll {
        let route = answer(&json!({"prefix": "/"}), OUTSIDE);
        hosts.push(json!({"name": "mesh_allow_all", "domains": ["*"], "routes": [route]}));
    }
    hosts
}

fn chain(number: usize, port: Port, hosts: &[Value]) -> Value {
    let here = json!({"address_prefix": address(number), "prefix_len": 32});
    let matching = json!({"destination_port": port.get(), "prefix_ranges": [here]});
    json!({"filter_chain_match": matching, "filters": [manager(hosts)]})
}

/// The filter that App Mesh gave every listener.
pub(super) fn manager(hosts: &[Value]) -> Value {
    let router = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "mesh",
        "normalize_path": true,
        "merge_slashes": true,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "http_filters": [{"name": "router", "typed_config": {"@type": router}}],
        "route_config": {"virtual_hosts": hosts},
    });
    json!({"name": "http", "typed_config": manager})
}
