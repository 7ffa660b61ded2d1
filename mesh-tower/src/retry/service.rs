//! The service: one future per request, the inner room once per attempt.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Response;
use tower_service::Service;

use super::run::Run;
use crate::{
    error::Error,
    outgoing::{Deliver, Routed},
    response_body::ResponseBody,
    runtime::rng::SharedRng,
};

/// Tries a request until its route's policy is content, within its route's limits.
#[derive(Debug)]
pub(crate) struct Retry<D>(Arc<Shared<D>>);

/// What requests share, behind one pointer: each holds it as long as it is tried.
#[derive(Debug)]
pub(super) struct Shared<D> {
    pub(super) inner: D,
    pub(super) rng: Arc<SharedRng>,
}

impl<D> Retry<D> {
    pub(crate) fn new(inner: D, rng: Arc<SharedRng>) -> Self {
        Self(Arc::new(Shared { inner, rng }))
    }
}

impl<D> Clone for Retry<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D> Service<Routed> for Retry<D>
where
    D: Deliver + Send + Sync + 'static,
{
    type Response = Response<ResponseBody>;
    type Error = Error;
    /// Boxed once per request, with every attempt inside it.
    type Future = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Error>> + Send>>;

    /// Always: which endpoint a request waits for is known only when it is called, so the waiting is in the future.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, routed: Routed) -> Self::Future {
        let (run, request) = Run::new(self.0.clone(), routed);
        Box::pin(run.run(request))
    }
}
