//! A configuration that changes the node's own listeners.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use axum::{Router, routing::get};
use http::Version;
use mesh_core::{Config, unit::Protocol};
use mesh_tower::Client;
use tokio::sync::Notify;

use super::*;
use crate::support::{calling, serving};

/// A port that nobody has. Whoever takes it meanwhile has the configuration refused, and the test says so.
fn free_port() -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port is left");
    listener.local_addr().expect("it is bound").port()
}

/// A mesh that calls whatever listens on this port of this machine.
async fn caller(port: u16, protocol: Protocol) -> (Mesh, Client) {
    let addr = SocketAddr::from(([127, 0, 0, 1], port));
    let mesh = calling(&["web.local"], protocol, addr).await;
    let client = mesh.client_for("web.local").expect("a backend");
    (mesh, client)
}

/// In which version it is answered.
async fn hello(client: &Client) -> Result<String, mesh_tower::Error> {
    client.get("/").send().await?.text().await
}

async fn soon(what: &str, done: impl Fn() -> bool) {
    let waiting = async {
        while !done() {
            time::sleep(Duration::from_millis(10)).await;
        }
    };
    time::timeout(Duration::from_secs(15), waiting)
        .await
        .unwrap_or_else(|_| panic!("{what} does not happen"));
}

/// Answers at once, or when it is told to.
fn app(asked: &Arc<Notify>, go: &Arc<Notify>) -> Router {
    let (asked, go) = (asked.clone(), go.clone());
    let slow = move || async move {
        asked.notify_one();
        go.notified().await;
        "done"
    };
    Router::new()
        .route("/", get(async |version: Version| format!("{version:?}")))
        .route("/slow", get(slow))
}

#[tokio::test]
async fn another_port_is_served_and_the_old_one_loses_no_call_in_flight() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let (folder, [old, new]) = (Folder::new(), [free_port(), free_port()]);
        let path = folder.write("mesh.yaml", &template(old, &[]));
        let web = Mesh::builder().virtual_node("web").app_mesh_file(&path);
        let web = web.poll_every(Duration::from_millis(100));
        let web = web.start().await.expect("it starts");
        let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let _serving = serving(&web, app(&asked, &go));
        web.ready().await;
        let (_caller, client) = caller(old, protocol).await;
        let running = tokio::spawn(client.get("/slow").send());
        asked.notified().await;

        folder.write("mesh.yaml", &template(new, &[]));
        soon("the change of ports", || web.addrs().keys().eq([&new])).await;
        assert_eq!(web.configuration().last_error, None);
        let (_other, there) = caller(new, protocol).await;
        hello(&there).await.expect("the new port is served");
        let closed = || std::net::TcpStream::connect(("127.0.0.1", old)).is_err();
        soon("the end of the old listener", closed).await;
        assert!(!running.is_finished());
        go.notify_one();
        let answer = running.await.expect("no panic").expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), "done");
        soon("the end of the old connections", || {
            metric(&web, "mesh_inbound_connections") == 1
        })
        .await;
        assert_eq!(metric(&web, "mesh_inbound_connections_cut_total"), 0);

        web.stop(Duration::from_secs(10)).await;
        hello(&there)
            .await
            .expect_err("the new one ends with the mesh");
    }
}

#[tokio::test]
async fn what_does_not_end_on_the_old_port_is_cut_at_the_drains_deadline() {
    let (folder, [old, new]) = (Folder::new(), [free_port(), free_port()]);
    let path = folder.write("mesh.yaml", &template(old, &[]));
    let web = Mesh::builder().virtual_node("web").app_mesh_file(&path);
    let web = web.poll_every(Duration::from_millis(100));
    let web = web.drain(Duration::from_millis(300)).start().await;
    let web = web.expect("it starts");
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let _serving = serving(&web, app(&asked, &go));
    let (_caller, client) = caller(old, Protocol::Http).await;
    let running = tokio::spawn(client.get("/slow").send());
    asked.notified().await;
    folder.write("mesh.yaml", &template(new, &[]));
    let cut = time::timeout(Duration::from_secs(15), running).await;
    let cut = cut.expect("it is not for ever").expect("no panic");
    cut.expect_err("it was cut");
    assert_eq!(metric(&web, "mesh_inbound_connections_cut_total"), 1);
    let (_other, there) = caller(new, Protocol::Http).await;
    hello(&there).await.expect("the new port is served");
}

#[tokio::test]
async fn a_port_that_cannot_be_bound_refuses_the_configuration() {
    let (folder, old) = (Folder::new(), free_port());
    let taken = TcpListener::bind("0.0.0.0:0").expect("a port is left");
    let new = taken.local_addr().expect("it is bound").port();
    let path = folder.write("mesh.yaml", &template(old, &[]));
    let web = Mesh::builder().virtual_node("web").app_mesh_file(&path);
    let web = web.poll_every(Duration::from_millis(100));
    let web = web.start().await.expect("it starts");
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let _serving = serving(&web, app(&asked, &go));
    let (_caller, client) = caller(old, Protocol::Http).await;

    folder.write("mesh.yaml", &template(new, &["orders"]));
    soon("the refusal", || web.configuration().last_error.is_some()).await;
    assert!(
        last_error(&web).contains(&new.to_string()),
        "{}",
        last_error(&web)
    );
    assert!(called(&web).is_empty(), "nothing of it is in force");
    assert!(web.addrs().keys().eq([&old]));
    hello(&client).await.expect("the old port is served");

    drop(taken);
    folder.write("mesh.yaml", &template(new, &["orders", "stock"]));
    soon("the change of ports", || web.addrs().keys().eq([&new])).await;
    assert_eq!(called(&web), ["orders", "stock"]);
}

#[tokio::test]
async fn a_port_whose_protocol_changes_stays_and_takes_new_connections_as_they_come() {
    let (folder, port) = (Folder::new(), free_port());
    let text = template(port, &[]);
    let path = folder.write("mesh.yaml", &text);
    let web = Mesh::builder().virtual_node("web").app_mesh_file(&path);
    let web = web.poll_every(Duration::from_millis(100));
    let web = web.start().await.expect("it starts");
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let _serving = serving(&web, app(&asked, &go));
    let (_caller, client) = caller(port, Protocol::Http).await;
    let running = tokio::spawn(client.get("/slow").send());
    asked.notified().await;

    folder.write(
        "mesh.yaml",
        &text.replace("Protocol: http}", "Protocol: http2}"),
    );
    soon("the change", || web.configuration().generation == 1).await;
    let (_other, there) = caller(port, Protocol::Http2).await;
    assert_eq!(hello(&there).await.expect("an answer"), "HTTP/2.0");
    go.notify_one();
    let answer = running.await.expect("no panic").expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "done");

    folder.write(
        "mesh.yaml",
        &text.replace("Protocol: http}", "Protocol: tcp}"),
    );
    soon("the refusal", || web.configuration().last_error.is_some()).await;
    assert!(last_error(&web).contains("tcp"), "{}", last_error(&web));
    hello(&there).await.expect("the last good one is in force");
}

#[tokio::test]
async fn a_port_that_comes_before_anybody_serves_is_served_with_the_others() {
    let (folder, [old, new]) = (Folder::new(), [free_port(), free_port()]);
    let path = folder.write("mesh.yaml", &template(old, &[]));
    let web = Mesh::builder().virtual_node("web").app_mesh_file(&path);
    let web = web.poll_every(Duration::from_millis(100));
    let web = web.start().await.expect("it starts");
    folder.write("mesh.yaml", &template(new, &[]));
    soon("the change of ports", || web.addrs().keys().eq([&new])).await;
    assert!(web.listener(old).is_err(), "it is gone");
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let _serving = serving(&web, app(&asked, &go));
    let (_caller, client) = caller(new, Protocol::Http).await;
    hello(&client).await.expect("it is served");
}

#[tokio::test]
async fn a_change_that_nobody_waits_for_any_more_is_whole_or_none() {
    let of = |port| Config::parse("mesh.yaml", &template(port, &[])).expect("it is right");
    let web = Mesh::builder().config(of(free_port())).virtual_node("web");
    let web = web.start().await.expect("it starts");
    let mut whole_though_given_up = 0;
    for turns in 0..6 {
        let given_up = async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        };
        let port = free_port();
        let config = of(port);
        let waited = tokio::select! {
            biased;
            applied = web.apply(&config) => applied.is_ok(),
            () = given_up => false,
        };
        time::sleep(Duration::from_millis(50)).await;
        let snapshot = web.snapshot();
        let ports = snapshot.listeners().iter().map(|plan| plan.port.get());
        let ports: Vec<_> = ports.collect();
        assert!(web.addrs().keys().eq(&ports), "{turns}: {ports:?}");
        whole_though_given_up += usize::from(!waited && ports == [port]);
    }
    assert!(whole_though_given_up > 0, "nothing was given up half-way");
}
