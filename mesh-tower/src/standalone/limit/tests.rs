use std::{convert::Infallible, future::pending, sync::Arc, time::Duration};

use axum::{Router, routing::get as on_get};
use futures::FutureExt;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;
use mesh_core::{
    Config,
    config::{Listener, Mesh as Model, VirtualNode},
    limit::ConnectionPool,
    unit::{Port, Protocol},
};
use tokio::sync::Notify;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::{compression::CompressionLayer, limit::RequestBodyLimitLayer, trace::TraceLayer};
use tower_layer::Layer;

use super::*;
use crate::{
    Mesh,
    body::Body,
    error::{Error, ErrorKind},
    gate::Gate,
    standalone::{
        Plans, PolicySource,
        testing::{Pieces, Sender, Uncloned, ask, get, pieces, strict},
    },
    test_util::MemoryNetwork,
};

/// A layer with room for one, and what counts it.
fn one() -> (LimitLayer<Limit>, Arc<Gate>) {
    let layer = LimitLayer::new(Limit::requests(1));
    let gate = layer.gate.clone();
    (layer, gate)
}

async fn streaming(layer: &LimitLayer<Limit>) -> (Sender, LimitBody<Pieces>) {
    let (send, body) = pieces();
    let mut body = Some(body);
    let service = tower::service_fn(move |_: Request<Body>| {
        let body = body.take().expect("one request");
        async { Ok::<_, Infallible>(Response::new(body)) }
    });
    let mut service = layer.layer(Uncloned(service));
    let ready = ServiceExt::<Request<Body>>::ready(&mut service).await;
    let response = tower_service::Service::call(ready.expect("ready"), get()).await;
    (send, response.expect("an answer").into_body())
}

#[tokio::test]
async fn a_request_is_in_flight_until_its_body_ends_fails_or_is_dropped() {
    type End = fn(&Sender, &mut LimitBody<Pieces>);
    let ends: [(&str, End); 3] = [
        ("trailers", |send, body| {
            send.frame(Frame::trailers(HeaderMap::new()));
            assert!(matches!(body.frame().now_or_never(), Some(Some(Ok(_)))));
        }),
        ("an error", |send, body| {
            send.fail();
            assert!(matches!(body.frame().now_or_never(), Some(Some(Err(_)))));
        }),
        ("nothing more", |_, body| {
            let (_, over) = pieces();
            *body = LimitBody::inner(over, None);
        }),
    ];
    for (what, end) in ends {
        let (layer, gate) = one();
        let (send, mut body) = streaming(&layer).await;
        send.data("a");
        assert!(matches!(body.frame().await, Some(Ok(_))));
        assert_eq!(gate.counts(), (1, 0), "before {what}");
        end(&send, &mut body);
        assert_eq!(gate.counts(), (0, 0), "after {what}");
        drop(body);
        assert_eq!(gate.counts(), (0, 0), "released once: {what}");
    }
    let (layer, gate) = one();
    let (send, mut body) = streaming(&layer).await;
    drop(send);
    assert!(body.frame().await.is_none());
    assert_eq!(gate.counts(), (0, 0), "after the end");
}

#[tokio::test]
async fn a_response_without_a_body_is_over_with_its_head() {
    let (layer, gate) = one();
    let service =
        strict(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
    let response = ask(&mut layer.layer(service), get())
        .await
        .expect("an answer");
    assert!(response.body().is_end_stream());
    assert_eq!(gate.counts(), (0, 0));
}

#[tokio::test]
async fn a_call_that_fails_or_is_given_up_is_no_longer_in_flight() {
    let (layer, gate) = one();
    let failing = strict(async |_: Request<Body>| Err::<Response<Body>, _>(std::fmt::Error));
    let failed: Result<_, std::fmt::Error> = ask(&mut layer.layer(failing), get()).await;
    assert!(failed.is_err());
    assert_eq!(gate.counts(), (0, 0));

    let silent =
        strict(async |_: Request<Body>| pending::<Result<Response<Body>, Infallible>>().await);
    let mut service = layer.layer(silent);
    let mut call = Box::pin(ask(&mut service, get()));
    assert!((&mut call).now_or_never().is_none());
    assert_eq!(gate.counts(), (1, 0));
    drop(call);
    assert_eq!(gate.counts(), (0, 0));
}

#[tokio::test]
async fn what_is_beyond_the_limit_is_answered_or_fails() {
    let (layer, gate) = one();
    let (_send, _body) = streaming(&layer).await;
    let hello =
        || strict(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
    let response = ask(&mut layer.layer(hello()), get())
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["x-envoy-overloaded"], "true");
    assert!(
        !response
            .into_body()
            .collect()
            .await
            .expect("a text")
            .to_bytes()
            .is_empty()
    );

    let mut call = get();
    let kind = "application/grpc".parse().expect("a header value");
    call.headers_mut().insert("content-type", kind);
    let response = ask(&mut layer.layer(hello()), call)
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["grpc-status"], "14");

    let error = ask(&mut layer.with_errors().layer(hello()), get()).await;
    let error = error.expect_err("shed");
    let error = error.downcast_ref::<Error>().expect("an error of ours");
    assert_eq!(error.kind(), ErrorKind::Overflow);
    assert!(error.is_safe_to_retry());
    assert_eq!(gate.counts(), (1, 0), "what is shed counts nowhere");
}

#[tokio::test]
async fn one_that_waits_runs_when_another_has_ended_and_leaves_nothing_when_it_gives_up() {
    let layer = LimitLayer::new(Limit::requests(1).pending(2));
    let gate = layer.gate.clone();
    let (_send, running) = streaming(&layer).await;
    let hello = strict(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
    let (mut second, mut third) = (layer.layer(hello.clone()), layer.layer(hello));
    let mut given_up = Box::pin(ask(&mut second, get()));
    let mut waiting = Box::pin(ask(&mut third, get()));
    assert!((&mut given_up).now_or_never().is_none());
    assert!((&mut waiting).now_or_never().is_none());
    assert_eq!(gate.counts(), (1, 2));
    drop(given_up);
    assert_eq!(gate.counts(), (1, 1));
    drop(running);
    assert_eq!(waiting.await.expect("an answer").status(), 200);
    assert_eq!(gate.counts(), (0, 0));
}

#[tokio::test]
async fn all_who_wait_come_in_as_soon_as_there_is_room() {
    let layer = LimitLayer::new(Limit::requests(2).pending(8));
    let gate = layer.gate.clone();
    let service = layer.layer(strict(async |_: Request<Body>| {
        tokio::task::yield_now().await;
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }));
    let calls = (0..10).map(|_| {
        let mut service = service.clone();
        async move { ask(&mut service, get()).await.expect("an answer").status() }
    });
    let all = tokio::time::timeout(Duration::from_secs(10), futures::future::join_all(calls));
    assert!(
        all.await
            .expect("all end")
            .iter()
            .all(|status| *status == 200)
    );
    assert_eq!(gate.counts(), (0, 0));
}

#[tokio::test]
async fn a_policy_of_none_lets_a_request_pass_uncounted() {
    let posts =
        |head: &mesh_core::Head<'_>| (head.method() == Method::POST).then_some(Limit::requests(0));
    let hello = strict(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
    let mut service = LimitLayer::new(posts).layer(hello);
    for (method, status) in [(Method::GET, 200), (Method::POST, 503)] {
        let mut request = get();
        *request.method_mut() = method.clone();
        let response = ask(&mut service, request).await.expect("an answer");
        assert_eq!(response.status(), status, "{method}");
    }
}

#[tokio::test]
async fn the_routes_of_a_router_share_one_count_between_other_peoples_layers() {
    let (layer, gate) = one();
    let end = Arc::new(Notify::new());
    let ended = end.clone();
    let slow = async move || {
        ended.notified().await;
        "slow"
    };
    let app = Router::new()
        .route("/slow", on_get(slow))
        .route("/other", on_get(async || "other"))
        .layer(
            ServiceBuilder::new()
                .layer(TraceLayer::new_for_http())
                .layer(CompressionLayer::new())
                .layer(layer)
                .layer(RequestBodyLimitLayer::new(1024)),
        );
    let get = |path: &str| {
        let request = Request::get(path).body(axum::body::Body::empty());
        app.clone().oneshot(request.expect("a request"))
    };
    let mut slow = Box::pin(get("/slow"));
    assert!((&mut slow).now_or_never().is_none());
    assert_eq!(get("/other").await.expect("infallible").status(), 503);
    end.notify_one();
    let slow = slow.await.expect("infallible").into_body().collect().await;
    assert_eq!(slow.expect("a body").to_bytes(), "slow");
    assert_eq!(gate.counts(), (0, 0));
    assert_eq!(get("/other").await.expect("infallible").status(), 200);
}

#[tokio::test]
async fn the_mesh_gives_the_limit_of_a_listener_that_is_in_force_at_that_moment() {
    let model = |most: i64| {
        let listener = |port, most| {
            let pool = ConnectionPool::requests(most).expect("in range");
            Listener::builder(port, Protocol::Http2).connection_pool(pool)
        };
        let node = VirtualNode::builder("web")
            .listener_with(listener(8080, most))
            .listener_with(listener(9090, 7));
        let mesh = Model::builder("shop").virtual_node(node.dns("web.local"));
        mesh.build().expect("the model is valid")
    };
    let mesh = Mesh::builder()
        .config(model(3))
        .virtual_node("web")
        .network(&MemoryNetwork::new())
        .start()
        .await
        .expect("the mesh starts");
    let port = |port| Port::new(port).expect("a port");
    let limit = |plans: Plans| PolicySource::<Limit>::policy(&plans, &get());
    let plans = mesh.plans();
    assert_eq!(limit(plans.clone()), None, "of two listeners none is meant");
    let first = plans.clone().listener(port(8080));
    assert_eq!(limit(first.clone()), Some(Limit::requests(3)));
    assert_eq!(limit(plans.listener(port(9090))), Some(Limit::requests(7)));
    mesh.apply(&Config::from(model(4))).await.expect("it fits");
    assert_eq!(limit(first), Some(Limit::requests(4)));
}
