//! Real HTTP over the in-memory network: how connections are spoken on, and how they end.

mod callers;
mod goodbye;
mod tunnels;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing};
use bytes::Bytes;
use futures::{FutureExt as _, future::BoxFuture};
use http::{Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::{body::Incoming, client::conn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mesh_core::{Defaults, unit::Port};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
    time::{self, Instant},
};
use tower::service_fn;

use super::*;
use crate::{
    connect::{Accept, Connection, MemoryNetwork, Transport},
    context::CallContext,
    inbound::{Phase, testing},
};

/// For so many connections.
const ROOM: usize = 4;

const SECOND: Duration = Duration::from_secs(1);

/// An application being served at an address of its own network.
struct Served {
    network: MemoryNetwork,
    at: SocketAddr,
    state: InboundState,
    drain: oneshot::Sender<Duration>,
    task: JoinHandle<Result<(), Error>>,
}

async fn served<S, B>(app: S) -> Served
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (network, at) = (
        MemoryNetwork::new(),
        SocketAddr::from(([10, 0, 0, 1], 18080)),
    );
    let accept = wire(&network).bind(at).await.expect("nobody else listens");
    let state = testing::state(&[8080], Defaults::Safe, testing::UNLIMITED);
    let (drain, draining) = oneshot::channel();
    let bound = Bound {
        port: port(),
        accept,
    };
    let (server, doors) = mpsc::unbounded_channel();
    let door = Door::new(bound, &state, Arc::new(Room::new(ROOM)));
    server.send(door).expect("it is served");
    let draining = async { draining.await.expect("the test says when") };
    let task = tokio::spawn(run(doors, app, draining, state.clone()));
    Served {
        network,
        at,
        state,
        drain,
        task,
    }
}

fn wire(network: &MemoryNetwork) -> &dyn Transport {
    network
}

fn port() -> Port {
    Port::new(8080).expect("a port")
}

impl Served {
    async fn connect(&self) -> Connection {
        wire(&self.network)
            .dial(self.at)
            .await
            .expect("a connection")
    }

    async fn http1(&self) -> conn::http1::SendRequest<Empty<Bytes>> {
        let (send, http) = conn::http1::handshake(TokioIo::new(self.connect().await))
            .await
            .expect("a handshake");
        tokio::spawn(http.with_upgrades());
        send
    }

    async fn http2(&self) -> conn::http2::SendRequest<Empty<Bytes>> {
        let io = TokioIo::new(self.connect().await);
        let (send, http) = conn::http2::handshake(TokioExecutor::new(), io)
            .await
            .expect("a handshake");
        tokio::spawn(http);
        send
    }
}

fn get(path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("http://b.local:8080{path}"))
        .header(header::HOST, "b.local")
        .body(Empty::new())
        .expect("a request")
}

async fn text(response: Response<Incoming>) -> String {
    let body = response.into_body().collect().await.expect("a whole body");
    String::from_utf8(body.to_bytes().to_vec()).expect("text")
}

#[tokio::test]
async fn one_port_speaks_http1_and_http2_and_a_call_knows_its_connection() {
    let app = service_fn(|request: Request<Body>| async move {
        let context = request
            .extensions()
            .get::<CallContext>()
            .expect("a context");
        let info = context.call().conn_info().expect("a connection");
        assert_eq!(info.port(), port());
        assert_eq!(info.local_addr(), SocketAddr::from(([10, 0, 0, 1], 18080)));
        #[cfg(feature = "axum")]
        {
            let told = request
                .extensions()
                .get::<axum::extract::ConnectInfo<SocketAddr>>();
            assert_eq!(told.expect("axum's own").0, info.peer_addr());
        }
        let version = Full::from(format!("{:?}", request.version()));
        Ok::<_, Infallible>(Response::new(version))
    });
    let served = served(app).await;
    let http1 = served
        .http1()
        .await
        .send_request(get("/"))
        .await
        .expect("an answer");
    assert_eq!(text(http1).await, format!("{:?}", Version::HTTP_11));
    let http2 = served
        .http2()
        .await
        .send_request(get("/"))
        .await
        .expect("an answer");
    assert_eq!(text(http2).await, format!("{:?}", Version::HTTP_2));
}

/// Answers when it is told to, and says when it was asked.
fn waiting(asked: &Arc<Notify>, go: &Arc<Notify>) -> Router {
    let (asked, go) = (asked.clone(), go.clone());
    let handler = move || async move {
        asked.notify_one();
        go.notified().await;
        "done"
    };
    Router::new().route("/", routing::get(handler))
}

#[tokio::test(start_paused = true)]
async fn draining_waits_for_a_running_request_and_lets_nobody_in() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let served = served(waiting(&asked, &go)).await;
        let _idle = served.http1().await;
        let (mut http1, mut http2) = (served.http1().await, served.http2().await);
        let running = match version {
            Version::HTTP_2 => http2.send_request(get("/")).boxed(),
            _ => http1.send_request(get("/")).boxed(),
        };
        let running = tokio::spawn(running);
        asked.notified().await;
        served.drain.send(20 * SECOND).expect("it is served");
        served.state.drain().reached(Phase::Draining).await;
        time::sleep(Duration::from_millis(20)).await;
        assert!(
            wire(&served.network).dial(served.at).await.is_err(),
            "nobody listens any more"
        );
        assert!(!served.task.is_finished(), "a request is running");
        go.notify_one();
        let response = running.await.expect("no panic").expect("an answer");
        assert_eq!(text(response).await, "done");
        // The clients would keep their connections: it is the server that says goodbye.
        let drained = time::timeout(10 * SECOND, served.task).await;
        drained
            .expect("in time")
            .expect("no panic")
            .expect("drained");
        assert_eq!(served.state.open().count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_made_just_before_draining_still_gets_its_answer() {
    let served = served(Router::new().route("/", routing::get(async || "hello"))).await;
    let (mut http1, _silent) = (served.http1().await, served.connect().await);
    time::sleep(SECOND).await;
    served.drain.send(20 * SECOND).expect("it is served");
    served.state.drain().reached(Phase::Draining).await;
    time::sleep(SECOND / 10).await;
    let response = http1.send_request(get("/")).await.expect("an answer");
    assert_eq!(text(response).await, "hello");
    let drained = time::timeout(5 * SECOND, served.task).await;
    drained
        .expect("the silent one is not waited for")
        .expect("no panic")
        .expect("drained");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_cut_at_the_deadline() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let served = served(waiting(&asked, &go)).await;
        let (mut http1, mut http2) = (served.http1().await, served.http2().await);
        let running = tokio::spawn(async move {
            match version {
                Version::HTTP_2 => http2.send_request(get("/")).await,
                _ => http1.send_request(get("/")).await,
            }
        });
        asked.notified().await;
        let begun = Instant::now();
        served.drain.send(20 * SECOND).expect("it is served");
        served
            .task
            .await
            .expect("no panic")
            .expect("a cut is no error");
        assert_eq!(begun.elapsed().as_secs(), 20);
        running
            .await
            .expect("no panic")
            .expect_err("the connection was cut");
        time::sleep(SECOND).await;
        assert_eq!(served.state.open().count(), 0, "{version:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_brings_no_request_is_closed() {
    let served = served(Router::new()).await;
    for said in [&b""[..], b"PRI * HT", b"GET / HTTP/1.1\r\nx-slow: "] {
        let (mut io, begun) = (served.connect().await, Instant::now());
        io.write_all(said).await.expect("written");
        let closed = time::timeout(60 * SECOND, io.read_to_end(&mut Vec::new())).await;
        closed.expect("closed in time").expect("closed in order");
        assert!(
            (30..=31).contains(&begun.elapsed().as_secs()),
            "{:?} after {said:?}",
            begun.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_between_two_requests_may_be_silent_for_long() {
    let served = served(Router::new().route("/", routing::get(async || "hello"))).await;
    let mut http1 = served.http1().await;
    for _ in 0..2 {
        let response = http1.send_request(get("/")).await.expect("an answer");
        assert_eq!(text(response).await, "hello");
        time::sleep(600 * SECOND).await;
        http1.ready().await.expect("the connection is kept");
    }
}

#[tokio::test]
async fn dropping_the_serving_ends_everything_below_it() {
    let (asked, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let served = served(waiting(&asked, &go)).await;
    let mut http1 = served.http1().await;
    let running = tokio::spawn(async move { http1.send_request(get("/")).await });
    asked.notified().await;
    served.task.abort();
    running
        .await
        .expect("no panic")
        .expect_err("the connection was cut");
    assert_eq!(served.state.open().count(), 0);
    assert!(wire(&served.network).dial(served.at).await.is_err());
}

/// Fails as often as it is told before it gives a connection.
#[derive(Debug)]
struct Failing {
    left: u32,
    inner: Box<dyn Accept>,
}

impl Accept for Failing {
    fn local_addr(&self) -> SocketAddr {
        self.inner.local_addr()
    }

    fn accept(&mut self) -> BoxFuture<'_, std::io::Result<(Connection, SocketAddr)>> {
        Box::pin(async {
            if self.left > 0 {
                self.left -= 1;
                return Err(std::io::ErrorKind::ConnectionAborted.into());
            }
            self.inner.accept().await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_fails_is_asked_again_and_not_at_once() {
    let (network, at) = (
        MemoryNetwork::new(),
        SocketAddr::from(([10, 0, 0, 1], 18080)),
    );
    let inner = wire(&network).bind(at).await.expect("nobody else listens");
    let bound = Bound {
        port: port(),
        accept: Box::new(Failing { left: 20, inner }),
    };
    let app = service_fn(|_: Request<Body>| async {
        Ok::<_, Infallible>(Response::new(Full::from("hello")))
    });
    let state = testing::state(&[8080], Defaults::Safe, testing::UNLIMITED);
    let (server, doors) = mpsc::unbounded_channel();
    let door = Door::new(bound, &state, Arc::new(Room::new(1)));
    server.send(door).expect("it is served");
    tokio::spawn(run(doors, app, std::future::pending(), state));
    let begun = Instant::now();
    let io = TokioIo::new(wire(&network).dial(at).await.expect("a connection"));
    let (mut http1, http) = conn::http1::handshake(io).await.expect("a handshake");
    tokio::spawn(http);
    let response = http1.send_request(get("/")).await.expect("an answer");
    assert_eq!(text(response).await, "hello");
    assert!(
        begun.elapsed() > 10 * SECOND,
        "twenty failures were paused after: {:?}",
        begun.elapsed()
    );
}
