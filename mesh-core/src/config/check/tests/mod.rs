//! Each rule by the mesh that breaks it and, for what is only warned of, by one that looks alike and is well.

mod gateways;
mod paths;
mod read;
mod routes;
mod tls;

use crate::{
    config::{
        Mesh, MeshBuilder, RouteBuilder, VirtualNode, VirtualNodeBuilder, VirtualRouter,
        VirtualService,
    },
    unit::Protocol,
};

fn node(name: &str) -> VirtualNodeBuilder {
    VirtualNode::builder(name)
        .listener(80, Protocol::Http)
        .dns(format!("{name}.local"))
}

/// The service `orders.local`, its router, and the nodes `v1` and `v2`.
fn shop<K>(routes: impl IntoIterator<Item = RouteBuilder<K>>) -> MeshBuilder {
    let router = VirtualRouter::builder("orders").listener(80, Protocol::Http);
    let routed = |router: crate::config::VirtualRouterBuilder, route| router.route(route);
    Mesh::builder("shop")
        .virtual_node(node("v1"))
        .virtual_node(node("v2"))
        .virtual_router(routes.into_iter().fold(router, routed))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
}

/// Path and code of each error.
fn refused(builder: MeshBuilder, want: &[&str]) {
    let errors = builder.build().expect_err("refused");
    let found: Vec<_> = errors
        .errors()
        .map(|problem| format!("{} {}", problem.path, problem.code))
        .collect();
    assert_eq!(found, want, "{errors}");
}

/// Path and code of each warning.
fn warned(builder: MeshBuilder, want: &[&str]) {
    let config = builder.build_config().unwrap();
    let warnings = config.warnings();
    let found: Vec<_> = warnings
        .iter()
        .map(|problem| format!("{} {}", problem.path, problem.code))
        .collect();
    assert_eq!(found, want, "{warnings:?}");
}
