//! The client as a sidecar: never an error, always an answer.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use pin_project::pin_project;
use tower_service::Service;

use super::{Client, ResponseFuture};
use crate::{
    body::{Body, BoxError},
    response_body::ResponseBody,
};

/// A [`Client`] whose refusals are the responses that a sidecar would have sent; made by [`Client::as_proxy`].
///
/// # Source
/// Envoy 1.40's local replies: status, body and `x-envoy-overloaded`.
#[derive(Clone, Debug)]
pub struct AsProxy {
    client: Client,
}

impl AsProxy {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }
}

impl<B> Service<Request<B>> for AsProxy
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = ProxyFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ProxyFuture {
        ProxyFuture {
            inner: self.client.begin(request.map(Body::new), None),
        }
    }
}

/// Resolves with an answer, whoever it is from.
#[pin_project]
#[derive(Debug)]
pub struct ProxyFuture {
    #[pin]
    inner: ResponseFuture,
}

impl Future for ProxyFuture {
    type Output = Result<Response<ResponseBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll_as_proxy(cx).map(Ok)
    }
}
