//! The innermost inbound service: how long the application may take, as the listener's configuration and the caller say.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use mesh_core::timeout::Timeouts;
use pin_project::pin_project;
use tower_service::Service;

use super::{arrived::Arrived, reply::Reply};
use crate::{
    body::Body,
    call::Call,
    error::{Cause, Error},
    limits::Limits,
    respond,
    runtime::clock,
};

/// Lets the listener's limits run: from the end of the request on, to the head or to the end of the response. What passes
/// a limit before the head is answered for the application; after it, the body is cut.
///
/// The request has ended when the application has taken its body whole. One that keeps it unread is bound by the limit on
/// silence alone.
///
/// The caller can only shorten the listener's limit: over HTTP by `x-envoy-expected-rq-timeout-ms`, which is a limit like it and
/// answered with 504 like it; over gRPC by `grpc-timeout`, which is a deadline for the whole call and answered with
/// `DEADLINE_EXCEEDED`. A caller that ends its call by itself is 10 ms ahead.
///
/// # Source
/// Envoy 1.40's route timeout at the ingress, which App Mesh set from the listener's `timeout`. As App Mesh set it up, Envoy
/// read neither header; gRPC says what its own one means.
#[derive(Clone, Debug)]
pub(crate) struct Deadline<S> {
    inner: S,
}

impl<S> Deadline<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, B> Service<Arrived> for Deadline<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: HttpBody<Data = Bytes>,
{
    type Response = Response<Reply<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, arrived: Arrived) -> Self::Future {
        let Arrived {
            request,
            call,
            timeouts,
        } = arrived;
        let limited = call.and_then(|call| {
            // A listener that nobody knows limits nothing, but the caller may.
            let hurried = || call.callers_time().is_any().then(Timeouts::none);
            let limits = Limits::of(&call, timeouts.or_else(hurried)?);
            Some(Limited { limits, call })
        });
        ResponseFuture {
            inner: self.inner.call(request),
            limited,
        }
    }
}

/// The application's response, or the answer for one that took too long.
#[pin_project]
#[derive(Debug)]
pub(crate) struct ResponseFuture<F> {
    #[pin]
    inner: F,
    limited: Option<Limited>,
}

#[derive(Debug)]
struct Limited {
    limits: Limits,
    call: Arc<Call>,
}

impl Limited {
    fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Cause> {
        self.limits.poll_expired(self.call.request_end(), cx)
    }

    /// The answer for an application that gave none.
    fn refuse(&self, cause: Cause) -> Response<Bytes> {
        let error = Error::new(cause);
        self.call.refused_for(&error);
        respond::inbound(&error, &self.call)
    }

    fn answered(mut self) -> Limits {
        let now = clock::now();
        self.call.head_came(now);
        self.limits.deadlines().head_received(now);
        self.limits
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: HttpBody<Data = Bytes>,
{
    type Output = Result<Response<Reply<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // The application goes first: an answer that is there in time beats a limit that passed since.
        if let Poll::Ready(result) = this.inner.poll(cx) {
            let limits = this.limited.take().map(Limited::answered);
            return Poll::Ready(
                result.map(|response| response.map(|body| Reply::app(body, limits))),
            );
        }
        let Some(limited) = this.limited else {
            return Poll::Pending;
        };
        limited
            .poll_expired(cx)
            .map(|cause| Ok(limited.refuse(cause).map(Reply::local)))
    }
}
