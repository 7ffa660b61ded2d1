use std::{convert::Infallible, future::pending, time::Duration};

use axum::{Router, routing::get as on_get};
use futures::FutureExt;
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use mesh_core::{
    route::Head,
    timeout::{RequestEnds, Timeouts},
};
use tokio::time::{Instant, sleep};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::{compression::CompressionLayer, limit::RequestBodyLimitLayer, trace::TraceLayer};
use tower_layer::Layer;

use super::*;
use crate::{
    body::{Body, BoxError},
    error::{Error, ErrorKind},
    standalone::testing::{Pieces, Sender, ask, get, pieces, strict},
};

const SECOND: Duration = Duration::from_secs(1);

fn is_timeout(error: &BoxError) -> bool {
    error
        .downcast_ref::<Error>()
        .is_some_and(|error| error.kind() == ErrorKind::Timeout)
}

async fn never(_: Request<Body>) -> Result<Response<Body>, Infallible> {
    pending().await
}

#[tokio::test(start_paused = true)]
async fn no_head_in_time_is_answered_or_fails() {
    let layer = RequestTimeoutLayer::new(SECOND);
    let mut server = layer.clone().layer(strict(never));
    let response = ask(&mut server, get()).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    let body = response.into_body().collect().await.expect("a body");
    assert_eq!(body.to_bytes(), "upstream request timeout");

    let mut client = layer.with_errors().layer(strict(never));
    let error = ask(&mut client, get()).await.expect_err("no answer");
    assert!(is_timeout(&error), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_grpc_caller_reads_a_status() {
    let mut server = RequestTimeoutLayer::new(SECOND).layer(strict(never));
    let mut call = get();
    let kind = "application/grpc".parse().expect("a header value");
    call.headers_mut().insert("content-type", kind);
    let response = ask(&mut server, call).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["grpc-status"], "14");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_waits_for_less_is_not_worked_for_longer() {
    let (grpc, http) = ("grpc-timeout", "x-envoy-expected-rq-timeout-ms");
    // Layer's limit, caller's header, what ends it: whole seconds, or none.
    let rows = [
        (Some(9), http, "2000", false, Some(2)),
        (Some(9), grpc, "2S", true, Some(2)),
        (Some(1), http, "2000", false, Some(1)),
        (None, http, "2000", false, Some(2)),
        (None, grpc, "2S", true, Some(2)),
        (None, http, "soon", false, None),
        (None, grpc, "2S", false, None),
    ];
    for (limit, name, value, is_grpc, want) in rows {
        let limit = limit.map(|limit| limit * SECOND);
        let timeouts = Timeouts::none().with_request(limit, RequestEnds::Response);
        let mut server = RequestTimeoutLayer::new(timeouts).layer(strict(never));
        let mut call = get();
        call.headers_mut()
            .insert(name, value.parse().expect("a value"));
        if is_grpc {
            let kind = "application/grpc".parse().expect("a value");
            call.headers_mut().insert("content-type", kind);
        }
        let begun = Instant::now();
        let asked = tokio::time::timeout(100 * SECOND, ask(&mut server, call)).await;
        let ended = asked.is_ok().then(|| begun.elapsed().as_secs());
        assert_eq!(ended, want, "{limit:?} {name}: {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_ends_with_the_deadline_that_its_client_wrote() {
    let layer = RequestTimeoutLayer::new(9 * SECOND).with_errors();
    let mut client = layer.layer(strict(never));
    let mut call = get();
    for (name, value) in [("grpc-timeout", "2S"), ("content-type", "application/grpc")] {
        call.headers_mut()
            .insert(name, value.parse().expect("a value"));
    }
    let begun = Instant::now();
    let error = ask(&mut client, call).await.expect_err("no answer");
    assert!(is_timeout(&error), "{error}");
    assert_eq!(begun.elapsed(), 2 * SECOND);
}

#[tokio::test]
async fn an_error_of_the_service_passes_untouched() {
    let failing = || strict(async |_: Request<Body>| Err::<Response<Body>, _>(std::fmt::Error));
    let mut server = RequestTimeoutLayer::new(SECOND).layer(failing());
    let error: std::fmt::Error = ask(&mut server, get()).await.expect_err("an error");
    let mut client = RequestTimeoutLayer::new(SECOND)
        .with_errors()
        .layer(failing());
    let boxed = ask(&mut client, get()).await.expect_err("an error");
    assert_eq!(boxed.downcast_ref(), Some(&error));
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_not_cut_however_long_it_takes() {
    let service = strict(async |request: Request<Body>| {
        let body = request.into_body().collect().await.expect("a body");
        Ok::<_, Infallible>(Response::new(Body::from(body.to_bytes())))
    });
    let mut service = RequestTimeoutLayer::new(SECOND).layer(service);
    let (send, body) = pieces();
    let upload = async {
        for _ in 0..5 {
            sleep(SECOND).await;
            send.data("x");
        }
        drop(send);
    };
    let (response, ()) = tokio::join!(ask(&mut service, Request::new(body)), upload);
    let body = response.expect("an answer").into_body().collect().await;
    assert_eq!(body.expect("a body").to_bytes(), "xxxxx");
}

/// A response that comes piece by piece under these limits.
async fn streaming(timeouts: Timeouts) -> (Sender, RequestTimeoutBody<Pieces>) {
    let (send, body) = pieces();
    let mut body = Some(body);
    // A clone would have nothing to answer with; only the one that was polled ready is called.
    let service = tower::service_fn(move |_: Request<Body>| {
        let body = body.take().expect("one request");
        async { Ok::<_, Infallible>(Response::new(body)) }
    });
    let mut service = RequestTimeoutLayer::new(timeouts).layer(service);
    let ready = ServiceExt::<Request<Body>>::ready(&mut service).await;
    let response = tower_service::Service::call(ready.expect("ready"), get()).await;
    (send, response.expect("an answer").into_body())
}

fn whole(limit: Duration) -> Timeouts {
    Timeouts::none().with_request(Some(limit), RequestEnds::Response)
}

#[tokio::test(start_paused = true)]
async fn a_body_is_cut_at_the_limit_and_dropped_there() {
    let began = Instant::now();
    let (send, mut body) = streaming(whole(2 * SECOND)).await;
    send.data("a");
    assert!(matches!(body.frame().await, Some(Ok(_))));
    let cut = body.frame().await.expect("an error").expect_err("an error");
    assert!(is_timeout(&cut), "{cut}");
    assert_eq!(began.elapsed(), 2 * SECOND);
    assert!(send.is_dropped() && http_body::Body::is_end_stream(&body));
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_always_has_something_is_cut_too_but_not_after_its_last_frame() {
    let (send, mut body) = streaming(whole(SECOND)).await;
    sleep(2 * SECOND).await;
    send.frame(Frame::trailers(http::HeaderMap::new()));
    assert!(matches!(body.frame().await, Some(Ok(_))));

    let (send, mut body) = streaming(whole(SECOND)).await;
    sleep(2 * SECOND).await;
    send.data("late");
    assert!(matches!(body.frame().await, Some(Err(error)) if is_timeout(&error)));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_ends_with_the_head_leaves_the_body_alone() {
    let timeouts = Timeouts::none().with_request(Some(SECOND), RequestEnds::Head);
    let (send, mut body) = streaming(timeouts).await;
    sleep(60 * SECOND).await;
    send.data("a");
    assert!(matches!(body.frame().await, Some(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn silence_is_cut_and_every_frame_breaks_it() {
    let (send, mut body) = streaming(Timeouts::none().with_idle(Some(2 * SECOND))).await;
    for _ in 0..5 {
        sleep(SECOND).await;
        send.data("a");
        assert!(matches!(body.frame().await, Some(Ok(_))));
    }
    let quiet = Instant::now();
    assert!(matches!(body.frame().await, Some(Err(error)) if is_timeout(&error)));
    assert_eq!(quiet.elapsed(), 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_falls_silent_is_told_so() {
    let service = strict(async |request: Request<Body>| {
        let body = request.into_body().collect().await.expect("a body");
        Ok::<_, Infallible>(Response::new(Body::from(body.to_bytes())))
    });
    let idle = Timeouts::none().with_idle(Some(SECOND));
    let mut service = RequestTimeoutLayer::new(idle).layer(service);
    let (_send, body) = pieces();
    let response = ask(&mut service, Request::new(body)).await;
    assert_eq!(
        response.expect("an answer").status(),
        StatusCode::REQUEST_TIMEOUT
    );
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_policy_there_is_no_limit() {
    let files = |head: &Head<'_>| head.path().starts_with("/files").then_some(whole(SECOND));
    let slow = async |_: Request<Body>| {
        sleep(60 * SECOND).await;
        Ok::<_, Infallible>(Response::new(Body::empty()))
    };
    let mut service = RequestTimeoutLayer::new(files).layer(strict(slow));
    for (path, status) in [("/files/1", 504), ("/other", 200)] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = ask(&mut service, request).await.expect("an answer");
        assert_eq!(response.status(), status, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_takes_its_request_along() {
    let service = strict(async |request: Request<Body>| {
        let _request = request;
        pending::<Result<Response<Body>, Infallible>>().await
    });
    let mut service = RequestTimeoutLayer::new(SECOND).layer(service);
    let (send, body) = pieces();
    let mut call = Box::pin(ask(&mut service, Request::new(body)));
    assert!((&mut call).now_or_never().is_none());
    assert!(!send.is_dropped());
    drop(call);
    assert!(send.is_dropped());
}

#[tokio::test(start_paused = true)]
async fn it_stands_in_a_router_between_other_peoples_layers() {
    let slow = async || {
        sleep(60 * SECOND).await;
        "late"
    };
    let app = Router::new()
        .route("/fast", on_get(async || "hello"))
        .route("/slow", on_get(slow))
        .layer(
            ServiceBuilder::new()
                .layer(TraceLayer::new_for_http())
                .layer(CompressionLayer::new())
                .layer(RequestTimeoutLayer::new(SECOND))
                .layer(RequestBodyLimitLayer::new(1024)),
        );
    for (path, status) in [("/fast", 200), ("/slow", 504)] {
        let request = Request::get(path).body(axum::body::Body::empty());
        let response = app.clone().oneshot(request.expect("a request")).await;
        assert_eq!(response.expect("infallible").status(), status, "{path}");
    }
}
