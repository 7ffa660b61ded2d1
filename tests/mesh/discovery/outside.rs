//! Hosts outside of the mesh, found by their names when the egress filter lets calls out to them.

use futures::future::join_all;
use mesh_core::{
    config::{EgressFilter, Mesh as Model, VirtualNode},
    metric::Flag,
};
use mesh_tower::{ErrorKind, Mesh};

use super::{
    called,
    name_server::{NameServer, Say},
    peers,
};

async fn web(filter: EgressFilter, server: &NameServer) -> Mesh {
    let model = Model::builder("shop").egress_filter(filter);
    let model = model.virtual_node(VirtualNode::builder("web")).build();
    let mesh = Mesh::builder()
        .config(model.expect("the model is valid"))
        .virtual_node("web")
        .name_server(server.addr);
    mesh.start().await.expect("the mesh starts")
}

#[tokio::test]
async fn a_host_is_asked_for_once_however_many_calls_come_at_once() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    let says = Say::Addresses(vec![peer.addr.ip()], 3600);
    server.say("example.com.", says);
    let mesh = web(EgressFilter::AllowAll, &server).await;
    let origin = format!("example.com:{}", peer.addr.port());
    let client = mesh.client_for(&origin).expect("a warning, no error");
    let answers = join_all((0..100).map(|_| called(&client))).await;
    assert!(answers.iter().all(|answer| answer == "127.0.0.2"));
    assert_eq!(server.asked_for("example.com."), 1);
}

#[tokio::test]
async fn aws_is_found_also_where_the_filter_is_closed() {
    let [peer] = peers(["127.0.0.2"]).await;
    let server = NameServer::start().await;
    let says = Say::Addresses(vec![peer.addr.ip()], 3600);
    server.say("sqs.eu-central-1.amazonaws.com.", says);
    let mesh = web(EgressFilter::DropAll, &server).await;
    let origin = format!("SQS.eu-central-1.amazonaws.com:{}", peer.addr.port());
    let client = mesh.client_for(&origin).expect("it is open");
    assert_eq!(called(&client).await, "127.0.0.2");
    let target = "target=\"cds_egress_shop_amazonaws\"";
    assert!(mesh.metrics().contains(target), "{}", mesh.metrics());
}

#[tokio::test]
async fn a_host_that_does_not_exist_is_refused_and_said_so() {
    let server = NameServer::start().await;
    let mesh = web(EgressFilter::AllowAll, &server).await;
    let call = mesh.client().get("http://nowhere.example/").send().await;
    let error = call.expect_err("it has no address");
    assert_eq!(
        (error.kind(), error.flag()),
        (ErrorKind::Unavailable, Some(Flag::NoHealthyUpstream)),
        "{error}"
    );
    assert!(error.to_string().contains("nowhere.example"), "{error}");
}
