//! What a listener's connection pool lets into its application, as its callers see it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, routing::any};
use futures::{StreamExt, stream};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::upgrade;
use hyper_util::rt::TokioIo;
use mesh_core::{
    Config,
    compile::Target,
    config::{Listener, Mesh as Model, Timeout, VirtualNode},
    limit::ConnectionPool,
    retry::Policy,
    unit::Protocol,
};
use mesh_tower::{Body, Client, Mesh, ResponseBody, test_util::MemoryNetwork};
use tokio::{
    io::AsyncReadExt,
    sync::Semaphore,
    task::JoinHandle,
    time::{self, Instant},
};
use tower::ServiceExt;

use crate::support::served;

type Answer = Response<ResponseBody>;

/// An application whose requests end one by one, when the test lets them.
#[derive(Clone)]
struct App {
    ends: Arc<Semaphore>,
    arrived: Arc<AtomicUsize>,
}

impl App {
    fn new() -> Self {
        Self {
            ends: Arc::new(Semaphore::new(0)),
            arrived: Arc::default(),
        }
    }

    fn end(&self, requests: usize) {
        self.ends.add_permits(requests);
    }

    fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    fn router(&self) -> Router {
        let whole = async |State(app): State<Self>| {
            app.arrived.fetch_add(1, Ordering::SeqCst);
            app.ends.acquire().await.expect("never closed").forget();
            "done"
        };
        let streamed = async |State(app): State<Self>| {
            app.arrived.fetch_add(1, Ordering::SeqCst);
            let rest = stream::once(async move {
                app.ends.acquire().await.expect("never closed").forget();
                Bytes::from_static(b"rest")
            });
            let first = stream::iter([Bytes::from_static(b"first")]);
            axum::body::Body::from_stream(first.chain(rest).map(Ok::<_, std::io::Error>))
        };
        let tunnel = async |mut request: axum::extract::Request| {
            let upgrading = upgrade::on(&mut request);
            tokio::spawn(async move {
                let mut bytes = TokioIo::new(upgrading.await.expect("an upgrade"));
                let mut closed = Vec::new();
                bytes.read_to_end(&mut closed).await.expect("it closes");
            });
            let headers = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "echo")];
            (StatusCode::SWITCHING_PROTOCOLS, headers)
        };
        Router::new()
            .route("/stream", any(streamed))
            .route("/tunnel", any(tunnel))
            .fallback(any(whole))
            .with_state(self.clone())
    }
}

fn model(protocol: Protocol, pool: Option<ConnectionPool>, timeout: Timeout) -> Model {
    let listener = Listener::builder(8080, protocol).timeout(timeout);
    let listener = match pool {
        Some(pool) => listener.connection_pool(pool),
        None => listener,
    };
    let orders = VirtualNode::builder("orders").listener_with(listener);
    let mesh = Model::builder("shop").virtual_node(orders.dns("orders.local"));
    mesh.build().expect("the model is valid")
}

fn http(connections: i64, pending: i64) -> Option<ConnectionPool> {
    Some(ConnectionPool::http(connections, Some(pending)).expect("in range"))
}

fn requests(most: i64) -> Option<ConnectionPool> {
    Some(ConnectionPool::requests(most).expect("in range"))
}

struct Shop {
    app: App,
    orders: Mesh,
    client: Client,
    _web: Mesh,
}

impl Shop {
    async fn open(protocol: Protocol, model: &Model) -> Self {
        let (network, app) = (MemoryNetwork::new(), App::new());
        let orders = served(&network, model, "orders", "10.0.0.1:8080", app.router()).await;
        let target = Target::dns("orders").protocol(protocol);
        let web = Mesh::builder()
            .service("orders:8080", target.retry(Policy::none()))
            .network(&network)
            .endpoint("orders", "10.0.0.1:8080")
            .start()
            .await
            .expect("the mesh starts");
        Self {
            app,
            orders,
            client: web.client_for("orders:8080").expect("a service"),
            _web: web,
        }
    }

    /// Sends a request, and waits until nothing moves any more.
    async fn ask(&self, path: &str) -> JoinHandle<Answer> {
        let request = Request::post(path).body(Body::empty()).expect("a request");
        self.send(request).await
    }

    async fn send(&self, request: Request<Body>) -> JoinHandle<Answer> {
        let asked = self.client.as_proxy().oneshot(request);
        let asked = tokio::spawn(async { asked.await.unwrap_or_else(|never| match never {}) });
        settled().await;
        asked
    }

    fn refusals(&self) -> bool {
        let metrics = self.orders.metrics();
        metrics
            .lines()
            .any(|line| line.starts_with("mesh_refusals_total") && line.contains("reason=\"UO\""))
    }
}

/// Time stands still until every task waits.
async fn settled() {
    time::sleep(Duration::from_millis(1)).await;
}

async fn text(answer: Answer) -> String {
    let body = answer.into_body().collect().await.expect("a whole body");
    String::from_utf8(body.to_bytes().to_vec()).expect("text")
}

#[tokio::test(start_paused = true)]
async fn two_are_in_two_wait_and_six_of_ten_are_shed_at_once() {
    let shop = Shop::open(
        Protocol::Http,
        &model(Protocol::Http, http(2, 2), Timeout::new()),
    )
    .await;
    let mut asked = Vec::new();
    for _ in 0..10 {
        asked.push(shop.ask("/").await);
    }
    assert_eq!(shop.app.arrived(), 2, "in the application");
    for shed in asked.split_off(4) {
        assert!(shed.is_finished(), "nobody waits to be told");
        let shed = shed.await.expect("no panic");
        assert_eq!(shed.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(shed.headers()["x-envoy-overloaded"], "true");
        assert_eq!(
            text(shed).await,
            "upstream connect error or disconnect/reset before headers. reset reason: overflow"
        );
    }
    shop.app.end(4);
    for served in asked {
        let served = served.await.expect("no panic");
        assert_eq!(served.status(), StatusCode::OK);
        assert_eq!(text(served).await, "done");
    }
    assert!(shop.refusals());
}

#[tokio::test(start_paused = true)]
async fn beyond_the_requests_of_http2_nobody_waits_and_grpc_is_told_in_its_own_words() {
    for protocol in [Protocol::Http2, Protocol::Grpc] {
        let shop = Shop::open(protocol, &model(protocol, requests(1), Timeout::new())).await;
        let first = shop.ask("/").await;
        let shed = shop.ask("/").await.await.expect("no panic");
        assert_eq!(
            shed.status(),
            StatusCode::SERVICE_UNAVAILABLE,
            "{protocol:?}"
        );
        let grpc = Request::post("/shop.Orders/List").header("content-type", "application/grpc");
        let grpc = shop
            .send(grpc.body(Body::empty()).expect("a request"))
            .await;
        let grpc = grpc.await.expect("no panic");
        assert_eq!(grpc.status(), StatusCode::OK);
        let header = |name: &str| {
            grpc.headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        assert_eq!(header("grpc-status"), Some("14"));
        assert_eq!(header("x-envoy-overloaded"), Some("true"));
        assert!(
            header("grpc-message").is_some_and(|text| text.ends_with("reset reason: overflow"))
        );
        shop.app.end(1);
        assert_eq!(first.await.expect("no panic").status(), StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_takes_its_room_until_its_body_has_ended() {
    let shop = Shop::open(
        Protocol::Http,
        &model(Protocol::Http, http(1, 1), Timeout::new()),
    )
    .await;
    let first = shop.ask("/stream").await.await.expect("no panic");
    assert_eq!(first.status(), StatusCode::OK, "its head is there");
    let second = shop.ask("/").await;
    assert_eq!(shop.app.arrived(), 1);
    shop.app.end(2);
    assert_eq!(text(first).await, "firstrest");
    assert_eq!(second.await.expect("no panic").status(), StatusCode::OK);
    assert_eq!(shop.app.arrived(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_frees_its_place_in_the_queue() {
    let shop = Shop::open(
        Protocol::Http,
        &model(Protocol::Http, http(1, 1), Timeout::new()),
    )
    .await;
    let first = shop.ask("/").await;
    let impatient = shop.ask("/").await;
    impatient.abort();
    settled().await;
    let third = shop.ask("/").await;
    assert!(!third.is_finished(), "it has the place that became free");
    shop.app.end(2);
    for served in [first, third] {
        assert_eq!(served.await.expect("no panic").status(), StatusCode::OK);
    }
    assert_eq!(shop.app.arrived(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_time_in_the_queue_counts_for_the_listeners_limit() {
    let seconds = Duration::from_secs;
    let timeout = Timeout::new().per_request(seconds(2));
    let shop = Shop::open(Protocol::Http, &model(Protocol::Http, http(1, 1), timeout)).await;
    let first = shop.ask("/stream").await.await.expect("no panic");
    for body in ["", "that nobody reads"] {
        let began = Instant::now();
        let request = Request::post("/").body(body.into()).expect("a request");
        let queued = shop.send(request).await.await.expect("no panic");
        assert_eq!(queued.status(), StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(began.elapsed(), seconds(2), "{body}");
    }
    assert_eq!(shop.app.arrived(), 1, "the application never saw it");
    drop(first);
}

#[tokio::test(start_paused = true)]
async fn a_reload_changes_the_limit_and_keeps_the_counts() {
    let of = |pool| model(Protocol::Http, pool, Timeout::new());
    let shop = Shop::open(Protocol::Http, &of(http(2, 1))).await;
    let apply = async |pool| {
        let applied = shop.orders.apply(&Config::from(of(pool))).await;
        applied.expect("the configuration fits");
    };
    let running = [shop.ask("/").await, shop.ask("/").await];
    apply(http(1, 1)).await;
    let waiting = shop.ask("/").await;
    assert_eq!(shop.ask("/").await.await.expect("no panic").status(), 503);
    shop.app.end(1);
    settled().await;
    assert_eq!(
        shop.app.arrived(),
        2,
        "one is in still, which is the limit now"
    );
    apply(http(3, 1)).await;
    let fourth = shop.ask("/").await;
    assert_eq!(shop.app.arrived(), 4, "the one who waited came in, too");
    apply(None).await;
    let fifth = shop.ask("/").await;
    assert_eq!(shop.app.arrived(), 5, "nothing is limited any more");
    shop.app.end(4);
    for served in running.into_iter().chain([waiting, fourth, fifth]) {
        assert_eq!(served.await.expect("no panic").status(), StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reload_that_widens_a_limit_or_lifts_it_lets_in_those_who_wait() {
    let of = |pool| model(Protocol::Http, pool, Timeout::new());
    for (pool, arrived) in [(http(3, 9), 3), (None, 5), (http(1, 9), 1)] {
        let shop = Shop::open(Protocol::Http, &of(http(1, 9))).await;
        let mut asked = Vec::new();
        for _ in 0..5 {
            asked.push(shop.ask("/").await);
        }
        assert_eq!(shop.app.arrived(), 1);
        let applied = shop.orders.apply(&Config::from(of(pool))).await;
        applied.expect("the configuration fits");
        settled().await;
        assert_eq!(shop.app.arrived(), arrived, "and nobody has come since");
        shop.app.end(5);
        for served in asked {
            assert_eq!(served.await.expect("no panic").status(), StatusCode::OK);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_takes_its_room_until_it_closes() {
    let shop = Shop::open(
        Protocol::Http,
        &model(Protocol::Http, http(1, 1), Timeout::new()),
    )
    .await;
    let upgrade = Request::get("/tunnel")
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "echo");
    let request = upgrade.body(Body::empty()).expect("a request");
    let mut switched = shop.send(request).await.await.expect("no panic");
    assert_eq!(switched.status(), StatusCode::SWITCHING_PROTOCOLS);
    let tunnel = upgrade::on(&mut switched).await.expect("an upgrade");
    drop(switched);
    let waiting = shop.ask("/").await;
    assert_eq!(shop.app.arrived(), 0, "the tunnel has the only room");
    drop(tunnel);
    shop.app.end(1);
    assert_eq!(waiting.await.expect("no panic").status(), StatusCode::OK);
}
