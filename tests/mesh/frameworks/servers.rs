//! Servers that people run themselves, with the inbound layer around what they serve; and several kinds on one port.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo, routing::get};
use http::{Request, Response};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use mesh_core::unit::Protocol;
use mesh_tower::{CallContext, ConnInfo, Mesh, Phase};
use tokio::{net::TcpListener, task::JoinHandle, time};
use tonic::{
    service::Routes,
    transport::{Server, server::TcpConnectInfo},
};
use tonic_health::{
    ServingStatus,
    pb::{HealthCheckRequest, health_client::HealthClient},
    server::health_reporter,
};
use tower::{Layer, service_fn};

use super::Pair;
use crate::support::{calling, two_nodes};

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

/// The trace that the handler is part of: what the inbound layer put there.
async fn trace(context: CallContext) -> String {
    context.call().trace().id().to_string()
}

/// The mesh of a node whose server is somebody else's, and that server's socket.
async fn own() -> (Mesh, TcpListener, SocketAddr) {
    let mesh = Mesh::builder().config(two_nodes()).virtual_node("orders");
    let mesh = mesh.without_listeners().start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let addr = listener.local_addr().expect("bound");
    (mesh.expect("the mesh starts"), listener, addr)
}

/// Asks it through a mesh, as part of a trace; ends the server.
async fn is_traced<T>(addr: SocketAddr, server: JoinHandle<T>) {
    let web = calling(&["orders.local"], Protocol::Http, addr).await;
    let client = web.client_for("orders.local").expect("a backend");
    let asked = client
        .get("/")
        .header("x-amzn-trace-id", &format!("Root={ROOT}"));
    let answer = asked.send().await.expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), ROOT);
    server.abort();
}

#[tokio::test]
async fn axum_serves_a_router_within_the_inbound_layer() {
    let router = || Router::new().route("/", get(trace));
    let (mesh, listener, addr) = own().await;
    let within = router().layer(mesh.inbound());
    let serving = async { axum::serve(listener, within).await };
    is_traced(addr, tokio::spawn(serving)).await;

    let (mesh, listener, addr) = own().await;
    let around = mesh.inbound().layer(router());
    let around = Router::new().fallback_service(around);
    let serving = async { axum::serve(listener, around).await };
    is_traced(addr, tokio::spawn(serving)).await;
}

#[tokio::test]
async fn plain_hyper_serves_a_service_within_the_inbound_layer() {
    let (mesh, listener, addr) = own().await;
    let app = service_fn(async |request: Request<mesh_tower::Body>| {
        let context = request.extensions().get::<CallContext>().cloned();
        let told = trace(context.expect("the layer puts it there")).await;
        Ok::<_, Infallible>(Response::new(http_body_util::Full::new(
            bytes::Bytes::from(told),
        )))
    });
    let service = TowerToHyperService::new(mesh.inbound().layer(app));
    let serving = async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let builder = auto::Builder::new(TokioExecutor::new());
        let served = builder.serve_connection(TokioIo::new(stream), service);
        served.await.map_err(|error| error.to_string())
    };
    is_traced(addr, tokio::spawn(serving)).await;
}

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

#[tokio::test]
async fn tonics_own_server_serves_within_the_inbound_layer() {
    let (mesh, listener, addr) = own().await;
    let (reporter, health) = health_reporter();
    reporter
        .set_service_status("a", ServingStatus::Serving)
        .await;
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let server = Server::builder().layer(mesh.inbound());
    let serving = async move {
        let mut server = server;
        server
            .add_service(health)
            .serve_with_incoming(incoming)
            .await
    };
    let server = tokio::spawn(serving);
    let web = calling(&["orders.local"], Protocol::Grpc, addr).await;
    let client = web.client_for("orders.local").expect("a backend");
    let mut stub = HealthClient::new(client);
    let told = stub.check(about("a")).await.expect("an answer");
    assert_eq!(told.into_inner().status, ServingStatus::Serving as i32);
    let watch = stub.watch(about("a")).await.expect("a stream");
    assert_eq!(mesh.in_flight().1, 1, "the layer counts the open stream");
    drop(watch);
    server.abort();
}

/// `orders` with its listener on a socket, for whoever asks for it.
async fn listening() -> Mesh {
    let mesh = Mesh::builder().config(two_nodes()).virtual_node("orders");
    let mesh = mesh.bind(8080, "127.0.0.1:0").start().await;
    mesh.expect("the mesh starts")
}

async fn draining(mesh: Mesh) {
    mesh.reached(Phase::Draining).await;
}

/// The listener's port and the peer, as the call knows them.
async fn connection(context: CallContext) -> String {
    let conn = context.call().conn_info().expect("it is known");
    format!("{} {}", conn.port(), conn.peer_addr())
}

/// A call is told its connection; and what runs when the mesh stops is answered before the server ends.
async fn knows_its_connection_and_ends_in_order<T>(mesh: Mesh, serving: JoinHandle<T>) {
    mesh.ready().await;
    assert!(mesh.readiness().is_ready());
    let addr = mesh.addrs()[&8080];
    let web = calling(&["orders.local"], Protocol::Http2, addr).await;
    let client = web.client_for("orders.local").expect("a backend");
    let told = client.get("/connection").send().await.expect("an answer");
    let told = told.text().await.expect("a body");
    let peer = told.strip_prefix("8080 ").expect("the mesh's port");
    let framework = client.get("/framework").send().await.expect("an answer");
    assert_eq!(framework.text().await.expect("a body"), peer);

    let slow = tokio::spawn(client.get("/slow").send());
    while mesh.in_flight().1 == 0 {
        time::sleep(Duration::from_millis(5)).await;
    }
    time::timeout(Duration::from_secs(10), mesh.stop(Duration::from_secs(20)))
        .await
        .expect("no longer than what runs");
    let slow = slow.await.expect("no panic").expect("an answer");
    assert_eq!(slow.text().await.expect("a body"), "done");
    time::timeout(Duration::from_secs(10), serving)
        .await
        .expect("the server ends with the mesh")
        .expect("no panic");
    assert!(
        TcpListener::bind(addr).await.is_ok(),
        "the socket is closed"
    );
}

fn telling() -> Router {
    let slow = async || {
        time::sleep(Duration::from_millis(300)).await;
        "done"
    };
    Router::new()
        .route("/connection", get(connection))
        .route("/slow", get(slow))
}

#[tokio::test]
async fn axum_serves_on_the_nodes_listener_and_calls_know_their_connection() {
    let mesh = listening().await;
    let peer = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string();
    let app = telling().route("/framework", get(peer));
    let app = app.layer(mesh.inbound());
    let app = app.into_make_service_with_connect_info::<ConnInfo>();
    let listener = mesh.listener(8080).expect("it is free");
    assert!(mesh.listener(8080).is_err(), "it is taken");
    assert!(mesh.listener(9090).is_err(), "there is none");
    let serving = axum::serve(listener, app).with_graceful_shutdown(draining(mesh.clone()));
    let serving = tokio::spawn(async { serving.await });
    knows_its_connection_and_ends_in_order(mesh, serving).await;
}

#[tokio::test]
async fn what_somebody_elses_server_does_not_end_is_cut_at_the_deadline() {
    let mesh = listening().await;
    let app = Router::new().route("/", get(async || "hello"));
    let app = app.layer(mesh.inbound());
    let listener = mesh.listener(8080).expect("it is free");
    // Nobody tells it that the mesh drains.
    let serving = tokio::spawn(async { axum::serve(listener, app).await });
    let addr = mesh.addrs()[&8080];
    let web = calling(&["orders.local"], Protocol::Http, addr).await;
    let client = web.client_for("orders.local").expect("a backend");
    let answer = client.get("/").send().await.expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "hello");
    assert!(mesh.metrics().contains("mesh_inbound_connections 1"));
    let stopping = mesh.stop(Duration::from_millis(300));
    time::timeout(Duration::from_secs(10), stopping)
        .await
        .expect("no longer than it may");
    let metrics = mesh.metrics();
    assert!(metrics.contains("mesh_inbound_connections_cut_total 1"));
    assert!(metrics.contains("mesh_inbound_connections 0"), "{metrics}");
    serving.abort();
}

#[tokio::test]
async fn tonic_serves_on_the_nodes_listener_and_calls_know_their_connection() {
    let mesh = listening().await;
    let peer = async |Extension(info): Extension<TcpConnectInfo>| {
        info.remote_addr()
            .map(|peer| peer.to_string())
            .unwrap_or_default()
    };
    let app = telling().route("/framework", get(peer));
    let mut server = Server::builder().layer(mesh.inbound());
    let server = server.add_routes(Routes::from(app));
    let incoming = mesh.listener(8080).expect("it is free");
    let serving = server.serve_with_incoming_shutdown(incoming, draining(mesh.clone()));
    knows_its_connection_and_ends_in_order(mesh, tokio::spawn(serving)).await;
}

#[tokio::test]
async fn a_router_and_a_grpc_service_are_served_on_one_port() {
    let (reporter, health) = health_reporter();
    reporter
        .set_service_status("a", ServingStatus::Serving)
        .await;
    let grpc = Routes::new(health).into_axum_router();
    let app = Router::new().route("/", get(trace)).merge(grpc);
    let pair = Pair::start(app, Protocol::Grpc).await;
    let mut stub = HealthClient::new(pair.client.clone());
    let told = stub.check(about("a")).await.expect("an answer");
    assert_eq!(told.into_inner().status, ServingStatus::Serving as i32);
    let unknown = stub.check(about("b")).await.expect_err("nobody");
    assert_eq!(unknown.code(), tonic::Code::NotFound);

    let addr = pair.orders.addrs()[&8080];
    is_traced(addr, tokio::spawn(async {})).await;
    let page = pair.client.get("/").send().await.expect("an answer");
    assert_eq!(page.status(), http::StatusCode::OK, "and over HTTP/2, too");
}
