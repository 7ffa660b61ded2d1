//! The client, alone against a peer of raw bytes, and against an application that another mesh serves.

use std::future::pending;

use mesh_core::{
    compile::Target,
    config::{Mesh as Model, VirtualNode, VirtualService},
    retry::Policy,
    unit::Protocol,
};

use super::inbound::strict;
use crate::{
    Client, Mesh,
    connect::MemoryNetwork,
    contract::{
        case::Case,
        mock::{Strict, app},
        peer,
        script::Script,
        subjects::inbound::unready,
    },
};

pub(in crate::contract) async fn client() -> Case {
    let (mesh, script) = calling().await;
    counting(Case::new(mesh.client(), script), &mesh)
}

pub(in crate::contract) async fn as_proxy() -> Case {
    let (mesh, script) = calling().await;
    counting(Case::new(mesh.client().as_proxy(), script), &mesh)
}

/// Real HTTP/1 between a client and the application that is served, counted at both ends.
pub(in crate::contract) async fn to_a_served_application() -> Case {
    both_ends(Protocol::Http).await
}

pub(in crate::contract) async fn to_a_served_application_over_http2() -> Case {
    both_ends(Protocol::Http2).await.over_http2()
}

/// A mesh whose only service is the scripted peer.
pub(in crate::contract) async fn calling() -> (Mesh, Script) {
    let (network, script) = (MemoryNetwork::new(), Script::new());
    peer::listen(&network, &script).await;
    let target = Target::dns("orders").retry(Policy::idempotent(1));
    let builder = Mesh::builder().service("orders:80", target);
    let builder = builder.endpoint("orders", peer::address());
    let mesh = builder.network(&network).seed(7).start().await;
    (mesh.expect("the mesh starts"), script)
}

pub(in crate::contract) fn counting(case: Case, mesh: &Mesh) -> Case {
    let (open, at) = (mesh.clone(), mesh.clone());
    case.counting("requests sent", move || open.in_flight().0)
        .counting("in flight at the endpoint", move || {
            at.endpoints("orders")[0].in_flight
        })
}

async fn both_ends(protocol: Protocol) -> Case {
    let (network, script) = (MemoryNetwork::new(), Script::new());
    let model = two_nodes(protocol);
    let start = |node: &str| {
        let builder = Mesh::builder().config(model.clone()).virtual_node(node);
        builder.network(&network).seed(7)
    };
    let orders = start("orders").bind(80, peer::address()).start().await;
    let orders = orders.expect("the mesh starts");
    let (server, application) = (orders.clone(), strict!(script));
    tokio::spawn(async move { server.serve_until(application, pending()).await });
    let web = start("web").endpoint("orders", peer::address());
    let web = web.start().await.expect("the mesh starts");
    let client: Client = web.client();
    counting(Case::new(client, script), &web)
        .recording()
        .counting("requests served", move || orders.in_flight().1)
}

fn two_nodes(protocol: Protocol) -> Model {
    let orders = VirtualNode::builder("orders").listener(80, protocol);
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders"))
        .virtual_node(orders.dns("orders"))
        .virtual_service(VirtualService::builder("orders").virtual_node("orders"))
        .build()
        .expect("the model is valid")
}
