//! The client, alone against a peer of raw bytes, and against an application that another mesh serves.

use std::{future::pending, time::Duration};

use http::{Request, StatusCode};
use mesh_core::{
    compile::Target,
    config::{EgressFilter, Mesh as Model, VirtualNode, VirtualService},
    fault::Fault,
    health::HealthCheck,
    outlier::OutlierDetection,
    retry::Policy,
    unit::Protocol,
};
use tower::ServiceExt as _;

use super::inbound::strict;
use crate::{
    Client, FaultSwitch, Mesh, MeshBuilder,
    body::Body,
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

/// Of a target whose endpoints are checked, and put out when they fail. All that there are, so that the only one is asked on.
pub(in crate::contract) async fn watching() -> Case {
    let second = Duration::from_secs(1);
    let check = HealthCheck::new(Protocol::Tcp, 5 * second, 2 * second).expect("in range");
    let detection = OutlierDetection::new(1, second, second, 100).expect("in range");
    let target = Target::dns("orders").retry(Policy::idempotent(1));
    let target = target.health_check(check).outlier_detection(detection);
    let (mesh, script) = calling_what(target, |builder| builder).await;
    counting(Case::new(mesh.client(), script), &mesh)
}

/// With a fault that every call meets, and that lets it go on.
pub(in crate::contract) async fn delayed() -> Case {
    let fault = Fault::delay(Duration::from_millis(1));
    let faulty = |builder: MeshBuilder| builder.faults(fault, FaultSwitch::On);
    let (mesh, script) = calling_what(Target::dns("orders"), faulty).await;
    counting(Case::new(mesh.client(), script), &mesh)
}

/// With a fault that no call meets, for what the mesh decides is switched off.
pub(in crate::contract) async fn bypassing() -> Case {
    switched_off(|builder| builder.bypass(true)).await
}

/// With a fault that no call meets, for it is only counted.
pub(in crate::contract) async fn shadowing() -> Case {
    switched_off(|builder| builder.shadow(true)).await
}

async fn switched_off(off: fn(MeshBuilder) -> MeshBuilder) -> Case {
    let fault = Fault::abort(StatusCode::SERVICE_UNAVAILABLE);
    let faulty = |builder: MeshBuilder| off(builder.faults(fault, FaultSwitch::On));
    let target = Target::dns("orders").retry(Policy::idempotent(2));
    let (mesh, script) = calling_what(target, faulty).await;
    counting(Case::new(mesh.client(), script), &mesh)
}

/// To a host that no mesh knows.
pub(in crate::contract) async fn to_a_host_outside() -> Case {
    let open = |builder: MeshBuilder| builder.egress_filter(EgressFilter::AllowAll);
    let (mesh, script) = calling_what(Target::dns("orders"), open).await;
    let client = mesh.client().map_request(|mut request: Request<Body>| {
        let outside = format!("http://{}/", peer::address());
        *request.uri_mut() = outside.parse().expect("a URI");
        request
    });
    Case::new(client, script).counting("requests sent", move || mesh.in_flight().0)
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
    let target = Target::dns("orders").retry(Policy::idempotent(1));
    calling_what(target, |builder| builder).await
}

async fn calling_what(
    target: Target,
    more: impl FnOnce(MeshBuilder) -> MeshBuilder,
) -> (Mesh, Script) {
    let (network, script) = (MemoryNetwork::new(), Script::new());
    peer::listen(&network, &script).await;
    let builder = Mesh::builder().service("orders:80", target);
    let builder = more(builder.endpoint("orders", peer::address()));
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
