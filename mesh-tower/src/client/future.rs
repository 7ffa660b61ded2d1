//! The future of a call, and the one place where an outbound error becomes an answer.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project::pin_project;
use tower_service::Service;

use crate::{error::Error, observe::Asked, respond, response_body::ResponseBody, stack::Outbound};

/// Resolves with the response's head.
///
/// # Cancel safety
/// Dropped, it ends the call: its connection is given up, its record says that the caller went away.
#[pin_project]
pub struct ResponseFuture {
    #[pin]
    inner: <Outbound as Service<Asked>>::Future,
}

impl ResponseFuture {
    pub(super) fn new(stack: &mut Outbound, asked: Asked) -> Self {
        Self {
            inner: stack.call(asked),
        }
    }

    /// What a sidecar would have answered, where the services below gave an error.
    pub(super) fn poll_as_proxy(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Response<ResponseBody>> {
        let mut inner = self.project().inner;
        let answer = ready!(inner.as_mut().poll(cx));
        Poll::Ready(answer.unwrap_or_else(|error| respond::as_proxy(&error, inner.failed())))
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<ResponseBody>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut inner = self.project().inner;
        let answer = ready!(inner.as_mut().poll(cx));
        Poll::Ready(answer.or_else(|error| respond::outbound(error, inner.failed())))
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("failed", &self.inner.failed())
            .finish_non_exhaustive()
    }
}
