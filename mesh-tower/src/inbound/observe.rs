//! The outermost inbound room: a request has its call and its guard here, and its time.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body::Body as HttpBody;
use mesh_core::{metric::Flag, timeout::Timeouts};

use super::{InboundState, drain::Phase, reply::Reply};
use crate::{
    adapter,
    body::{Body, announced_length},
    call::Call,
    conn_info::ConnInfo,
    context::CallContext,
    error::{Cause, Error},
    gate::Permit,
    guard::Guard,
    limits::Limits,
    respond,
    runtime::clock,
};

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Running {
    guard: Guard,
    limits: Option<Limits>,
    asked: Asked,
    /// Whether the caller is told to make its next request elsewhere.
    ///
    /// While the mesh drains, requests on old connections are still answered, or a rolling deploy would lose them. Under
    /// [`Mesh::serve`](crate::Mesh::serve) the connections say goodbye themselves; this is for servers that one runs oneself.
    ///
    /// # Source
    /// Envoy's drain of a listener.
    close: bool,
}

impl Running {
    /// Gives a request that has come in its call.
    pub(super) fn begin(
        state: &InboundState,
        conn: Option<Arc<ConnInfo>>,
        request: &mut Request<Body>,
    ) -> Self {
        let scope = state.scope();
        let conn = match conn {
            Some(conn) => {
                adapter::tell_connection(&conn, request.extensions_mut());
                Some(conn)
            }
            // Under someone else's server the connection is known only if that one says so.
            None => adapter::connection(request.extensions_mut()),
        };
        let call = scope.begin_inbound(request, conn);
        let context = CallContext::new(call.clone());
        request.extensions_mut().insert(context);
        let length = announced_length(request.headers());
        request.body_mut().report_to(&call, length);
        Self {
            guard: Guard::new(call, scope),
            limits: None,
            asked: Asked::of(request),
            close: state.drain().phase() > Phase::Serving && request.version() < Version::HTTP_2,
        }
    }

    pub(super) fn call(&self) -> &Call {
        self.guard.call()
    }

    /// It may go to the application, by the listener's limits: from the end of the request on, to the head or to the end of
    /// the response. What passes a limit before the head is answered for the application; after it, the body is cut.
    ///
    /// The request has ended when the application has taken its body whole. One that keeps it unread is bound by the limit
    /// on silence alone.
    ///
    /// The caller can only shorten the listener's limit: over HTTP by `x-envoy-expected-rq-timeout-ms`, which is a limit like
    /// it and answered with 504 like it; over gRPC by `grpc-timeout`, which is a deadline for the whole call and answered
    /// with `DEADLINE_EXCEEDED`. A caller that ends its call by itself is 10 ms ahead.
    ///
    /// # Source
    /// Envoy 1.40's route timeout at the ingress, which App Mesh set from the listener's `timeout`. As App Mesh set it up,
    /// Envoy read neither header; gRPC says what its own one means.
    pub(super) fn admitted(&mut self, permit: Option<Permit>, timeouts: Option<Timeouts>) {
        self.guard.hold(permit);
        let call = self.guard.call();
        // A listener that nobody knows limits nothing, but the caller may.
        let hurried = || call.callers_time().is_any().then(Timeouts::none);
        let timeouts = timeouts.or_else(hurried);
        self.limits = timeouts.map(|timeouts| Limits::of(call, timeouts));
    }

    /// Runs `poll` as part of the call.
    pub(super) fn enter<R>(&self, poll: impl FnOnce() -> R) -> R {
        CallContext::new(self.guard.call().clone()).enter(poll)
    }

    /// Ready with the limit that has passed.
    pub(super) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Cause> {
        match &mut self.limits {
            Some(limits) => limits.poll_expired(self.guard.call().request_end(), cx),
            None => Poll::Pending,
        }
    }

    /// The application broke the exchange off: what a proxy in front of it would call a closed upstream.
    #[cold]
    pub(super) fn broken_off(self) {
        let flag = Flag::UpstreamConnectionTermination;
        self.guard.call().failed(Some(flag));
    }

    /// The answer for an application that gave none, or was not asked.
    #[cold]
    pub(super) fn refused<B: HttpBody<Data = Bytes>>(mut self, cause: Cause) -> Response<Reply<B>> {
        self.limits = None;
        let (error, call) = (Error::new(cause), self.guard.call());
        call.refused_for(&error);
        let response = respond::inbound(&error, call);
        self.answer(response.map(Reply::local))
    }

    /// The application's answer.
    pub(super) fn answered<B: HttpBody<Data = Bytes>>(
        self,
        response: Response<B>,
    ) -> Response<Reply<B>> {
        self.answer(response.map(Reply::passed_on))
    }

    /// Lets the guard go with the body.
    fn answer<B: HttpBody<Data = Bytes>>(
        mut self,
        mut response: Response<Reply<B>>,
    ) -> Response<Reply<B>> {
        let (call, now) = (self.guard.call(), clock::now());
        call.head_came(now);
        call.answered(&response);
        call.own_trace().answer(response.headers_mut());
        // A tunnel's own `connection` header is what makes it one.
        if self.close && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        let conn = call
            .conn_info()
            .filter(|_| self.asked.becomes_tunnel(response.status()));
        if let Some(conn) = conn {
            // No body of it is ever read to an end: it ends when its bytes are closed.
            call.complete();
            let held = conn.held.clone();
            held.hold(self.guard);
            held.let_go();
            return response;
        }
        let length = match self.asked.has_no_body(response.status()) {
            true => Some(0),
            false => announced_length(response.headers()),
        };
        if let Some(limits) = &mut self.limits {
            limits.deadlines().head_received(now);
        }
        let reply = response.body_mut();
        reply.hold(self.guard, self.limits, length);
        response
    }
}

/// What of the request decides how its answer ends.
#[derive(Clone, Copy, Debug)]
struct Asked {
    head: bool,
    connect: bool,
    own_connection: bool,
}

impl Asked {
    fn of<B>(request: &Request<B>) -> Self {
        Self {
            head: request.method() == Method::HEAD,
            connect: request.method() == Method::CONNECT,
            own_connection: request.version() < Version::HTTP_2,
        }
    }

    /// Whether the connection is now something else than HTTP. A tunnel in a stream of HTTP/2 leaves the connection what it
    /// is; it counts as ended with its head.
    fn becomes_tunnel(self, status: StatusCode) -> bool {
        let switched =
            status == StatusCode::SWITCHING_PROTOCOLS || (self.connect && status.is_success());
        self.own_connection && switched
    }

    /// RFC 9110 §6.4.1: whatever body the application made, none is sent.
    fn has_no_body(self, status: StatusCode) -> bool {
        self.head || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }
}
