//! A function as the service that a mesh serves.

use std::{
    convert::Infallible,
    future::Future,
    task::{Context, Poll},
};

use futures::future::{FutureExt as _, Map};
use http::{Request, Response};
use tower_service::Service;

use crate::body::Body;

/// Answers every request with what a function makes of it.
#[derive(Clone, Debug)]
pub(super) struct Handler<H>(pub(super) H);

impl<H, F, B> Service<Request<Body>> for Handler<H>
where
    H: Fn(Request<Body>) -> F,
    F: Future<Output = Response<B>>,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Map<F, fn(Response<B>) -> Result<Response<B>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        (self.0)(request).map(Ok)
    }
}
