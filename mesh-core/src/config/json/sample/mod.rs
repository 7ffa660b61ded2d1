//! Random meshes in which everything that a mesh can say occurs.

mod draw;
mod gateway;
mod node;
mod route;
mod tls;

use proptest::prelude::{Strategy, any};

use self::draw::Draw;
use crate::{
    config::{EgressFilter, Mesh, VirtualRouter, VirtualService},
    unit::IpPreference,
};

/// Meshes, each of which is that of a number.
pub(crate) fn meshes() -> impl Strategy<Value = Mesh> {
    any::<u64>().prop_map(mesh)
}

/// The mesh of this number.
pub(crate) fn mesh(seed: u64) -> Mesh {
    let draw = &mut Draw::new(seed);
    let mut mesh = Mesh::builder(draw.name("mesh"));
    if draw.flip() {
        mesh = mesh.egress_filter(EgressFilter::AllowAll);
    }
    if draw.flip() {
        mesh = mesh.ip_preference(draw.pick(&PREFERENCES));
    }
    for name in NODES {
        mesh = mesh.virtual_node(node::listening(name, draw));
    }
    mesh = mesh.virtual_node(node::calling("client", draw));
    for name in ROUTERS {
        let mut router = VirtualRouter::builder(name).listener(PORT, draw.protocol());
        if draw.flip() {
            router = router.listener(OTHER_PORT, draw.any_protocol());
        }
        for n in 0..draw.below(4) {
            router = route::in_router(router, n, draw);
        }
        mesh = mesh.virtual_router(router);
    }
    for (n, name) in SERVICES.into_iter().enumerate() {
        let service = VirtualService::builder(name);
        mesh = mesh.virtual_service(match n {
            0 => service.virtual_node(draw.pick(&NODES)),
            1 => service.virtual_router(draw.pick(&ROUTERS)),
            _ => service,
        });
    }
    for name in ["entry", "exit"] {
        mesh = mesh.virtual_gateway(gateway::virtual_gateway(name, draw));
    }
    mesh.build()
        .unwrap_or_else(|errors| panic!("seed {seed}\n{errors}"))
}

const NODES: [&str; 3] = ["v1", "v2", "v3"];
const ROUTERS: [&str; 2] = ["orders", "users"];
const SERVICES: [&str; 3] = ["orders.local", "users.local", "later.local"];
/// The first port of everybody who listens, on which no bytes are spoken.
const PORT: i64 = 8080;
const OTHER_PORT: i64 = 9090;
const PREFERENCES: [IpPreference; 4] = [
    IpPreference::Ipv6Preferred,
    IpPreference::Ipv4Preferred,
    IpPreference::Ipv6Only,
    IpPreference::Ipv4Only,
];
