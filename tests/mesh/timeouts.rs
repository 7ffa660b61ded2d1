//! Time limits, through the facade, on the in-memory network with the clock paused.

use std::time::Duration;

use axum::{Router, body::Bytes, http::StatusCode, routing::get};
use futures::stream;
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use mesh_core::{
    Defaults,
    config::{
        HttpRetryEvent, Listener, Mesh as Model, RetryPolicy, Route, RouteBuilder, Timeout,
        VirtualNode, VirtualRouter, VirtualService,
    },
    metric::Outcome,
    unit::Protocol,
};
use mesh_tower::{Body, ErrorKind, Mesh, test_util::MemoryNetwork};
use tokio::time::{self, Instant};

use crate::support::{BoxError, served};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn model(route: impl Fn(RouteBuilder) -> RouteBuilder) -> Model {
    // The listener's own limit would be felt before the route's, so it is off.
    let orders = VirtualNode::builder("orders").listener_with(
        Listener::builder(8080, Protocol::Http).timeout(Timeout::new().per_request(Duration::ZERO)),
    );
    let router = VirtualRouter::builder("orders")
        .listener(8080, Protocol::Http)
        .route(route(Route::http("all").prefix("/").target("orders", 1)));
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(orders.dns("orders.local"))
        .virtual_router(router)
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid")
}

pub(crate) async fn shop(model: &Model, defaults: Defaults, app: Router) -> (Mesh, Mesh) {
    let network = MemoryNetwork::new();
    let orders = served(&network, model, "orders", "10.0.0.1:8080", app).await;
    let web = Mesh::builder()
        .config(model.clone())
        .virtual_node("web")
        .network(&network)
        .seed(7)
        .defaults(defaults);
    let web = web
        .endpoint("orders", "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    (web, orders)
}

#[tokio::test(start_paused = true)]
async fn a_request_ends_at_its_routes_limit() {
    let never = Router::new().route("/", get(std::future::pending::<StatusCode>));
    let (web, _orders) = shop(
        &model(|route| route.timeout(3 * SECOND)),
        Defaults::AppMesh,
        never,
    )
    .await;
    let start = Instant::now();
    let error = web
        .client_for("orders.local")
        .expect("a backend")
        .get("/")
        .send()
        .await
        .expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert_eq!(start.elapsed(), 3 * SECOND);
    assert_eq!(web.in_flight(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_callers_own_limit_can_only_shorten_the_routes() {
    let never = Router::new().route("/", get(std::future::pending::<StatusCode>));
    let (web, _orders) = shop(
        &model(|route| route.timeout(3 * SECOND)),
        Defaults::AppMesh,
        never,
    )
    .await;
    let client = web.client_for("orders.local").expect("a backend");
    for (own, want) in [(SECOND, SECOND), (9 * SECOND, 3 * SECOND)] {
        let start = Instant::now();
        client
            .get("/")
            .timeout(own)
            .send()
            .await
            .expect_err("no answer");
        assert_eq!(
            start.elapsed().as_secs(),
            want.as_secs(),
            "own limit {own:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_per_try_limit_ends_the_first_attempt_too_and_the_next_one_answers() {
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let app = Router::new().route(
        "/",
        get(async move || {
            if calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
                std::future::pending::<()>().await;
            }
            "second"
        }),
    );
    let policy = RetryPolicy::new(1, SECOND).on(HttpRetryEvent::ServerError);
    let (web, _orders) = shop(
        &model(|route| route.retry(policy.clone())),
        Defaults::AppMesh,
        app,
    )
    .await;
    let start = Instant::now();
    let answer = web
        .client_for("orders.local")
        .expect("a backend")
        .get("/")
        .send()
        .await
        .expect("an answer");
    let outcomes: Vec<_> = answer
        .call()
        .expect("a call")
        .attempts()
        .map(mesh_tower::Attempt::outcome)
        .collect();
    assert_eq!(
        outcomes,
        [Some(Outcome::PerTryTimeout), Some(Outcome::Status(200))]
    );
    assert!(
        (SECOND..SECOND + Duration::from_millis(30)).contains(&start.elapsed()),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_takes_longer_than_the_limit_is_not_cut() {
    let app = Router::new().route(
        "/",
        axum::routing::post(async |body: Bytes| body.len().to_string()),
    );
    let (web, _orders) = shop(
        &model(|route| route.timeout(SECOND)),
        Defaults::AppMesh,
        app,
    )
    .await;
    let pieces = stream::unfold(0, |piece| async move {
        time::sleep(SECOND).await;
        (piece < 5).then(|| {
            (
                Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"0123456789"))),
                piece + 1,
            )
        })
    });
    let request = Request::post("/")
        .body(StreamBody::new(pieces))
        .expect("a request");
    let answer = web
        .client_for("orders.local")
        .expect("a backend")
        .send(request)
        .await
        .expect("an answer");
    assert_eq!(
        answer
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes(),
        "50"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_stream_is_cut_at_the_limit_as_app_mesh_did_and_not_under_safe_defaults() {
    let ticking = || {
        let ticks = || {
            stream::unfold(0, |tick| async move {
                time::sleep(SECOND).await;
                (tick < 20).then(|| (Ok::<_, BoxError>(Bytes::from_static(b".")), tick + 1))
            })
        };
        Router::new().route(
            "/",
            get(async move || axum::body::Body::from_stream(ticks())),
        )
    };
    for (defaults, want) in [(Defaults::AppMesh, None), (Defaults::Safe, Some(20))] {
        let (web, _orders) = shop(&model(|route| route), defaults, ticking()).await;
        let client = web.client_for("orders.local").expect("a backend");
        let start = Instant::now();
        let body = client.get("/").send().await.expect("a head").bytes().await;
        assert_eq!(
            body.as_ref().ok().map(Bytes::len),
            want,
            "{defaults}: {body:?}"
        );
        if let Err(error) = body {
            assert_eq!(
                (error.kind(), start.elapsed().as_secs()),
                (ErrorKind::Timeout, 15),
                "{defaults}"
            );
        }
        assert_eq!(web.in_flight(), (0, 0), "{defaults}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_always_has_something_to_give_is_cut_at_the_limit_too() {
    let endless = || {
        let pieces = stream::repeat_with(|| Ok::<_, BoxError>(Bytes::from_static(&[0; 1024])));
        Router::new().route(
            "/",
            get(async move || axum::body::Body::from_stream(pieces)),
        )
    };
    let (web, _orders) = shop(
        &model(|route| route.timeout(3 * SECOND)),
        Defaults::AppMesh,
        endless(),
    )
    .await;
    let start = Instant::now();
    let answer = web
        .client_for("orders.local")
        .expect("a backend")
        .get("/")
        .send()
        .await;
    let mut body = answer.expect("a head").into_http().into_body();
    let error = loop {
        time::sleep(Duration::from_millis(100)).await;
        match body.frame().await.expect("it never ends by itself") {
            Ok(_) => assert!(
                start.elapsed() < 10 * SECOND,
                "a slow reader reads on for ever"
            ),
            Err(error) => break error,
        }
    };
    assert_eq!(
        (error.kind(), start.elapsed().as_secs()),
        (ErrorKind::Timeout, 3),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_its_giver_has_ended_waits_for_a_connection_no_longer_than_the_limit() {
    let half = SECOND / 2;
    let router = VirtualRouter::builder("orders").listener(8080, Protocol::Http2);
    let route = Route::http2("all")
        .prefix("/")
        .target("orders", 1)
        .timeout(half);
    let model = Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(
            VirtualNode::builder("orders")
                .listener(8080, Protocol::Http2)
                .dns("orders.local"),
        )
        .virtual_router(router.route(route))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid");
    let network = MemoryNetwork::new();
    let start = |node: &str| {
        Mesh::builder()
            .config(model.clone())
            .virtual_node(node)
            .network(&network)
    };
    // Bound and never served: HTTP/2 does not begin on its connections.
    let _silent = start("orders")
        .bind(8080, "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let web = start("web")
        .endpoint("orders", "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let client = web.client_for("orders.local").expect("a backend");
    // A stub's message is a stream that says nothing of its length; and what is too long is not read to its end.
    let streamed = |bytes: usize| {
        let pieces = [
            Bytes::from(vec![0; bytes / 2]),
            Bytes::from(vec![0; bytes / 2]),
        ];
        let frames = pieces.map(|piece| Ok::<_, BoxError>(Frame::data(piece)));
        Body::new(StreamBody::new(stream::iter(frames)))
    };
    let rows = [
        ("whole", Body::from("whole"), ErrorKind::Timeout),
        ("a stream", streamed(10), ErrorKind::Timeout),
        ("a long one", streamed(1 << 20), ErrorKind::Unavailable),
    ];
    for (what, body, kind) in rows {
        let begun = Instant::now();
        let request = Request::post("/").body(body).expect("a request");
        let error = client.send(request).await.expect_err("no answer");
        assert_eq!(error.kind(), kind, "{what}: {error}");
        let at_the_limit = begun.elapsed() == half;
        assert_eq!(at_the_limit, kind == ErrorKind::Timeout, "{what}");
    }
}
