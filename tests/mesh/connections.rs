//! Connections belong to endpoints, not to the names that are called.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use http::{Request, Version, header::HOST};
use hyper::body::Incoming;
use mesh_core::unit::Protocol;
use mesh_tower::{Body, Mesh};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Handle,
    time,
};

use crate::support::{Peer, calling, text};

const NAMES: [&str; 3] = ["orders.local", "alias.local", "third.local"];

#[tokio::test]
async fn three_names_share_one_connection_and_each_keeps_its_authority() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let peer = Peer::start(|request| async move { text(authority(&request)) }).await;
        let mesh = calling(&NAMES, protocol, peer.addr).await;
        for name in NAMES {
            let client = mesh.client_for(&format!("{name}:8080")).expect("a backend");
            let seen = client
                .get("/")
                .send()
                .await
                .expect("an answer")
                .text()
                .await
                .expect("a body");
            assert_eq!(seen, format!("{name}:8080"), "{protocol}");
        }
        assert_eq!(peer.connections(), 1, "{protocol}");
    }
}

#[tokio::test]
async fn the_version_is_the_endpoints_whatever_the_caller_wrote() {
    for (protocol, want) in [(Protocol::Http, "HTTP/1.1"), (Protocol::Http2, "HTTP/2.0")] {
        let peer =
            Peer::start(|request| async move { text(format!("{:?}", request.version())) }).await;
        let mesh = calling(&NAMES[..1], protocol, peer.addr).await;
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = "http://orders.local:8080/".parse().expect("a URI");
            *request.version_mut() = version;
            let seen = send(&mesh, request).await;
            assert_eq!(seen, want, "called as {version:?}");
        }
    }
}

#[tokio::test]
async fn a_host_header_names_the_virtual_service_and_a_path_alone_is_enough_beside_it() {
    let peer = Peer::start(|request| async move { text(authority(&request)) }).await;
    let mesh = calling(&NAMES[..1], Protocol::Http, peer.addr).await;
    let request = Request::get("/x")
        .header(HOST, "orders.local")
        .body(Body::empty())
        .expect("a request");
    assert_eq!(send(&mesh, request).await, "orders.local");
}

#[tokio::test]
async fn a_second_http2_connection_opens_at_the_peers_stream_limit() {
    let peer = Peer::with_max_streams(2, |_| async {
        time::sleep(Duration::from_millis(100)).await;
        text("slow")
    })
    .await;
    let mesh = calling(&NAMES[..1], Protocol::Http2, peer.addr).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    let answers = join_all((0..6).map(|_| client.get("/").send())).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(peer.connections(), 3, "six streams, two on each connection");
}

/// A peer that hangs up after each answer without a word of it, and counts how often it did.
async fn hanging_up() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback can be bound");
    let addr = listener
        .local_addr()
        .expect("a bound socket has an address");
    let hung_up = Arc::new(AtomicUsize::new(0));
    let counted = hung_up.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"once") {
                stream.read_buf(&mut request).await.expect("a request");
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                .await
                .expect("answered");
            drop(stream);
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (addr, hung_up)
}

#[tokio::test]
async fn a_connection_that_its_peer_closed_while_it_was_idle_costs_no_request() {
    let (addr, hung_up) = hanging_up().await;
    let mesh = calling(&NAMES[..1], Protocol::Http, addr).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    for round in 1..=50 {
        let answer = client
            .post("/")
            .body("once")
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), "ok", "round {round}");
        while hung_up.load(Ordering::SeqCst) < round {
            time::sleep(Duration::from_millis(1)).await;
        }
        // The end of the connection is on its way to this side.
        time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(
        hung_up.load(Ordering::SeqCst),
        50,
        "one connection for each request, and none sent twice"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_an_upload_that_nobody_reads_does_not_hold_up_the_next_request() {
    let peer = Peer::start(|_unread| async { text("early") }).await;
    let mesh = calling(&NAMES[..1], Protocol::Http, peer.addr).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    for round in 0..10 {
        let upload = client.post("/").body(vec![0; 8 * 1024 * 1024]).send();
        let answered = time::timeout(Duration::from_secs(5), upload)
            .await
            .expect("an end");
        // The peer hangs up on the rest of the upload, which may overtake its answer.
        if let Ok(answer) = answered {
            let _ = answer.text().await;
        }
        let next = time::timeout(Duration::from_secs(5), client.get("/").send()).await;
        let next = next.expect("not held up").expect("an answer");
        assert_eq!(next.status(), 200, "round {round}");
    }
}

#[tokio::test]
async fn every_task_ends_with_the_last_handle() {
    let peer = Peer::start(|_| async { text("hello") }).await;
    let alive = || Handle::current().metrics().num_alive_tasks();
    let before = alive();
    let mesh = calling(&NAMES[..1], Protocol::Http2, peer.addr).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    drop(mesh);
    assert_eq!(
        client
            .get("/")
            .send()
            .await
            .expect("a client keeps the mesh running")
            .status(),
        200
    );
    assert!(alive() > before);
    drop(client);
    for _ in 0..100 {
        time::sleep(Duration::from_millis(10)).await;
        if alive() == before {
            return;
        }
    }
    panic!("{} tasks are still alive", alive() - before);
}

async fn send(mesh: &Mesh, request: Request<Body>) -> String {
    use http_body_util::BodyExt;
    let answer = mesh.client().send(request).await.expect("an answer");
    let body = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    String::from_utf8_lossy(&body).into_owned()
}

fn authority(request: &Request<Incoming>) -> String {
    match request.uri().authority() {
        Some(authority) => authority.to_string(),
        None => request.headers()[HOST]
            .to_str()
            .expect("an ASCII host")
            .to_owned(),
    }
}
