//! Retries while a request body is still on its way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use mesh_core::{
    config::{
        HttpRetryEvent, Mesh as Model, RetryPolicy, Route, VirtualNode, VirtualRouter,
        VirtualService,
    },
    unit::Protocol,
};
use mesh_tower::{ErrorKind, Mesh};
use tokio::time;

use crate::support::{BoxError, Peer, status, text};

/// A peer that answers every other request with 503 before it has read the body, and counts the bytes of the others.
async fn impatient() -> Peer {
    let requests = Arc::new(AtomicUsize::new(0));
    Peer::start(move |request| {
        let early = requests.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        async move {
            if early {
                return status(StatusCode::SERVICE_UNAVAILABLE);
            }
            match request.into_body().collect().await {
                Ok(body) => text(body.to_bytes().len().to_string()),
                Err(_) => status(StatusCode::BAD_REQUEST),
            }
        }
    })
    .await
}

async fn retrying(protocol: Protocol, peer: &Peer) -> Mesh {
    let policy = RetryPolicy::new(2, Duration::from_secs(2)).on(HttpRetryEvent::ServerError);
    let route = match protocol {
        Protocol::Http => Route::http("all"),
        _ => Route::http2("all"),
    };
    let router = VirtualRouter::builder("orders")
        .listener(8080, protocol)
        .route(route.prefix("/").target("orders", 1).retry(policy));
    let model = Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(
            VirtualNode::builder("orders")
                .listener(8080, protocol)
                .dns("orders.local"),
        )
        .virtual_router(router)
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid");
    let builder = Mesh::builder()
        .config(model)
        .virtual_node("web")
        .endpoint("orders", peer.addr)
        .seed(7);
    builder.start().await.expect("the mesh starts")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_503_during_the_upload_is_retried_with_the_whole_body() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let peer = impatient().await;
        let mesh = retrying(protocol, &peer).await;
        let client = mesh.client_for("orders.local").expect("a backend");
        for upload in 0..20 {
            let request = Request::post("/")
                .body(StreamBody::new(slowly(6)))
                .expect("a request");
            let answer = client.send(request).await.expect("an answer");
            let attempts = answer.body().call().map(|call| call.attempts().count());
            assert_eq!(
                (answer.status(), attempts),
                (StatusCode::OK, Some(2)),
                "upload {upload} over {protocol}"
            );
            let counted = answer
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes();
            assert_eq!(counted, "6000", "upload {upload} over {protocol}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_beyond_the_cap_goes_through_whole_or_fails_but_is_never_cut() {
    let peer = impatient().await;
    let mesh = retrying(Protocol::Http2, &peer).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    let mut whole = 0;
    for upload in 0..10 {
        let request = Request::post("/")
            .body(StreamBody::new(slowly(100)))
            .expect("a request");
        let Ok(answer) = client.send(request).await else {
            continue;
        };
        if answer.status() == StatusCode::OK {
            whole += 1;
            let counted = answer
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes();
            assert_eq!(counted, "100000", "upload {upload}");
        }
    }
    assert!(whole > 0, "none got through");
}

#[tokio::test]
async fn an_upload_that_fails_is_no_fault_of_the_peers_and_not_tried_again() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let peer = Peer::start(|request| async {
            let _ = request.into_body().collect().await;
            status(StatusCode::BAD_REQUEST)
        })
        .await;
        let mesh = retrying(protocol, &peer).await;
        let client = mesh.client_for("orders.local").expect("a backend");
        for pieces in [0, 3] {
            let failing = slowly(pieces).chain(stream::once(async { Err("no disk".into()) }));
            let request = Request::put("/")
                .body(StreamBody::new(failing))
                .expect("a request");
            let error = client.send(request).await.expect_err("half an upload");
            let said = (error.kind(), error.flag(), error.attempts());
            assert_eq!(said, (ErrorKind::Body, None, 1), "{protocol}: {error:?}");
        }
    }
}

fn slowly(pieces: usize) -> impl futures::Stream<Item = Result<Frame<Bytes>, BoxError>> + Send {
    stream::unfold(0, move |piece| async move {
        if piece == pieces {
            return None;
        }
        time::sleep(Duration::from_millis(2)).await;
        Some((Ok(Frame::data(Bytes::from(vec![1; 1000]))), piece + 1))
    })
}
