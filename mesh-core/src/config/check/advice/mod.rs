//! What App Mesh takes and what then does something else than its author expects: warnings.

mod backend;
mod event;
mod header;
mod host;
mod overlap;
mod path;
mod port;
mod protocol;
mod rank;
mod route_table;
mod service_name;
mod timeout;
mod tls;
mod unused;
mod weight;

use super::graph::Graph;
use crate::{config::draft::Draft, error::Problems};

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let graph = Graph::of(draft);
    for node in &draft.virtual_nodes {
        backend::check(node, &graph, problems);
    }
    for service in &draft.virtual_services {
        service_name::check(service, problems);
        timeout::of_direct_streams(service, &graph, problems);
    }
    for route in &draft.routes {
        protocol::check(route, &graph, problems);
        timeout::check(route, &graph, problems);
        if graph.reaches(route) {
            event::check(route, problems);
            timeout::of_streams(route, problems);
        }
        weight::check(route, problems);
        port::different(route, &graph, problems);
        header::check(&route.matches.value, problems);
        path::check(&route.matches.value, problems);
    }
    for route in &draft.gateway_routes {
        protocol::of_gateway(route, &graph, problems);
        header::check(&route.matches.value, problems);
        path::check(&route.matches.value, problems);
    }
    port::shared_by_bytes(&graph, problems);
    unused::check(&graph, problems);
    route_table::check(&graph, problems);
    host::check(&graph, problems);
    tls::check(&graph, problems);
}
