//! The limits of one request.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use http::{Request, Response};
use mesh_core::timeout::{Deadline, Timeouts};

use crate::{
    body::{Body, announced_length},
    call::{CallersTime, RequestEnd, Told, is_grpc},
    context::CallContext,
    error::{Cause, Error},
    limits::Limits,
    respond,
    runtime::clock,
};

/// Runs from the request's head to the response's end.
#[derive(Debug)]
pub(super) struct Limited {
    limits: Limits,
    request_end: Arc<RequestEnd>,
    grpc: bool,
}

impl Limited {
    /// Begins with this request, whose end it is told of; `None` if nothing limits it.
    pub(super) fn begin(
        timeouts: Timeouts,
        inbound: bool,
        request: Request<Body>,
    ) -> (Request<Body>, Option<Self>) {
        let now = clock::now();
        let time = callers_time(&request, inbound, now);
        if timeouts.request.is_none() && timeouts.idle.is_none() && !time.is_any() {
            return (request, None);
        }
        let request_end = Arc::new(RequestEnd::new(now));
        let limited = Self {
            // The limit on an attempt never runs here: none is said to begin.
            limits: Limits::within(time, timeouts, now),
            request_end: request_end.clone(),
            grpc: is_grpc(request.headers()),
        };
        if request.body().is_whole() {
            request_end.reached(now);
            return (request, Some(limited));
        }
        let length = announced_length(request.headers());
        let request = request.map(|body| body.reporting_end_to(request_end, length));
        (request, Some(limited))
    }

    pub(super) fn answered(&mut self) {
        self.limits.deadlines().head_received(clock::now());
    }

    /// Something of the response came, after which a limit may have passed all the same.
    pub(super) fn moved(&mut self) -> Option<Error> {
        self.limits.moved(&self.request_end).map(Error::new)
    }

    pub(super) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        self.limits
            .poll_expired(&self.request_end, cx)
            .map(|cause: Cause| Error::new(cause))
    }

    /// The answer in place of one that did not come in time.
    pub(super) fn answer(&self, error: &Error) -> Response<Bytes> {
        respond::alone(error, self.grpc)
    }
}

/// How long whoever caused the request waits for it.
fn callers_time(request: &Request<Body>, inbound: bool, now: Instant) -> CallersTime {
    let told = Told::of(request.headers());
    let grpc = told.is_grpc();
    if inbound {
        return CallersTime::of_inbound(&told, grpc, now).with_grace();
    }
    let cause = CallContext::of(request.extensions());
    let cause = cause.map_or(Deadline::NONE, |context| context.deadline());
    CallersTime::of_outbound(&told, grpc, now, cause)
}
