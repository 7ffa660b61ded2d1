//! Calls that end before their requests do: answered early, or given up by the caller.

use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use mesh_core::unit::Protocol;
use mesh_tower::Body;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::Semaphore,
    time,
};

use crate::support::{BoxError, Peer, PeerBody, calling};

/// Long enough for a machine under load, and never waited for where all is well.
const SOON: Duration = Duration::from_secs(10);

/// An upload that sends one piece and then nothing, without an end; and what is dropped with it.
fn endless() -> (Body, Arc<()>) {
    let alive = Arc::new(());
    let held = alive.clone();
    let pieces = stream::iter([Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"piece")))])
        .chain(stream::once(async move {
            pending::<()>().await;
            drop(held);
            Err("never".into())
        }));
    (Body::new(StreamBody::new(pieces)), alive)
}

async fn dropped(alive: &Arc<()>, what: &str) {
    let gone = async {
        while Arc::strong_count(alive) > 1 {
            time::sleep(Duration::from_millis(5)).await;
        }
    };
    time::timeout(SOON, gone)
        .await
        .unwrap_or_else(|_| panic!("{what}: the upload is still held"));
}

/// Answers with one piece of a response that does not end, and tells when the upload broke.
async fn two_way(broke: Arc<Semaphore>) -> Peer {
    Peer::start(move |request| {
        let broke = broke.clone();
        tokio::spawn(async move {
            let _ = request.into_body().collect().await;
            broke.add_permits(1);
        });
        async {
            let piece = Ok(Frame::data(Bytes::from_static(b"piece")));
            let pieces = stream::iter([piece]).chain(stream::pending());
            Response::new(PeerBody::new(StreamBody::new(pieces)))
        }
    })
    .await
}

#[tokio::test]
async fn a_dropped_response_ends_the_upload_on_both_sides() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let broke = Arc::new(Semaphore::new(0));
        let peer = two_way(broke.clone()).await;
        let mesh = calling(&["orders.local"], protocol, peer.addr).await;
        let client = mesh.client_for("orders.local").expect("a backend");
        let (upload, alive) = endless();
        let answer = client.send(Request::put("/").body(upload).expect("a request"));
        let mut answer = answer.await.expect("an answer");
        answer
            .body_mut()
            .frame()
            .await
            .expect("a piece")
            .expect("no error");
        drop(answer);
        dropped(&alive, &protocol.to_string()).await;
        let seen = time::timeout(SOON, broke.acquire()).await;
        assert!(
            seen.is_ok(),
            "{protocol}: the peer still waits for the upload"
        );
        let endpoints = mesh.endpoints("orders");
        let left: Vec<_> = endpoints
            .iter()
            .map(|endpoint| (endpoint.addr, endpoint.in_flight))
            .collect();
        assert_eq!(left, [(peer.addr, 0)], "{protocol}");
    }
}

/// A peer of HTTP/1 that answers each connection's first request when its head is there, reads nothing more until it is
/// told to, and says when the connection was closed.
async fn deaf(read_on: Arc<Semaphore>, closed: Arc<Semaphore>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (read_on, closed) = (read_on.clone(), closed.clone());
            tokio::spawn(async move {
                let mut head = [0; 1024];
                let _ = stream.read(&mut head).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                    .await;
                let _ = read_on
                    .acquire()
                    .await
                    .map(tokio::sync::SemaphorePermit::forget);
                let mut rest = vec![0; 64 * 1024];
                while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
                closed.add_permits(1);
            });
        }
    });
    addr
}

#[tokio::test]
async fn an_early_answer_ends_the_upload_and_its_connection() {
    let (read_on, closed) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let addr = deaf(read_on.clone(), closed.clone()).await;
    let mesh = calling(&["orders.local"], Protocol::Http, addr).await;
    let client = mesh.client_for("orders.local").expect("a backend");

    let (upload, alive) = endless();
    let answer = client
        .post("/")
        .body(upload)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "ok");
    dropped(&alive, "streamed").await;
    read_on.add_permits(1);
    time::timeout(SOON, closed.acquire())
        .await
        .expect("closed")
        .expect("open")
        .forget();

    // More than the buffers hold, so it is stuck half-way.
    let answer = client
        .post("/")
        .body(vec![0; 32 * 1024 * 1024])
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "ok");
    let next = time::timeout(SOON, client.get("/").send())
        .await
        .expect("not held up");
    next.expect("an answer");
    read_on.add_permits(1);
    time::timeout(SOON, closed.acquire())
        .await
        .expect("closed")
        .expect("open")
        .forget();
}
