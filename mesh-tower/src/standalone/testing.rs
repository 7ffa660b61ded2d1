//! What the tests of the layers share: a service that is strict about readiness, and bodies that come when told.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use http::Request;
use http_body::Frame;
use http_body_util::StreamBody;
use tower_service::Service;

use crate::body::{Body, BoxError};

/// A service that panics when it is called without having been polled ready. A clone has to be polled itself.
pub(super) struct Strict<F> {
    answer: F,
    ready: bool,
}

pub(super) fn strict<F>(answer: F) -> Strict<F> {
    Strict {
        answer,
        ready: false,
    }
}

impl<F: Clone> Clone for Strict<F> {
    fn clone(&self) -> Self {
        strict(self.answer.clone())
    }
}

impl<R, F, A, T, E> Service<R> for Strict<F>
where
    F: FnMut(R) -> A,
    A: Future<Output = Result<T, E>>,
{
    type Response = T;
    type Error = E;
    type Future = A;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> A {
        assert!(
            std::mem::take(&mut self.ready),
            "called without being ready"
        );
        (self.answer)(request)
    }
}

/// A service that panics when it is cloned: whoever calls it calls the very one that was ready.
pub(super) struct Uncloned<S>(pub(super) S);

impl<S> Clone for Uncloned<S> {
    fn clone(&self) -> Self {
        panic!("cloned")
    }
}

impl<S: Service<R>, R> Service<R> for Uncloned<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.0.call(request)
    }
}

/// Calls a service as a caller should, with a clone made in between, which takes no readiness away.
pub(super) async fn ask<S, R>(service: &mut S, request: R) -> Result<S::Response, S::Error>
where
    S: Service<R> + Clone,
{
    poll_fn(|cx| service.poll_ready(cx)).await?;
    let _clone = service.clone();
    service.call(request).await
}

pub(super) type Pieces = StreamBody<UnboundedReceiver<Result<Frame<Bytes>, BoxError>>>;

/// The end of a body that says what comes.
pub(super) struct Sender(UnboundedSender<Result<Frame<Bytes>, BoxError>>);

impl Sender {
    pub(super) fn data(&self, text: &'static str) {
        self.frame(Frame::data(text.into()));
    }

    pub(super) fn frame(&self, frame: Frame<Bytes>) {
        self.0.unbounded_send(Ok(frame)).expect("the body is there");
    }

    pub(super) fn fail(&self) {
        let error = Err("broken off".into());
        self.0.unbounded_send(error).expect("the body is there");
    }

    /// Whether nobody has the body any more.
    pub(super) fn is_dropped(&self) -> bool {
        self.0.is_closed()
    }
}

/// A body of which nothing has come.
pub(super) fn pieces() -> (Sender, Pieces) {
    let (send, receive) = unbounded();
    (Sender(send), StreamBody::new(receive))
}

pub(super) fn get() -> Request<Body> {
    Request::new(Body::empty())
}
