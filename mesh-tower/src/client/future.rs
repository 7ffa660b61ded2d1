//! The future of a call, and the one place where an outbound error becomes a gRPC answer.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project::pin_project;
use tower_service::Service;

use crate::{
    call::is_grpc, error::Error, observe::Asked, respond, response_body::ResponseBody,
    stack::Outbound,
};

/// Resolves with the response's head.
///
/// # Cancel safety
/// Dropped, it ends the call: its connection is given up, its record says that the caller went away.
#[pin_project]
pub struct ResponseFuture {
    #[pin]
    inner: <Outbound as Service<Asked>>::Future,
    grpc: bool,
}

impl ResponseFuture {
    pub(super) fn new(mut stack: Outbound, asked: Asked) -> Self {
        let grpc = is_grpc(asked.request.headers());
        Self {
            inner: stack.call(asked),
            grpc,
        }
    }

    pub(super) fn is_grpc(&self) -> bool {
        self.grpc
    }

    /// The outcome as the services below gave it.
    pub(super) fn poll_inner(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<ResponseBody>, Error>> {
        self.project().inner.poll(cx)
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<ResponseBody>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let grpc = self.grpc;
        Poll::Ready(match ready!(self.as_mut().poll_inner(cx)) {
            Err(error) => respond::outbound(error, grpc),
            answered => answered,
        })
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("grpc", &self.grpc)
            .finish_non_exhaustive()
    }
}
