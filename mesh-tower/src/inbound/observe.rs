//! The outermost inbound service: gives each request its call, and holds the guard that ends with it.

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body as HttpBody;
use mesh_core::metric::Flag;
use pin_project::pin_project;
use tower_service::Service;

use super::{InboundState, arrived::Arrived, reply::Reply};
use crate::{
    adapter,
    body::{Body, BoxError, announced_length},
    conn_info::ConnInfo,
    context::CallContext,
    guard::Guard,
    runtime::clock,
};

/// Makes the call, keeps the guard, and runs everything inside as part of the call.
#[derive(Clone, Debug)]
pub(crate) struct Observe<S> {
    inner: S,
    state: InboundState,
    conn: Option<Arc<ConnInfo>>,
}

impl<S> Observe<S> {
    pub(crate) fn new(inner: S, state: InboundState, conn: Option<Arc<ConnInfo>>) -> Self {
        Self { inner, state, conn }
    }

    fn open_call<B>(&self, request: &mut Request<B>) -> Running {
        let scope = self.state.scope();
        // Under someone else's server the connection is known only if that one says so.
        let conn = self.conn.clone();
        let conn = conn.or_else(|| adapter::connection(request.extensions_mut()));
        let call = scope.begin_inbound(request, conn);
        let guard = Guard::new(call.clone(), scope);
        Running {
            guard,
            context: CallContext::new(call),
            asked: Asked::of(request),
        }
    }
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for Observe<S>
where
    S: Service<Arrived, Response = Response<Reply<ResB>>>,
    ReqB: HttpBody<Data = Bytes> + Send + 'static,
    ReqB::Error: Into<BoxError>,
    ResB: HttpBody<Data = Bytes>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let mut request = request.map(Body::new);
        if request.extensions().get::<CallContext>().is_some() {
            // Another stack around this one made the call.
            return ResponseFuture {
                inner: self.inner.call(Arrived::new(request, None)),
                running: None,
            };
        }
        let running = self.open_call(&mut request);
        request.extensions_mut().insert(running.context.clone());
        let call = running.guard.call().clone();
        let (length, body) = (
            announced_length(request.headers()),
            mem::take(request.body_mut()),
        );
        *request.body_mut() = body.reporting_to(call.clone(), length);
        let call = Some(call);
        let inner = running
            .context
            .enter(|| self.inner.call(Arrived::new(request, call)));
        ResponseFuture {
            inner,
            running: Some(running),
        }
    }
}

/// Waits for the head, then lets the guard go with the body.
#[pin_project]
#[derive(Debug)]
pub(crate) struct ResponseFuture<F> {
    #[pin]
    inner: F,
    running: Option<Running>,
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<Reply<B>>, E>>,
    B: HttpBody<Data = Bytes>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(running) = this.running else {
            return this.inner.poll(cx);
        };
        let inner = this.inner;
        let result = ready!(running.context.enter(|| inner.poll(cx)));
        Poll::Ready(match (result, this.running.take()) {
            (Ok(response), Some(running)) => Ok(running.answered(response)),
            (Err(error), Some(running)) => {
                // The application broke the exchange off: what a proxy in front of it would call a closed upstream.
                running
                    .guard
                    .call()
                    .failed(Some(Flag::UpstreamConnectionTermination));
                Err(error)
            }
            (result, None) => result,
        })
    }
}

/// A request that is being answered.
#[derive(Debug)]
struct Running {
    guard: Guard,
    context: CallContext,
    asked: Asked,
}

impl Running {
    fn answered<B: HttpBody<Data = Bytes>>(
        mut self,
        mut response: Response<Reply<B>>,
    ) -> Response<Reply<B>> {
        self.guard.hold(response.body_mut().take_permit());
        let call = self.guard.call().clone();
        if call.head_at().is_none() {
            call.head_came(clock::now());
        }
        call.answered(&response);
        call.own_trace().answer(response.headers_mut());
        let conn = call
            .conn_info()
            .filter(|_| self.asked.becomes_tunnel(response.status()));
        if let Some(conn) = conn {
            // No body of it is ever read to an end: it ends when its bytes are closed.
            call.complete();
            conn.held.hold(self.guard);
            return response;
        }
        let length = announced_length(response.headers());
        let over = self.asked.has_no_body(response.status());
        response.body_mut().hold(
            self.guard,
            self.context,
            if over { Some(0) } else { length },
        );
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
