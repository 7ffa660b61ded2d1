//! The mesh as Rust code says it.

use std::time::Duration;

use http::Method;
use mesh_core::{
    config::{
        HeaderMatcher, HttpRetryEvent, Mesh, MeshBuilder, RetryPolicy, Route, RouteBuilder,
        VirtualNode, VirtualNodeBuilder, VirtualRouter, VirtualService,
    },
    unit::Protocol,
};

use super::{EACH, MESH, PORT, ROUTES, called, node, router, service};

/// The mesh, of which everything is there but the checks, which [`MeshBuilder::build`] makes.
pub fn unchecked() -> MeshBuilder {
    (0..EACH).fold(Mesh::builder(MESH), |mesh, number| {
        let routed = VirtualRouter::builder(router(number)).listener(PORT, Protocol::Http);
        let routed = (0..ROUTES).fold(routed, |router, index| router.route(route(number, index)));
        let name = VirtualService::builder(service(number));
        mesh.virtual_node(virtual_node(number))
            .virtual_router(routed)
            .virtual_service(name.virtual_router(router(number)))
    })
}

fn virtual_node(number: usize) -> VirtualNodeBuilder {
    let listening = VirtualNode::builder(node(number))
        .listener(PORT, Protocol::Http)
        .dns(format!("{}.bench.local", node(number)));
    called(number).fold(listening, |node, called| node.backend(service(called)))
}

fn route(number: usize, index: usize) -> RouteBuilder {
    let retry = RetryPolicy::new(2, Duration::from_millis(500)).on(HttpRetryEvent::GatewayError);
    Route::http(format!("route-{index}"))
        .prefix(format!("/area-{index}/"))
        .method(&Method::GET)
        .header("x-tenant", HeaderMatcher::exact(format!("tenant-{index}")))
        .target(node(number), 90)
        .target(node((number + 1) % EACH), 10)
        .retry(retry)
        .timeout(Duration::from_secs(5))
}
