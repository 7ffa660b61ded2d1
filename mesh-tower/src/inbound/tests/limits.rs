//! The listener's limits, the end of the mesh, and what the caller is answered then.

use std::time::Duration;

use http::{StatusCode, Version, header};
use http_body_util::BodyExt as _;
use mesh_core::{Defaults, config::Timeout};
use tokio::time;

use super::*;
use crate::{
    call,
    inbound::{Phase, testing},
};

const SECOND: Duration = Duration::from_secs(1);
const ONE_SECOND: Timeout = testing::UNLIMITED.per_request(SECOND);
const NEVER_SILENT: Timeout = testing::UNLIMITED.idle(SECOND);

fn state(defaults: Defaults) -> InboundState {
    testing::state(&[8080], defaults, ONE_SECOND)
}

async fn slow(_: Request<Body>) -> Response<Full<Bytes>> {
    time::sleep(2 * SECOND).await;
    hello()
}

#[tokio::test(start_paused = true)]
async fn an_application_that_takes_too_long_is_answered_for() {
    let (state, begun) = (state(Defaults::Safe), time::Instant::now());
    let response = answer(layered(&state, slow), get()).await;
    assert_eq!(
        (response.status(), begun.elapsed()),
        (StatusCode::GATEWAY_TIMEOUT, SECOND)
    );
    let text = response
        .into_body()
        .collect()
        .await
        .expect("a whole body")
        .to_bytes();
    assert_eq!(text, "upstream request timeout");
    assert_eq!(state.open().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_grpc_caller_is_answered_in_its_own_words() {
    let mut request = get();
    request.headers_mut().insert(
        header::CONTENT_TYPE,
        "application/grpc".parse().expect("a value"),
    );
    let response = answer(layered(&state(Defaults::Safe), slow), request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["grpc-status"], "14");
    assert_eq!(
        response.headers()["grpc-message"],
        "upstream request timeout"
    );
}

#[tokio::test(start_paused = true)]
async fn the_limit_runs_only_when_the_request_has_ended() {
    let (feed, upload) = fed();
    let begun = time::Instant::now();
    let app = layered(
        &state(Defaults::Safe),
        |request: Request<Body>| async move {
            request
                .into_body()
                .collect()
                .await
                .expect("a whole request");
            std::future::pending::<Response<Full<Bytes>>>().await
        },
    );
    let running = answer(app, Request::new(upload));
    let uploading = async move {
        time::sleep(5 * SECOND).await;
        drop(feed);
    };
    let (response, ()) = tokio::join!(running, uploading);
    assert_eq!(
        (response.status(), begun.elapsed()),
        (StatusCode::GATEWAY_TIMEOUT, 6 * SECOND)
    );
}

#[tokio::test(start_paused = true)]
async fn app_mesh_cuts_a_streaming_response_and_the_safe_defaults_do_not() {
    for (defaults, cut) in [(Defaults::AppMesh, true), (Defaults::Safe, false)] {
        let state = state(defaults);
        let app = layered(&state, |_: Request<Body>| async {
            let (feed, body) = fed();
            tokio::spawn(async move {
                time::sleep(3 * SECOND).await;
                drop(feed);
            });
            Response::new(body)
        });
        let begun = time::Instant::now();
        let response = answer(app, get()).await;
        assert_eq!(response.status(), StatusCode::OK);
        let collected = response.into_body().collect().await;
        assert_eq!(collected.is_err(), cut, "{defaults}");
        assert_eq!(
            begun.elapsed(),
            if cut { SECOND } else { 3 * SECOND },
            "{defaults}"
        );
        assert_eq!(state.open().count(), 0, "{defaults}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_the_only_listener_is_meant_and_of_several_none() {
    for (ports, status) in [
        (&[8080][..], StatusCode::GATEWAY_TIMEOUT),
        (&[8080, 9090], StatusCode::OK),
    ] {
        let state = testing::state(ports, Defaults::Safe, ONE_SECOND);
        assert_eq!(
            answer(layered(&state, slow), get()).await.status(),
            status,
            "{ports:?}"
        );
    }
}

#[tokio::test]
async fn a_draining_mesh_answers_and_sends_the_caller_elsewhere() {
    for (version, close) in [(Version::HTTP_11, true), (Version::HTTP_2, false)] {
        let state = state(Defaults::Safe);
        state.drain().reach(Phase::Draining);
        let mut request = get();
        *request.version_mut() = version;
        let response = answer(
            layered(&state, |_: Request<Body>| async { hello() }),
            request,
        )
        .await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers().contains_key(header::CONNECTION),
            close,
            "{version:?}"
        );
    }
}

#[tokio::test]
async fn a_stopped_mesh_refuses_without_asking_the_application() {
    let state = state(Defaults::Safe);
    state.drain().reach(Phase::Stopped);
    let asked = |_: Request<Body>| -> std::future::Ready<Response<Full<Bytes>>> {
        panic!("the application is not asked")
    };
    let response = answer(layered(&state, asked), get()).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[header::CONNECTION], "close");
}

/// Reads the request to its end, and then is silent itself.
async fn reads(request: Request<Body>) -> Response<Full<Bytes>> {
    request
        .into_body()
        .collect()
        .await
        .expect("a whole request");
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_goes_on_is_not_silent() {
    let state = testing::state(&[8080], Defaults::Safe, NEVER_SILENT);
    let (feed, upload) = fed();
    let begun = time::Instant::now();
    let running = answer(layered(&state, reads), Request::new(upload));
    let uploading = async move {
        for _ in 0..5 {
            time::sleep(SECOND / 2).await;
            feed.send(Ok(Bytes::from_static(b"x"))).await.expect("read");
        }
    };
    let (response, ()) = tokio::join!(running, uploading);
    assert_eq!(
        begun.elapsed(),
        SECOND * 5 / 2 + SECOND,
        "the silence began with the end of the upload"
    );
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    let text = response
        .into_body()
        .collect()
        .await
        .expect("a whole body")
        .to_bytes();
    assert_eq!(text, "stream timeout");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_falls_silent_in_its_upload_is_told_so() {
    let state = testing::state(&[8080], Defaults::Safe, NEVER_SILENT);
    let (_feed, upload) = fed();
    let response = answer(layered(&state, reads), Request::new(upload)).await;
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_passed_on_ends_for_both_calls() {
    let (feed, upload) = fed();
    let begun = time::Instant::now();
    let passed_on = |mut request: Request<Body>| async move {
        let outbound = std::sync::Arc::new(call::testing::call());
        request.body_mut().report_to(&outbound, None);
        reads(request).await
    };
    let running = answer(
        layered(&state(Defaults::Safe), passed_on),
        Request::new(upload),
    );
    let uploading = async move {
        time::sleep(SECOND).await;
        drop(feed);
    };
    let both = async { tokio::join!(running, uploading) };
    let (response, ()) = time::timeout(60 * SECOND, both)
        .await
        .expect("the limit runs");
    assert_eq!(
        (response.status(), begun.elapsed()),
        (StatusCode::GATEWAY_TIMEOUT, 2 * SECOND)
    );
}
