//! Callers that go away at any moment leave nothing behind, and nothing to the next caller.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{future::join_all, stream};
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use mesh_core::unit::Protocol;
use mesh_tower::{Body, Client, Mesh};
use tokio::time;

use crate::support::{BoxError, Peer, PeerBody, calling};

/// Gives the future up after so many polls.
struct GivenUp<F>(Pin<Box<F>>, usize);

impl<F: Future> Future for GivenUp<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let Some(left) = self.1.checked_sub(1) else {
            return Poll::Ready(None);
        };
        self.1 = left;
        match self.0.as_mut().poll(cx) {
            Poll::Pending if left == 0 => Poll::Ready(None),
            polled => polled.map(Some),
        }
    }
}

/// A body that says whose it is in every part, and comes in pieces.
fn pieces(
    text: &Bytes,
) -> StreamBody<impl futures::Stream<Item = Result<Frame<Bytes>, BoxError>> + use<>> {
    let pieces: Vec<_> = text.chunks(1000).map(Bytes::copy_from_slice).collect();
    StreamBody::new(stream::unfold(pieces.into_iter(), |mut left| async {
        tokio::task::yield_now().await;
        Some((Ok(Frame::data(left.next()?)), left))
    }))
}

async fn echo() -> Peer {
    Peer::start(|request| async {
        let body = request.into_body().collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        http::Response::new(PeerBody::new(pieces(&body)))
    })
    .await
}

/// Exchanges one body and looks whether it is the same; the `request`-th one is given up after a while.
async fn exchange(client: &Client, caller: usize, request: usize) {
    let text = Bytes::from(format!("<{caller}-{request}>").repeat(request * 37 % 2000));
    let body = match request % 2 {
        0 => Body::new(pieces(&text)),
        _ => text.clone().into(),
    };
    let exchange = async {
        let put = Request::put("/").body(body).expect("a request");
        let answer = client.send(put).await.expect("an answer");
        let answered = answer.into_body().collect().await.expect("a body");
        assert!(
            answered.to_bytes() == text,
            "another's body came to {caller}-{request}"
        );
    };
    let patience = if request.is_multiple_of(3) {
        request % 29
    } else {
        usize::MAX
    };
    GivenUp(Box::pin(exchange), patience).await;
}

async fn at_rest(mesh: &Mesh) -> bool {
    for _ in 0..500 {
        let endpoints = mesh.endpoints("orders");
        let idle = endpoints.iter().all(|endpoint| endpoint.in_flight == 0);
        if idle && mesh.in_flight() == (0, 0) {
            return true;
        }
        time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_goes_away_leaves_no_count_and_no_half_answer_behind() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let peer = echo().await;
        let mesh = calling(&["orders.local"], protocol, peer.addr).await;
        let client = mesh.client_for("orders.local").expect("a backend");
        let callers = (0..8).map(|caller| {
            let client = client.clone();
            tokio::spawn(async move {
                for request in 0..60 {
                    exchange(&client, caller, request).await;
                }
            })
        });
        for caller in join_all(callers).await {
            caller.expect("each got its own body");
        }
        assert!(
            at_rest(&mesh).await,
            "{protocol}: {:?} {:?}",
            mesh.in_flight(),
            mesh.endpoints("orders")
        );
    }
}
