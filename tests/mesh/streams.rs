//! What becomes of streams that go on for longer than any limit, under both sets of defaults.

use std::time::Duration;

use axum::{Router, body::Bytes, extract::Request as Asked, response::IntoResponse, routing::any};
use futures::stream;
use http::{Request, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hyper::upgrade;
use hyper_util::rt::TokioIo;
use mesh_core::{Defaults, metric::Flag};
use mesh_tower::{Body, ErrorKind};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{self, Instant},
};

use crate::{
    support::BoxError,
    timeouts::{model, shop},
};

const SECOND: Duration = Duration::from_secs(1);
const BOTH: [Defaults; 2] = [Defaults::AppMesh, Defaults::Safe];

/// A body that gives one byte each time so much has passed, so often.
fn ticking(
    every: Duration,
    ticks: u32,
) -> impl stream::Stream<Item = Result<Bytes, BoxError>> + Send + 'static {
    stream::unfold(0, move |tick| async move {
        time::sleep(every).await;
        (tick < ticks).then(|| (Ok(Bytes::from_static(b".")), tick + 1))
    })
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_without_a_request_limit_ends_by_silence_alone() {
    let rows = [(200, None), (400, Some(300))];
    for defaults in BOTH {
        for (every, cut_at) in rows {
            let events = any(async move || {
                let events = ticking(every * SECOND, 3);
                axum::body::Body::from_stream(events)
            });
            let model = model(|route| route.timeout(Duration::ZERO));
            let (web, _orders) = shop(&model, defaults, Router::new().route("/", events)).await;
            let client = web.client_for("orders.local").expect("a backend");
            let answer = client.get("/").send().await.expect("a head");
            let begun = Instant::now();
            let ended = answer.bytes().await;
            let Some(cut_at) = cut_at else {
                assert_eq!(ended.expect("it lives").len(), 3, "{defaults}");
                continue;
            };
            let error = ended.expect_err("silence");
            // Either end may be the one that hangs up, in the same moment.
            assert!(
                matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Upstream),
                "{defaults}: {error}"
            );
            assert_eq!(begun.elapsed().as_secs(), cut_at, "{defaults}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_in_both_directions_outlives_the_request_limit() {
    for defaults in BOTH {
        let echo = any(async |request: Asked| axum::body::Body::new(request.into_body()));
        let (web, _orders) = shop(
            &model(|route| route.timeout(2 * SECOND)),
            defaults,
            Router::new().route("/", echo),
        )
        .await;
        let pieces = ticking(SECOND, 60);
        let pieces = futures::StreamExt::map(pieces, |piece| piece.map(Frame::data));
        let request = Request::post("/").body(StreamBody::new(pieces));
        let client = web.client_for("orders.local").expect("a backend");
        let answer = client.send(request.expect("a request")).await;
        let body = answer.expect("a head").into_body().collect().await;
        assert_eq!(body.expect("it lives").to_bytes().len(), 60, "{defaults}");
    }
}

/// Becomes a connection of its own, says nothing for a minute, and then what it hears.
async fn tunnel(mut request: Asked) -> impl IntoResponse {
    tokio::spawn(async move {
        let upgraded = upgrade::on(&mut request).await.expect("an upgrade");
        let mut io = TokioIo::new(upgraded);
        let mut heard = [0; 4];
        io.read_exact(&mut heard).await.expect("four bytes");
        time::sleep(60 * SECOND).await;
        io.write_all(&heard).await.expect("it is open");
    });
    let headers = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "echo")];
    (StatusCode::SWITCHING_PROTOCOLS, headers)
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_ends_every_limit() {
    for defaults in BOTH {
        let app = Router::new().route("/", any(tunnel));
        let limited = model(|route| route.timeout(2 * SECOND).idle_timeout(3 * SECOND));
        let (web, _orders) = shop(&limited, defaults, app).await;
        let request = Request::get("/")
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "echo")
            .body(Body::empty());
        let client = web.client_for("orders.local").expect("a backend");
        let answer = client.send(request.expect("a request")).await;
        let mut answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
        let upgraded = upgrade::on(&mut answer).await.expect("an upgrade");
        let mut io = TokioIo::new(upgraded);
        io.write_all(b"ping").await.expect("it is open");
        let mut heard = [0; 4];
        io.read_exact(&mut heard).await.expect("it is open still");
        assert_eq!(&heard, b"ping", "{defaults}");
        let call = answer.body().call().expect("a call");
        assert!(!call.flags().contains(Flag::UpstreamTimeout), "{defaults}");
    }
}
