//! Peers that do not speak as they should, over real sockets: every call to one ends, with a reason, and in bounded memory.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use http::StatusCode;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mesh_core::{compile::Target, retry::Policy, unit::Protocol};
use mesh_tower::{Client, Error, ErrorKind, Mesh};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time,
};

use crate::support::{Peer, calling, status, text};

/// A peer that waits for the first bytes of each connection and then does this with it.
async fn peer<F>(script: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback can be bound");
    let addr = listener
        .local_addr()
        .expect("a bound socket has an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut first = [0; 4096];
            if stream.read(&mut first).await.is_ok() {
                tokio::spawn(script(stream));
            }
        }
    });
    addr
}

/// A client without retries of a service behind this address.
async fn client(protocol: Protocol, addr: SocketAddr) -> Client {
    let target = Target::dns("orders")
        .protocol(protocol)
        .retry(Policy::none());
    let mesh = Mesh::builder()
        .service("orders:80", target)
        .endpoint("orders", addr);
    let mesh = mesh.start().await.expect("the mesh starts");
    mesh.client_for("orders:80").expect("a service")
}

/// How a call ends, which it has to by itself.
async fn ends(client: &Client) -> Result<StatusCode, Error> {
    let call = async {
        let answer = client.get("/").send().await?;
        let status = answer.status();
        answer.text().await.map(|_| status)
    };
    time::timeout(Duration::from_secs(20), call)
        .await
        .expect("an end")
}

/// Writes the same bytes until the other side has had enough; how many it took.
async fn pour(mut stream: TcpStream, bytes: &[u8], taken: Arc<AtomicUsize>) {
    while let Ok(written) = stream.write(bytes).await {
        taken.fetch_add(written, Ordering::SeqCst);
    }
}

async fn hold(stream: TcpStream) {
    time::sleep(Duration::from_secs(60)).await;
    drop(stream);
}

#[tokio::test]
async fn what_is_no_http_is_a_protocol_error_or_a_connection_that_could_not_be_made() {
    const SERVER_HELLO: &[u8] =
        b"\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03 and so on, as TLS would";
    const ALERT: &[u8] = b"\x15\x03\x01\x00\x02\x02\x46";
    const HTTP1: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    for (protocol, answer, kind) in [
        (Protocol::Http, SERVER_HELLO, ErrorKind::Upstream),
        (Protocol::Http, ALERT, ErrorKind::Upstream),
        (
            Protocol::Http,
            b"\0\0\0\0\0\0\0\0\r\n\r\n",
            ErrorKind::Upstream,
        ),
        (Protocol::Http2, SERVER_HELLO, ErrorKind::Unavailable),
        (Protocol::Http2, ALERT, ErrorKind::Unavailable),
        (Protocol::Http2, HTTP1, ErrorKind::Unavailable),
        (Protocol::Grpc, HTTP1, ErrorKind::Unavailable),
    ] {
        let addr = peer(async move |mut stream: TcpStream| {
            stream.write_all(answer).await.expect("written");
            // What the other side still sends is read, or the answer would be lost with the connection.
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        });
        let client = client(protocol, addr.await).await;
        let error = ends(&client).await.expect_err("no answer");
        assert_eq!(error.kind(), kind, "{protocol}, {answer:?}: {error:?}");
    }
}

#[tokio::test]
async fn heads_without_an_end_are_cut_before_they_fill_the_memory() {
    const LINE: &[u8] = b"x-filler: 0123456789012345678901234567890123456789012345678901\r\n";
    // A header block that goes on and on: literal fields without indexing, 1,024 bytes in each frame.
    let mut block = Vec::new();
    while block.len() < 1_024 - 18 {
        block.extend_from_slice(b"\0\x01x\x0f012345678901234");
    }
    let length = u32::try_from(block.len()).expect("short").to_be_bytes();
    let frame = |kind: u8| {
        let head = [length[1], length[2], length[3], kind, 0, 0, 0, 0, 1];
        [&head[..], &block].concat()
    };
    let (headers, continuation) = (frame(1), frame(9));
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    for (protocol, first, more) in [
        (
            Protocol::Http,
            b"HTTP/1.1 200 OK\r\n".to_vec(),
            LINE.to_vec(),
        ),
        (
            Protocol::Http2,
            [&settings[..], &headers].concat(),
            continuation,
        ),
    ] {
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = taken.clone();
        let addr = peer(move |mut stream: TcpStream| {
            let (first, more, counted) = (first.clone(), more.clone(), counted.clone());
            async move {
                stream.write_all(&first).await.expect("written");
                pour(stream, &more, counted).await;
            }
        });
        let client = client(protocol, addr.await).await;
        let error = ends(&client).await.expect_err("no answer");
        assert!(
            matches!(error.kind(), ErrorKind::Upstream | ErrorKind::Unavailable),
            "{protocol}: {error:?}"
        );
        // What the sockets' buffers hold was written, too.
        let taken = taken.load(Ordering::SeqCst);
        assert!(taken < 16 * 1024 * 1024, "{protocol}: {taken} bytes");
    }
}

#[tokio::test]
async fn a_head_of_sixty_kilobytes_is_taken_and_a_longer_one_is_not() {
    for (length, taken) in [(50 * 1024, true), (70 * 1024, false)] {
        for protocol in [Protocol::Http, Protocol::Http2] {
            let peer = Peer::start(move |_| async move {
                let mut answer = text("hello");
                let value = "x".repeat(length).parse().expect("a value");
                answer.headers_mut().insert("x-filler", value);
                answer
            });
            let peer = peer.await;
            let client = client(protocol, peer.addr).await;
            let answered = ends(&client).await;
            assert_eq!(
                answered.is_ok(),
                taken,
                "{protocol}, {length}: {answered:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_peer_that_says_nothing_ends_a_call_by_its_limits() {
    let silent = peer(hold).await;
    let error = ends(&client(Protocol::Http2, silent).await)
        .await
        .expect_err("no settings");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    let trickling = peer(async |mut stream: TcpStream| {
        for byte in b"HTTP/1.1 200 OK\r\n".iter().cycle() {
            time::sleep(Duration::from_millis(20)).await;
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
    });
    let trickling = trickling.await;
    for addr in [silent, trickling] {
        let client = client(Protocol::Http, addr).await;
        let call = client.get("/").timeout(Duration::from_millis(300)).send();
        let ended = time::timeout(Duration::from_secs(20), call)
            .await
            .expect("an end");
        assert_eq!(ended.expect_err("no answer").kind(), ErrorKind::Timeout);
    }
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_call_and_the_next_one_gets_a_connection_of_its_own() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let addr = peer(move |mut stream: TcpStream| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
            stream.write_all(&settings).await.expect("written");
            // CANCEL, for stream after stream, whether they were ever opened or not.
            for stream_id in (1_u32..).step_by(2) {
                let reset = [
                    &[0, 0, 4, 3, 0][..],
                    &stream_id.to_be_bytes(),
                    &[0, 0, 0, 8],
                ]
                .concat();
                if stream.write_all(&reset).await.is_err() {
                    return;
                }
            }
        }
    });
    let client = client(Protocol::Http2, addr.await).await;
    for _ in 0..5 {
        let error = ends(&client).await.expect_err("no answer");
        assert!(
            matches!(error.kind(), ErrorKind::Upstream | ErrorKind::Unavailable),
            "{error:?}"
        );
    }
    assert!(connections.load(Ordering::SeqCst) >= 2);
}

/// An HTTP/2 server that says goodbye to each connection after some milliseconds, as servers do that are replaced all the
/// time; and how often each call was executed, by its path.
async fn stormy() -> (SocketAddr, Arc<Mutex<HashMap<String, usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback can be bound");
    let addr = listener
        .local_addr()
        .expect("a bound socket has an address");
    let executed = Arc::new(Mutex::new(HashMap::new()));
    let calls = executed.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let calls = calls.clone();
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let path = request.uri().path().to_owned();
                *calls.lock().expect("no panic").entry(path).or_default() += 1;
                async { Ok::<_, std::convert::Infallible>(status(StatusCode::OK)) }
            });
            tokio::spawn(async move {
                let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                let mut serving =
                    std::pin::pin!(server.serve_connection(TokioIo::new(stream), service));
                if time::timeout(Duration::from_millis(5), &mut serving)
                    .await
                    .is_err()
                {
                    serving.as_mut().graceful_shutdown();
                    // Whether the peer is still there does not matter.
                    let _ = serving.await;
                }
            });
        }
    });
    (addr, executed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_goodbyes_loses_no_post_and_executes_none_twice() {
    let (addr, executed) = stormy().await;
    let mesh = calling(&["orders.local"], Protocol::Http2, addr).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    let callers = (0..16).map(|caller| {
        let client = client.clone();
        tokio::spawn(async move {
            let mut failed = Vec::new();
            for call in 0..200 {
                let sent = client
                    .post(&format!("/{caller}/{call}"))
                    .body("pay")
                    .send()
                    .await;
                failed.extend(sent.err().map(|error| (format!("/{caller}/{call}"), error)));
            }
            failed
        })
    });
    let failed: Vec<_> = join_all(callers)
        .await
        .into_iter()
        .flat_map(|failed| failed.expect("no panic"))
        .collect();
    assert!(
        failed.is_empty(),
        "{} of 3,200: {:?}",
        failed.len(),
        failed.first()
    );
    let executed = executed.lock().expect("no panic");
    let twice: Vec<_> = executed.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert_eq!(executed.len(), 3_200);
}
