//! Serving that comes to its end: what was asked is answered, and nothing is held that nobody waits for.

use std::{convert::Infallible, future::pending, time::Duration};

use axum::{Router, routing::get};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use mesh_tower::{Body, ErrorKind, Mesh, test_util::MemoryNetwork};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    time,
};
use tower::{Layer, ServiceExt};

use crate::support::{served, serving, two_nodes};

#[tokio::test(start_paused = true)]
async fn a_stopped_mesh_finishes_what_it_was_asked_and_takes_no_more() {
    let (network, model) = (MemoryNetwork::new(), two_nodes());
    let slow = Router::new().route(
        "/",
        get(async || {
            time::sleep(Duration::from_secs(2)).await;
            "done"
        }),
    );
    let orders = served(&network, &model, "orders", "10.0.0.1:8080", slow).await;
    let web = Mesh::builder()
        .config(model)
        .virtual_node("web")
        .network(&network)
        .bind(8080, "10.0.0.2:8080");
    let web = web
        .endpoint("orders", "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let client = web.client_for("orders.local").expect("a backend");

    let running = tokio::spawn(client.get("/").send());
    time::sleep(Duration::from_secs(1)).await;
    let start = time::Instant::now();
    orders.stop(Duration::from_secs(10)).await;
    assert_eq!(
        start.elapsed().as_secs(),
        1,
        "no longer than the request took"
    );
    let answer = running
        .await
        .expect("no panic")
        .expect("the running request is answered");
    assert_eq!(answer.text().await.expect("a body"), "done");
    let refused = client
        .get("/")
        .send()
        .await
        .expect_err("nobody listens any more");
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_releases_its_endpoint() {
    let (network, model) = (MemoryNetwork::new(), two_nodes());
    let (asked, reached) = oneshot::channel::<()>();
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Some(asked)));
    let never = Router::new().route(
        "/",
        get(async move || {
            let asked = asked.lock().expect("no panic").take();
            if let Some(asked) = asked {
                asked.send(()).expect("the test waits");
            }
            pending::<()>().await;
        }),
    );
    let orders = served(&network, &model, "orders", "10.0.0.1:8080", never).await;
    let web = Mesh::builder()
        .config(model)
        .virtual_node("web")
        .network(&network)
        .bind(8080, "10.0.0.2:8080");
    let web = web
        .endpoint("orders", "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let call = tokio::spawn(
        web.client_for("orders.local")
            .expect("a backend")
            .get("/")
            .send(),
    );
    reached.await.expect("the request arrives");
    assert_eq!(in_flight(&web), [("10.0.0.1:8080".to_owned(), 1)]);
    assert_eq!((web.in_flight(), orders.in_flight()), ((1, 0), (0, 1)));
    call.abort();
    assert!(call.await.expect_err("aborted").is_cancelled());
    time::sleep(Duration::from_millis(1)).await;
    assert_eq!(in_flight(&web), [("10.0.0.1:8080".to_owned(), 0)]);
    assert_eq!(
        (web.in_flight(), orders.in_flight()),
        ((0, 0), (0, 0)),
        "both ends have released it"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_was_sent_before_the_stop_is_answered_even_if_nobody_had_taken_its_connection()
 {
    let hello = Router::new().route("/", get(async || "hello"));
    for round in 0..50 {
        let orders = Mesh::builder()
            .config(two_nodes())
            .virtual_node("orders")
            .bind(8080, "127.0.0.1:0");
        let orders = orders.start().await.expect("the mesh starts");
        let _serving = serving(&orders, hello.clone());
        orders.ready().await;
        let mut peer = TcpStream::connect(orders.addrs()[&8080])
            .await
            .expect("connected");
        peer.write_all(b"GET / HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n")
            .await
            .expect("sent");
        orders.stop(Duration::from_secs(5)).await;
        let mut answer = String::new();
        peer.read_to_string(&mut answer)
            .await
            .expect("an answer and an end");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK"),
            "round {round}: {answer:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_of_ones_own_with_the_inbound_services_around_it_is_drained_too() {
    let mesh = Mesh::builder()
        .config(two_nodes())
        .virtual_node("orders")
        .without_listeners();
    let mesh = mesh
        .network(&MemoryNetwork::new())
        .start()
        .await
        .expect("the mesh starts");
    mesh.ready().await;
    let slow = tower::service_fn(async |_request: Request<Body>| {
        time::sleep(Duration::from_secs(2)).await;
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"done"))))
    });
    let app = mesh.inbound().layer(slow);
    let running = tokio::spawn(app.clone().oneshot(Request::new(Body::empty())));
    time::sleep(Duration::from_secs(1)).await;
    let start = time::Instant::now();
    let stopped = mesh.stop(Duration::from_secs(10));
    let (answer, ()) = tokio::join!(
        async {
            let answer = running.await.expect("no panic").expect("infallible");
            answer
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes()
        },
        stopped
    );
    assert_eq!(
        (answer, start.elapsed().as_secs()),
        (Bytes::from_static(b"done"), 1)
    );
    let late = app
        .oneshot(Request::new(Body::empty()))
        .await
        .expect("infallible");
    assert_eq!(late.status(), 503, "a stopped mesh answers nothing");
}

#[tokio::test(start_paused = true)]
async fn a_mesh_that_was_stopped_serves_nothing_and_a_shorter_stop_shortens_a_drain() {
    let (network, model) = (MemoryNetwork::new(), two_nodes());
    let start = |node: &str| {
        Mesh::builder()
            .config(model.clone())
            .virtual_node(node)
            .network(&network)
    };
    let stopped = start("orders")
        .bind(8080, "10.0.0.9:8080")
        .start()
        .await
        .expect("the mesh starts");
    stopped.stop(Duration::from_secs(1)).await;
    stopped
        .serve_until(Router::new(), pending())
        .await
        .expect("it ends at once");

    let never = Router::new().route("/", get(pending::<()>));
    let orders = start("orders")
        .bind(8080, "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let (shutdown, down) = oneshot::channel::<()>();
    let server = orders.clone();
    let serving =
        tokio::spawn(async move { server.serve_until(never, async { drop(down.await) }).await });
    orders.ready().await;
    let web = start("web")
        .bind(8080, "10.0.0.2:8080")
        .endpoint("orders", "10.0.0.1:8080");
    let web = web.start().await.expect("the mesh starts");
    let stuck = tokio::spawn(
        web.client_for("orders.local")
            .expect("a backend")
            .get("/")
            .send(),
    );
    time::sleep(Duration::from_millis(10)).await;
    shutdown.send(()).expect("it serves");
    time::sleep(Duration::from_secs(1)).await;
    let begun = time::Instant::now();
    orders.stop(Duration::from_secs(2)).await;
    serving.await.expect("no panic").expect("drained");
    assert_eq!(
        begun.elapsed().as_secs(),
        2,
        "the drain's own deadline is 20 s"
    );
    stuck.abort();
}

#[tokio::test]
async fn a_mesh_that_is_stopped_unserved_listens_no_longer() {
    let orders = Mesh::builder()
        .config(two_nodes())
        .virtual_node("orders")
        .bind(8080, "127.0.0.1:0");
    let orders = orders.start().await.expect("the mesh starts");
    let addr = orders.addrs()[&8080];
    TcpStream::connect(addr).await.expect("it is bound");
    orders.stop(Duration::from_secs(1)).await;
    TcpStream::connect(addr).await.expect_err("nobody listens");
}

/// The endpoints that this node knows of the other, and what it has in flight there.
fn in_flight(mesh: &Mesh) -> Vec<(String, usize)> {
    let endpoints = mesh.endpoints("orders").into_iter();
    endpoints
        .map(|endpoint| (endpoint.addr.to_string(), endpoint.in_flight))
        .collect()
}
