//! The outermost outbound service: gives each request its call, and holds the guard that ends with it.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::{Request, Response};
use pin_project::pin_project;
use tower_service::Service;

use crate::{
    body::{Body, announced_length},
    call::Call,
    error::Error,
    guard::SendGuard,
    outgoing::Outgoing,
    record::Scope,
    respond,
    response_body::ResponseBody,
};

/// A request as the facade hands it in.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) request: Request<Body>,
    /// The caller's own limit.
    pub(crate) limit: Option<Duration>,
}

/// Makes the call, keeps the guard.
#[derive(Clone, Debug)]
pub(crate) struct Observe<S> {
    inner: S,
    scope: Arc<Scope>,
}

impl<S> Observe<S> {
    pub(crate) fn new(inner: S, scope: Arc<Scope>) -> Self {
        Self { inner, scope }
    }
}

impl<S> Service<Asked> for Observe<S>
where
    S: Service<Outgoing, Response = Response<ResponseBody>, Error = Error>,
{
    type Response = S::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, Asked { mut request, limit }: Asked) -> Self::Future {
        let call = self.scope.begin_outbound(&mut request);
        let length = announced_length(request.headers());
        request.body_mut().report_to(&call, length);
        let guard = SendGuard::new(call.clone(), &self.scope);
        ResponseFuture {
            inner: self.inner.call(Outgoing {
                request,
                call,
                limit,
            }),
            guard: Some(guard),
            failed: None,
        }
    }
}

/// Waits for the head, then lets the guard go with the body.
#[pin_project]
#[derive(Debug)]
pub(crate) struct ResponseFuture<F> {
    #[pin]
    inner: F,
    guard: Option<SendGuard>,
    failed: Option<Arc<Call>>,
}

impl<F> ResponseFuture<F> {
    /// The call, once it has ended in an error.
    pub(crate) fn failed(&self) -> Option<&Arc<Call>> {
        self.failed.as_ref()
    }
}

impl<F> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<ResponseBody>, Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        let guard = this.guard.take();
        Poll::Ready(match (result, guard) {
            (Ok(response), Some(guard)) => Ok(answered(response, guard)),
            (Err(error), Some(guard)) => {
                let call = guard.call();
                let (attempts, unsent) = call.tries();
                let error = error.at(call.place()).after(attempts, unsent);
                call.failed(error.flag());
                let (status, length, grpc) = respond::told_as_proxy(&error, call.is_grpc());
                call.refused(status, length, grpc);
                *this.failed = Some(call.clone());
                Err(error)
            }
            (result, None) => result,
        })
    }
}

fn answered(mut response: Response<ResponseBody>, guard: SendGuard) -> Response<ResponseBody> {
    guard.call().answered(&response);
    response.body_mut().guard(guard);
    response
}
