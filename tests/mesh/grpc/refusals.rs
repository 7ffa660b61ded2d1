//! What the mesh refuses by itself, as a stub sees it: a code it knows, and words that say why.

use std::{sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use mesh_core::{config::Listener, limit::ConnectionPool, metric::Flag, unit::Protocol};
use mesh_tower::{Body, Mesh, ResponseBody, test_util::MemoryNetwork};
use tokio::time;
use tonic::{Code, Status};
use tower::ServiceExt;

use super::{
    echo::{EchoClient, note},
    pair::{Pair, model, model_of},
};

fn is(status: &Status, code: Code, words: &str) {
    assert_eq!(status.code(), code, "{status:?}");
    assert!(status.message().contains(words), "{words}: {status:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_no_route_takes_is_not_implemented() {
    let pair = Pair::start().await;
    let said = pair.stub().say(note("hello", 1)).await;
    said.expect("the route takes it");
    let mut other = tonic::Request::new(note("hello", 1));
    let refused = "1".parse().expect("a value");
    other.metadata_mut().insert("x-refused", refused);
    let status = pair.stub().say(other).await.expect_err("no route");
    is(&status, Code::Unimplemented, "echo.local");
}

#[tokio::test(start_paused = true)]
async fn as_a_sidecar_an_unrouted_call_is_answered_with_a_status_alone() {
    let pair = Pair::start().await;
    let client = pair.web.client();
    let asked = |kind: &str| {
        let request = Request::post("http://echo.local:50051/other.Service/Get");
        let request = request.header(CONTENT_TYPE, kind).body(Body::empty());
        request.expect("a request")
    };
    for kind in ["application/grpc", "application/grpc+proto"] {
        let Ok(answer) = client.as_proxy().oneshot(asked(kind)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{kind}");
        assert_eq!(answer.headers()["grpc-status"], "12");
        assert!(!answer.headers().contains_key("grpc-message"));
        let body = answer.into_body().collect().await.expect("a body");
        assert_eq!(body.to_bytes(), Bytes::new());
    }
    for kind in [
        "application/grpc-web",
        "application/grpcx",
        "application/json",
    ] {
        let Ok(answer) = client.as_proxy().oneshot(asked(kind)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{kind}");
        assert!(!answer.headers().contains_key("grpc-status"), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_longer_than_its_route_lets_it_says_so() {
    let pair = Pair::start().await;
    let status = pair.stub().say(note("hang", 1)).await;
    let status = status.expect_err("two seconds are over");
    // A route's limit is no deadline of the caller's.
    is(&status, Code::Unavailable, "2s");
}

#[tokio::test(start_paused = true)]
async fn calls_beyond_those_that_may_wait_are_unavailable_and_say_which_limit_it_was() {
    let network = MemoryNetwork::new();
    let silent = Mesh::builder().config(model()).virtual_node("echo");
    // Bound and never served: connections are made, but HTTP/2 does not begin on them.
    let silent = silent.network(&network).bind(50_051, "10.0.0.1:50051");
    let _silent = silent.start().await.expect("the mesh starts");
    let web = Mesh::builder().config(model()).virtual_node("web");
    let web = web.network(&network).endpoint("echo", "10.0.0.1:50051");
    let web = web.max_waiting(1).start().await.expect("the mesh starts");
    let stub = EchoClient::new(web.client_for("echo.local:50051").expect("a backend"));
    let mut first = stub.clone();
    let waiting = tokio::spawn(async move { first.say(note("hello", 1)).await });
    time::sleep(Duration::from_millis(1)).await;
    let status = stub.clone().say(note("hello", 2)).await.expect_err("shed");
    is(&status, Code::Unavailable, "wait");
    let waited = waiting.await.expect("no panic").expect_err("nobody serves");
    is(&waited, Code::Unavailable, "10.0.0.1:50051");
}

#[tokio::test(start_paused = true)]
async fn a_call_beyond_the_listeners_pool_is_unavailable_as_the_sidecar_said_it() {
    let listener = Listener::builder(50_051, Protocol::Grpc);
    let pool = ConnectionPool::requests(1).expect("in range");
    let pair = Pair::of(model_of(listener.connection_pool(pool))).await;
    let mut first = pair.stub();
    let running = tokio::spawn(async move { first.say(note("hang", 1)).await });
    time::sleep(Duration::from_millis(1)).await;
    let status = pair.stub().say(note("hello", 2)).await.expect_err("shed");
    is(&status, Code::Unavailable, "reset reason: overflow");
    let overloaded = status.metadata().get("x-envoy-overloaded");
    assert_eq!(overloaded.expect("it says so"), "true");
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_stopped_is_unavailable() {
    let pair = Pair::start().await;
    pair.stub().say(note("hello", 1)).await.expect("it serves");
    pair.server.stop(Duration::from_secs(1)).await;
    let status = pair.stub().say(note("hello", 1)).await;
    is(
        &status.expect_err("it is gone"),
        Code::Unavailable,
        "10.0.0.1:50051",
    );
}

#[tokio::test(start_paused = true)]
async fn a_status_that_the_route_names_is_tried_again_and_the_last_one_comes_through() {
    let pair = Pair::start().await;
    let unavailable = pair.stub().say(note("fail", 14)).await;
    let unavailable = unavailable.expect_err("each attempt fails");
    is(&unavailable, Code::Unavailable, "größer als erwartet");
    assert_eq!(pair.echo.calls.load(Ordering::SeqCst), 3);
    let internal = pair.stub().say(note("fail", 13)).await;
    is(
        &internal.expect_err("it fails"),
        Code::Internal,
        "größer als erwartet",
    );
    assert_eq!(pair.echo.calls.load(Ordering::SeqCst), 4, "not named");
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_is_known_to_who_made_it_as_an_answered_one_is() {
    let pair = Pair::start().await;
    pair.server.stop(Duration::from_secs(1)).await;
    let client = pair.web.client();
    let asked = |kind: &str, path: &str| {
        let request = Request::post(format!("http://echo.local:50051{path}"));
        let request = request.header(CONTENT_TYPE, kind).body(Body::empty());
        request.expect("a request")
    };
    let (none, echo) = ("/other.Service/Get", "/mesh.test.Echo/Say");
    // (content type, path, target, attempts)
    let rows = [
        ("application/grpc", none, None, 0),
        ("application/grpc", echo, Some("echo"), 1),
        ("text/plain", none, None, 0),
    ];
    for (kind, path, target, attempts) in rows {
        let Ok(proxied) = client.as_proxy().oneshot(asked(kind, path)).await;
        is_known(proxied, target, attempts).await;
        if let Ok(answer) = client.send(asked(kind, path)).await {
            is_known(answer, target, attempts).await;
        }
    }
}

async fn is_known(answer: Response<ResponseBody>, target: Option<&str>, attempts: usize) {
    let (head, mut body) = answer.into_parts();
    while let Some(frame) = body.frame().await {
        frame.expect("a refusal is there whole");
    }
    let call = body.call().expect("it is known");
    let found = call.target().map(ToString::to_string);
    assert_eq!(
        (found.as_deref(), call.attempts().count()),
        (target, attempts),
        "{head:?}"
    );
    let unrouted = call.flags().contains(Flag::NoRoute);
    assert_eq!(
        (unrouted, call.is_complete()),
        (target.is_none(), false),
        "{head:?}"
    );
}
