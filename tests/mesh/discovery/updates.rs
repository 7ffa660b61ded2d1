//! Endpoints from a stream of one's own.

use std::net::SocketAddr;

use futures::{SinkExt, StreamExt, channel::mpsc, stream};
use mesh_core::{discovery::MAX_ENDPOINTS, metric::Flag};
use mesh_tower::{Mesh, Target};

use super::{called, called_until, peers};

#[tokio::test]
async fn endpoints_follow_a_stream_and_its_last_word_stands() {
    let [one, other] = peers(["127.0.0.2", "127.0.0.3"]).await;
    let (mut say, updates) = mpsc::channel::<Vec<SocketAddr>>(1);
    let mesh = Mesh::builder()
        .service("orders:80", Target::dns("orders"))
        .discover("orders", updates)
        .start();
    say.send(vec![one.addr]).await.expect("a reader");
    let mesh = mesh.await.expect("the mesh starts");
    let client = mesh.client_for("orders:80").expect("a service");
    assert_eq!(called(&client).await, "127.0.0.2");

    say.send(vec![other.addr]).await.expect("a reader");
    called_until(&client, "127.0.0.3").await;
    drop(say);
    for _ in 0..10 {
        assert_eq!(called(&client).await, "127.0.0.3");
    }
}

#[tokio::test]
async fn an_empty_item_says_that_there_are_no_endpoints() {
    let mesh = Mesh::builder()
        .service("orders:80", Target::dns("orders"))
        .discover(
            "orders",
            stream::iter([Vec::new()]).chain(stream::pending()),
        )
        .start()
        .await
        .expect("the mesh starts");
    let client = mesh.client_for("orders:80").expect("a service");
    let error = client.get("/").send().await.expect_err("nobody is there");
    assert_eq!(error.flag(), Some(Flag::NoHealthyUpstream), "{error}");
}

#[tokio::test]
async fn a_stream_for_a_node_that_is_not_there_is_refused_with_the_nodes_that_are() {
    let error = Mesh::builder()
        .service("orders:80", Target::dns("orders"))
        .discover("oders", stream::pending())
        .start()
        .await
        .expect_err("no such node");
    let report = format!("{error:?}");
    assert!(
        report.contains("oders") && report.contains("orders"),
        "{report}"
    );
}

#[tokio::test]
async fn a_node_whose_endpoints_are_given_twice_is_refused() {
    let services = || Mesh::builder().service("orders:80", Target::dns("orders"));
    let twice = [
        services()
            .discover("orders", stream::pending())
            .endpoint("orders", "127.0.0.1:80"),
        services()
            .discover("orders", stream::pending())
            .discover("orders", stream::pending()),
    ];
    for builder in twice {
        let error = builder.start().await.expect_err("which of the two?");
        let report = format!("{error:?}");
        assert!(
            report.contains("\"orders\"") && report.contains(".discover("),
            "{report}"
        );
    }
}

#[tokio::test]
async fn no_more_of_what_a_stream_says_is_used_than_a_target_may_have() {
    let many = (0..1_200).map(|port| SocketAddr::from(([127, 0, 0, 1], 1 + port)));
    let mesh = Mesh::builder()
        .service("orders:80", Target::dns("orders"))
        .discover("orders", stream::iter([many.collect()]));
    let mesh = mesh.start().await.expect("the mesh starts");
    mesh.ready().await;
    assert_eq!(mesh.endpoints("orders").len(), MAX_ENDPOINTS);
}
