//! The inbound services as one layer, for servers that are not the mesh's own.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{
    InboundState, Reply,
    stack::{self, Stack, stack},
};
use crate::body::{Body, BoxError};

/// Puts the inbound services around an application that somebody else's server serves; made by
/// [`Mesh::inbound`](crate::Mesh::inbound).
///
/// What it counts and limits is shared by all services it makes, so it also stands in `Router::layer`, which makes one for
/// each route. Around the whole application is better: then requests that no route takes are seen, too. Where the same
/// request meets a second of these layers, that one lets everything through.
///
/// # Differences from [`Mesh::serve`](crate::Mesh::serve)
/// The connection is known here only if it comes from a [`Mesh::listener`](crate::Mesh::listener) and the server passes that
/// on. Where it is not, a call has no [`ConnInfo`](crate::ConnInfo), its limits are those of the node's only listener, and a
/// tunnel (101, CONNECT) counts as ended with its head.
///
/// # Examples
/// ```no_run
/// use axum::{Router, routing::get};
/// use tower::ServiceBuilder;
///
/// # async fn example(mesh: mesh_tower::Mesh) -> std::io::Result<()> {
/// let router = Router::new().route("/", get(async || "hello")).layer(mesh.inbound());
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// axum::serve(listener, router).await
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct InboundLayer {
    state: InboundState,
}

impl InboundLayer {
    pub(crate) fn new(state: InboundState) -> Self {
        Self { state }
    }
}

impl<S> Layer<S> for InboundLayer {
    type Service = Inbound<S>;

    fn layer(&self, app: S) -> Inbound<S> {
        Inbound {
            stack: stack(app, self.state.clone(), None),
        }
    }
}

/// An application with the inbound services around it; made by [`InboundLayer`].
///
/// Whatever it refuses is answered with a response; the application's own errors pass through as they are.
#[derive(Clone, Debug)]
pub struct Inbound<S> {
    stack: Stack<S>,
}

impl<S, ReqB, ResB> Service<Request<ReqB>> for Inbound<S>
where
    S: Service<Request<Body>, Response = Response<ResB>> + Clone,
    ReqB: HttpBody<Data = Bytes> + Send + 'static,
    ReqB::Error: Into<BoxError>,
    ResB: HttpBody<Data = Bytes>,
{
    type Response = Response<Reply<ResB>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.stack.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        ResponseFuture {
            stack: self.stack.call(request.map(Body::new)),
        }
    }
}

/// Resolves with the application's response, or with a refusal.
#[pin_project]
pub struct ResponseFuture<S, F> {
    #[pin]
    stack: stack::ResponseFuture<S, F>,
}

impl<S, B> Future for ResponseFuture<S, S::Future>
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: HttpBody<Data = Bytes>,
{
    type Output = Result<Response<Reply<B>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().stack.poll(cx)
    }
}

impl<S, F> fmt::Debug for ResponseFuture<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
