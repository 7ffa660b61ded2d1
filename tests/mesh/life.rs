//! The life of a mesh from outside: ready or not, asked to end, frozen.

mod child;
mod client_only;
mod signals;

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::get};
use futures::stream;
use mesh_core::config::Mesh as Model;
use mesh_tower::{ErrorKind, Mesh, MeshBuilder, Phase, Target, test_util::MemoryNetwork};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::{self, Instant},
};

use crate::support::two_nodes;

const SECOND: Duration = Duration::from_secs(1);

fn node(name: &str, model: &Model, network: &MemoryNetwork) -> MeshBuilder {
    Mesh::builder()
        .config(model.clone())
        .virtual_node(name)
        .network(network)
}

/// `orders` on this network, and what asks it to end.
async fn orders(
    network: &MemoryNetwork,
    with: impl FnOnce(MeshBuilder) -> MeshBuilder,
) -> (Mesh, oneshot::Sender<()>, JoinHandle<()>) {
    let builder = node("orders", &two_nodes(), network).bind(8080, "10.0.0.1:8080");
    let mesh = with(builder).start().await.expect("the mesh starts");
    let (ask, asked) = oneshot::channel();
    let (server, app) = (
        mesh.clone(),
        Router::new().route("/", get(async || "hello")),
    );
    let serving = tokio::spawn(async move {
        let asked = async { asked.await.expect("the test asks") };
        server.serve_until(app, asked).await.expect("it is served");
    });
    mesh.ready().await;
    (mesh, ask, serving)
}

/// `web`, which calls `orders`.
async fn web(network: &MemoryNetwork) -> Mesh {
    let builder = node("web", &two_nodes(), network).without_listeners();
    let web = builder.endpoint("orders", "10.0.0.1:8080").start().await;
    web.expect("the mesh starts")
}

async fn status(web: &Mesh) -> Result<u16, ErrorKind> {
    let client = web.client_for("orders.local").expect("a backend");
    let answer = client.get("/").send().await;
    answer
        .map(|answer| answer.status().as_u16())
        .map_err(|error| error.kind())
}

#[tokio::test(start_paused = true)]
async fn a_mesh_that_leaves_is_not_ready_and_serves_whoever_has_not_heard() {
    let network = MemoryNetwork::new();
    let (orders, ask, serving) = orders(&network, |orders| orders.propagation(3 * SECOND)).await;
    let early = web(&network).await;
    assert_eq!(orders.phase(), Phase::Serving);
    assert!(orders.readiness().is_ready());
    assert_eq!(orders.readiness().to_string(), "ready");

    ask.send(()).expect("it serves");
    orders.reached(Phase::Leaving).await;
    let begun = Instant::now();
    assert_eq!(orders.readiness().status(), 503);
    assert_eq!(orders.readiness().to_string(), "not ready: leaving");
    assert_eq!(status(&early).await, Ok(200));
    assert_eq!(
        status(&web(&network).await).await,
        Ok(200),
        "a new connection"
    );
    orders.reached(Phase::Draining).await;
    assert_eq!(begun.elapsed(), 3 * SECOND);
    serving.await.expect("no panic");
    assert_eq!(orders.phase(), Phase::Stopped);
    assert_eq!(status(&early).await, Err(ErrorKind::Unavailable));
    assert!(
        orders.metrics().contains("mesh_phase 4"),
        "{}",
        orders.metrics()
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_left_is_left_once_and_before_the_time_to_be_heard() {
    let network = MemoryNetwork::new();
    let (orders, ask, serving) = orders(&network, |orders| orders).await;
    let left = Arc::new(AtomicUsize::new(0));
    let (counted, leaving) = (left.clone(), orders.clone());
    orders.before_drain(async move {
        assert_eq!(leaving.phase(), Phase::Leaving);
        time::sleep(SECOND).await;
        counted.fetch_add(1, Ordering::SeqCst);
    });
    orders.before_drain(pending());
    let begun = Instant::now();
    ask.send(()).expect("it serves");
    time::sleep(2 * SECOND).await;
    assert_eq!(left.load(Ordering::SeqCst), 1);
    orders.reached(Phase::Draining).await;
    assert_eq!(
        begun.elapsed(),
        10 * SECOND,
        "5 s for what never ends, 5 s to be heard"
    );
    orders.stop(SECOND).await;
    serving.await.expect("no panic");
    assert_eq!(left.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn what_has_begun_to_be_left_is_left_whoever_asks_once_more() {
    for asks_again in ["signal", "stop"] {
        let network = MemoryNetwork::new();
        let (orders, ask, serving) = orders(&network, |orders| orders).await;
        let left = Arc::new(AtomicUsize::new(0));
        let counted = left.clone();
        orders.before_drain(async move {
            time::sleep(2 * SECOND).await;
            counted.fetch_add(1, Ordering::SeqCst);
        });
        ask.send(()).expect("it serves");
        time::sleep(SECOND).await;
        let begun = Instant::now();
        match asks_again {
            "stop" => orders.stop(SECOND).await,
            _ => {
                // Whoever drops the future of serving cuts everything short that it does.
                serving.abort();
                orders.stop(SECOND).await;
            }
        }
        assert_eq!(left.load(Ordering::SeqCst), 1, "{asks_again}");
        assert!(begun.elapsed() < 2 * SECOND, "{asks_again}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_to_be_heard() {
    let network = MemoryNetwork::new();
    let (orders, ask, serving) = orders(&network, |orders| orders.propagation(60 * SECOND)).await;
    ask.send(()).expect("it serves");
    orders.reached(Phase::Leaving).await;
    let begun = Instant::now();
    orders.stop(SECOND).await;
    serving.await.expect("no panic");
    assert!(begun.elapsed() <= SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_mesh_that_does_not_become_ready_in_time_says_what_is_missing() {
    let network = MemoryNetwork::new();
    let orders = node("orders", &two_nodes(), &network)
        .bind(8080, "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let begun = Instant::now();
    let missing = orders.ready_within(2 * SECOND).await.expect_err("unserved");
    assert_eq!(begun.elapsed(), 2 * SECOND);
    assert_eq!(missing.kind(), ErrorKind::Timeout);
    assert!(
        missing.to_string().contains("no application is served"),
        "{missing}"
    );
    let client_only = node("web", &two_nodes(), &network).without_listeners();
    let client_only = client_only
        .endpoint("orders", "10.0.0.1:8080")
        .start()
        .await;
    let client_only = client_only.expect("the mesh starts");
    client_only
        .ready_within(SECOND)
        .await
        .expect("nothing is missing");
    assert_eq!(client_only.phase(), Phase::Started);
    assert!(client_only.readiness().is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_mesh_that_waits_for_a_node_names_it_once() {
    let waiting = Mesh::builder()
        .service("orders:80", Target::dns("orders"))
        .service("stock:80", Target::dns("stock"))
        .service("orders:81", Target::dns("orders"))
        .discover("orders", stream::pending())
        .discover("stock", stream::pending())
        .warm(Duration::ZERO);
    let waiting = waiting.start().await.expect("the mesh starts");
    let readiness = waiting.readiness();
    let nodes: Vec<_> = readiness.undiscovered.iter().map(AsRef::as_ref).collect();
    assert_eq!(nodes, ["orders", "stock"]);
}

/// Reads one answer whose body is `hello`, and gives its head.
async fn answer(io: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"hello") {
        let byte = io.read_u8().await.expect("an answer");
        read.push(byte);
    }
    String::from_utf8(read).expect("text").to_lowercase()
}

#[tokio::test]
async fn an_idle_connection_gets_one_more_answer_that_says_it_is_the_last() {
    let orders = Mesh::builder()
        .config(two_nodes())
        .virtual_node("orders")
        .bind(8080, "127.0.0.1:0");
    let orders = orders.start().await.expect("the mesh starts");
    let hello = Router::new().route("/", get(async || "hello"));
    let _serving = crate::support::serving(&orders, hello);
    orders.ready().await;
    let mut idle = TcpStream::connect(orders.addrs()[&8080])
        .await
        .expect("connected");
    let request = b"GET / HTTP/1.1\r\nhost: orders\r\n\r\n";
    idle.write_all(request).await.expect("sent");
    assert!(!answer(&mut idle).await.contains("connection: close"));

    let stopping = orders.clone();
    let stopped = tokio::spawn(async move { stopping.stop(20 * SECOND).await });
    orders.reached(Phase::Draining).await;
    // What a caller sends now was on its way, or might have been.
    time::sleep(Duration::from_millis(100)).await;
    idle.write_all(request).await.expect("sent");
    let last = answer(&mut idle).await;
    assert!(last.contains("connection: close"), "{last}");
    assert_eq!(idle.read(&mut [0]).await.expect("closed in order"), 0);
    stopped.await.expect("no panic");
}
