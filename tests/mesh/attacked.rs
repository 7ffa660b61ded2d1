//! What nobody does who means well, and what happens all the same: each call ends with an answer that is its own or with a
//! reason, and nothing stays behind.

mod within;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{future::join_all, stream};
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use mesh_core::{compile::Target, retry::Policy, unit::Protocol};
use mesh_tower::{Body, Client, ErrorKind, Mesh};
use tokio::{
    io::{self, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time,
};

use crate::{
    bad_callers::{END_HEADERS, HEADERS, RST_STREAM, SETTINGS, frame},
    support::{BoxError, Peer, status, text},
};

const DATA: u8 = 0;
const END_STREAM: u8 = 1;
const PUSH_PROMISE: u8 = 5;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
/// `:status: 200`, by its index.
const OK: &[u8] = &[0x88];

/// A peer that does this with each connection, which it is told the number of.
async fn peer<F>(script: impl Fn(usize, TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let addr = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((io, _)) = listener.accept().await else {
                return;
            };
            tokio::spawn(script(number, io));
        }
    });
    addr
}

/// Reads one head of HTTP/1; `None` at the end.
async fn head(io: &mut TcpStream) -> Option<String> {
    let mut said = Vec::new();
    while !said.ends_with(b"\r\n\r\n") {
        said.push(io.read_u8().await.ok()?);
    }
    String::from_utf8(said).ok()
}

/// Reads what an HTTP/2 caller says up to its first head, and greets it.
async fn greeted(io: &mut TcpStream, settings: &[u8]) -> Option<u32> {
    let mut preface = [0; 24];
    io.read_exact(&mut preface).await.ok()?;
    io.write_all(&frame(SETTINGS, 0, 0, settings)).await.ok()?;
    next_head(io).await
}

/// The stream of the next request.
async fn next_head(io: &mut TcpStream) -> Option<u32> {
    loop {
        let mut head = [0; 9];
        io.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let mut payload = vec![0; length];
        io.read_exact(&mut payload).await.ok()?;
        if head[3] == HEADERS {
            return Some(u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        }
    }
}

/// Reads until the caller hangs up.
async fn drained(mut io: TcpStream) {
    let _ = io::copy(&mut io, &mut io::sink()).await;
}

async fn mesh(protocol: Protocol, addr: SocketAddr, target: impl Fn(Target) -> Target) -> Mesh {
    let plain = Target::dns("orders")
        .protocol(protocol)
        .retry(Policy::none());
    Mesh::builder()
        .service("orders:80", target(plain))
        .endpoint("orders", addr)
        .seed(7)
        .start()
        .await
        .expect("the mesh starts")
}

fn client(mesh: &Mesh) -> Client {
    mesh.client_for("orders:80").expect("a service")
}

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    time::timeout(Duration::from_secs(30), future)
        .await
        .unwrap_or_else(|_| panic!("{what}: no end"))
}

async fn at_rest(mesh: &Mesh) {
    let rest = async {
        while mesh.in_flight() != (0, 0) {
            time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon("rest", rest).await;
}

#[tokio::test]
async fn what_nobody_asked_for_is_nobodys_answer() {
    let rows = [
        (
            "GET",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        ),
        (
            "GET",
            "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        ),
        (
            "GET",
            "HTTP/1.1 304 Not Modified\r\ncontent-length: 4\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        ),
        (
            "HEAD",
            "HTTP/1.1 200 OK\r\ncontent-length: 44\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        ),
    ];
    for (method, answer) in rows {
        for pause in [false, true] {
            let addr = peer(move |number, mut io| async move {
                while head(&mut io).await.is_some() {
                    let said = match number {
                        0 => answer,
                        _ => "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmine",
                    };
                    if io.write_all(said.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
            let mesh = mesh(Protocol::Http, addr.await, |target| target).await;
            let client = client(&mesh);
            let first = client
                .request(method.parse().expect("a method"), "/")
                .send();
            let first = soon("first", first).await.expect("an answer");
            let _ = first.bytes().await;
            if pause {
                time::sleep(Duration::from_millis(20)).await;
            }
            for _ in 0..2 {
                let second = soon("second", client.get("/").send()).await;
                let said = match second {
                    Ok(answer) => answer.text().await.unwrap_or_default(),
                    Err(_) => String::new(),
                };
                assert_ne!(said, "evil", "{method} {answer:?} {pause}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_ended_before_its_stream_was_reset_without_an_error_is_whole() {
    for in_head in [true, false] {
        let addr = peer(move |_, mut io| async move {
            let Some(stream) = greeted(&mut io, &[]).await else {
                return;
            };
            let mut said = match in_head {
                true => frame(HEADERS, END_HEADERS | END_STREAM, stream, OK),
                false => frame(HEADERS, END_HEADERS, stream, OK),
            };
            if !in_head {
                said.extend(frame(DATA, END_STREAM, stream, b"enough"));
            }
            said.extend(frame(RST_STREAM, 0, stream, &[0; 4]));
            io.write_all(&said).await.expect("written");
            drained(io).await;
        });
        let mesh = mesh(Protocol::Http2, addr.await, |target| target).await;
        let upload = StreamBody::new(stream::pending::<Result<Frame<Bytes>, BoxError>>());
        let put = Request::put("/")
            .body(Body::new(upload))
            .expect("a request");
        let answer = soon("head", client(&mesh).send(put)).await.expect("a head");
        let body = soon("body", answer.into_body().collect()).await;
        let body = body.expect("a whole body").to_bytes();
        assert_eq!(&body[..], if in_head { &b""[..] } else { b"enough" });
        at_rest(&mesh).await;
    }
}

#[tokio::test]
async fn a_peer_that_takes_no_stream_at_first_is_asked_when_it_does() {
    let addr = peer(|_, mut io| async move {
        let mut preface = [0; 24];
        io.read_exact(&mut preface).await.expect("read");
        let none = frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 0]);
        io.write_all(&none).await.expect("written");
        time::sleep(Duration::from_millis(50)).await;
        let one = frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 1]);
        io.write_all(&one).await.expect("written");
        while let Some(stream) = next_head(&mut io).await {
            let said = frame(HEADERS, END_HEADERS | END_STREAM, stream, OK);
            io.write_all(&said).await.expect("written");
        }
    });
    let mesh = mesh(Protocol::Http2, addr.await, |target| target).await;
    let client = client(&mesh);
    let calls = (0..5).map(|_| client.get("/").send());
    for answer in soon("calls", join_all(calls)).await {
        assert_eq!(answer.expect("an answer").status(), 200);
    }
}

#[tokio::test]
async fn a_peer_that_withdraws_its_streams_after_each_does_not_collect_connections() {
    let open = Arc::new(AtomicUsize::new(0));
    let counted = open.clone();
    let addr = peer(move |_, mut io| {
        let open = counted.clone();
        async move {
            open.fetch_add(1, SeqCst);
            if let Some(stream) = greeted(&mut io, &[0, 3, 0, 0, 0, 1]).await {
                let mut said = frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 0]);
                said.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, OK));
                let _ = io.write_all(&said).await;
                drained(io).await;
            }
            open.fetch_sub(1, SeqCst);
        }
    });
    let mesh = mesh(Protocol::Http2, addr.await, |target| target).await;
    let client = client(&mesh);
    for _ in 0..50 {
        let answer = soon("call", client.get("/").send()).await;
        assert_eq!(answer.expect("an answer").status(), 200);
    }
    let few = async {
        while open.load(SeqCst) >= 10 {
            time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon("few connections", few).await;
}

#[tokio::test]
async fn hostile_frames_end_the_call_with_a_reason_and_leave_nothing() {
    type Say = fn(u32) -> Vec<u8>;
    let rows: [(&str, Say); 8] = [
        ("a push promise", |id| {
            frame(PUSH_PROMISE, END_HEADERS, id, &[0, 0, 0, 2, 0x82])
        }),
        ("data before a head", |id| frame(DATA, 0, id, b"data")),
        ("hints and no answer", |id| {
            frame(HEADERS, END_HEADERS, id, b"\x08\x03103").repeat(2_000)
        }),
        ("a head of no status", |id| {
            frame(HEADERS, END_HEADERS | END_STREAM, id, &[])
        }),
        ("a status of nonsense", |id| {
            frame(HEADERS, END_HEADERS | END_STREAM, id, b"\x08\x03abc")
        }),
        ("a window of nothing", |id| {
            frame(WINDOW_UPDATE, 0, id, &[0; 4])
        }),
        ("a window too large", |id| {
            frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff])
                .into_iter()
                .chain(frame(WINDOW_UPDATE, 0, id, &[0x7f, 0xff, 0xff, 0xff]))
                .collect()
        }),
        ("a goodbye that rises", |_| {
            let low = frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0]);
            let high = frame(GOAWAY, 0, 0, &[0, 0, 0, 9, 0, 0, 0, 0]);
            [low, high].concat()
        }),
    ];
    for (what, say) in rows {
        let addr = peer(move |_, mut io| async move {
            if let Some(stream) = greeted(&mut io, &[]).await {
                let _ = io.write_all(&say(stream)).await;
                drained(io).await;
            }
        });
        let limit = |target: Target| target.timeout(Duration::from_millis(500));
        let mesh = mesh(Protocol::Http2, addr.await, limit).await;
        let client = client(&mesh);
        let failed = soon(what, client.get("/").send()).await;
        let error = failed.expect_err(what);
        let want = match what {
            "hints and no answer" => ErrorKind::Timeout,
            _ => ErrorKind::Upstream,
        };
        assert_eq!(error.kind(), want, "{what}: {error:?}");
        at_rest(&mesh).await;
    }
}

#[tokio::test]
async fn limits_of_no_time_and_of_all_time_end_calls_and_do_not_break() {
    let peer = Peer::start(|_| async { text("hello") }).await;
    for protocol in [Protocol::Http, Protocol::Http2] {
        let target = |target: Target| target.timeout(Duration::MAX).retry(Policy::idempotent(2));
        let mesh = mesh(protocol, peer.addr, target).await;
        let client = client(&mesh);
        let call = client.get("/").timeout(Duration::MAX).send();
        let answer = soon("for ever", call).await.expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), "hello");
        let call = client.get("/").timeout(Duration::ZERO).send();
        let error = soon("at once", call).await.expect_err("no time");
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
        for (timeout, status) in [
            ("0n", Some("4")),
            ("0S", Some("4")),
            ("99999999H", None),
            ("-1S", None),
            ("", None),
        ] {
            let call = client.post("/").header("content-type", "application/grpc");
            let call = call.header("grpc-timeout", timeout).send();
            let answer = soon(timeout, call).await.expect("an answer");
            let said = answer.headers().get("grpc-status");
            assert_eq!(
                said.and_then(|said| said.to_str().ok()),
                status,
                "{timeout}"
            );
        }
        at_rest(&mesh).await;
    }
}

#[tokio::test]
async fn a_request_of_nonsense_is_refused_or_answered_and_never_a_panic() {
    let peer = Peer::start(|_| async { text("hello") }).await;
    let mesh = mesh(Protocol::Http, peer.addr, |target| target).await;
    let client = client(&mesh);
    for uri in URIS {
        for method in ["GET", "CONNECT", "OPTIONS", "PRI", "BREW"] {
            let call = client.request(method.parse().expect("a method"), uri);
            let _ = soon(uri, call.send()).await;
        }
    }
    for (name, value) in LINES {
        let call = client
            .post("/")
            .header(name, value)
            .body("body")
            .timeout(Duration::from_secs(2));
        let _ = soon(name, call.send()).await;
    }
    at_rest(&mesh).await;
}

#[tokio::test]
async fn a_length_that_a_caller_made_up_mixes_up_no_requests() {
    let peer = Peer::start(|request| async {
        let path = request.uri().path().to_owned();
        let body = request.into_body().collect().await;
        match body {
            Ok(body) => text([path.as_bytes(), b" ", &body.to_bytes()].concat()),
            Err(_) => status(StatusCode::BAD_REQUEST),
        }
    });
    let peer = peer.await;
    for protocol in [Protocol::Http, Protocol::Http2] {
        let mesh = mesh(protocol, peer.addr, |target| {
            target.timeout(Duration::from_secs(2))
        })
        .await;
        let client = client(&mesh);
        for length in ["3", "20"] {
            for streamed in [false, true] {
                let body = match streamed {
                    false => Body::from("hello"),
                    true => Body::new(StreamBody::new(stream::iter([Ok::<_, BoxError>(
                        Frame::data(Bytes::from_static(b"hello")),
                    )]))),
                };
                let post = Request::post("/one")
                    .header("content-length", length)
                    .body(body)
                    .expect("a request");
                let answer = soon("call", client.send(post)).await;
                if !streamed {
                    let refused = answer.as_ref().map_err(mesh_tower::Error::kind);
                    assert_eq!(refused.err(), Some(ErrorKind::Request), "{length}");
                }
                // Of what is streamed the length is not known: the peer may refuse it, or take what the header says.
                if let Ok(answer) = answer {
                    let _ = answer.into_body().collect().await;
                }
                let next = soon("next", client.get("/two").send())
                    .await
                    .expect("the next one");
                assert_eq!(
                    next.text().await.expect("a body"),
                    "/two ",
                    "{protocol} {length} {streamed}"
                );
            }
        }
        at_rest(&mesh).await;
    }
}

const URIS: [&str; 26] = [
    "",
    " ",
    "\0",
    "*",
    "//",
    "///",
    "?",
    "#",
    "/#a",
    "http:",
    "http://",
    "http:///",
    "http://:80/",
    "http://@/",
    "http://a@/",
    "http://orders:/",
    "http://orders:99999/",
    "http://orders:080/",
    "http://[::1]/",
    "http://[/",
    "orders:80",
    "orders",
    "ftp://orders:80/",
    "http://orders:80/%",
    "http://ORDERS:80/",
    "http://orders.:80/",
];

const LINES: [(&str, &str); 19] = [
    ("host", ""),
    ("host", "\u{e9}"),
    ("host", "a b"),
    ("host", "a,b"),
    ("host", "@"),
    ("host", ":"),
    ("", "x"),
    ("a b", "x"),
    ("connection", "host, content-length, x"),
    ("content-length", "-1"),
    ("content-length", "99999999999999999999"),
    ("content-length", "2, 2"),
    ("transfer-encoding", "gzip"),
    ("te", ""),
    ("upgrade", ""),
    ("upgrade", "h2c"),
    ("expect", "100-continue"),
    ("x-envoy-expected-rq-timeout-ms", "99999999999999999999"),
    ("grpc-timeout", "\u{7f}"),
];
