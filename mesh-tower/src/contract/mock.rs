//! The innermost services: strict about readiness, and otherwise as their script says.

use std::task::{Context, Poll};

use http::{Method, Request, Response, StatusCode, header};
use hyper::upgrade;
use hyper_util::rt::TokioIo;
use tokio::io;
use tower_service::Service;

use super::script::{BROKEN, Part, Script, Step};
use crate::{body::BoxError, context::CallContext};

/// A service that panics when it is called without having been polled ready. A clone has to be polled itself.
pub(super) struct Strict<F, E> {
    answer: F,
    script: Script,
    unready: fn() -> E,
    ready: bool,
}

impl<F, E> Strict<F, E> {
    /// `answer` takes the requests, `unready` makes the error of a readiness that failed.
    pub(super) fn new(script: &Script, unready: fn() -> E, answer: F) -> Self {
        Self {
            answer,
            script: script.clone(),
            unready,
            ready: false,
        }
    }

    fn unreserve(&mut self) -> bool {
        let ready = std::mem::take(&mut self.ready);
        if ready {
            self.script.unreserve();
        }
        ready
    }
}

impl<F: Clone, E> Clone for Strict<F, E> {
    fn clone(&self) -> Self {
        Self::new(&self.script, self.unready, self.answer.clone())
    }
}

impl<F, E> Drop for Strict<F, E> {
    fn drop(&mut self) {
        self.unreserve();
    }
}

impl<R, F, Fut, T, E> Service<R> for Strict<F, E>
where
    F: Fn(R) -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    type Response = T;
    type Error = E;
    type Future = Fut;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        let polled = self.script.poll_readiness(cx);
        if polled == Poll::Ready(Ok(())) && !self.ready {
            self.ready = true;
            self.script.reserve();
        }
        polled.map_err(|()| (self.unready)())
    }

    fn call(&mut self, request: R) -> Fut {
        assert!(
            self.unreserve(),
            "called without having been polled ready: another one was"
        );
        (self.answer)(request)
    }
}

/// An application that answers as the script says.
pub(super) async fn app<B>(
    script: Script,
    mut request: Request<B>,
) -> Result<Response<Part>, BoxError> {
    if let Some(call) = request.extensions().get::<CallContext>() {
        script.announce(call.clone());
    }
    let mut part = script.arrive().ok_or(BROKEN)?;
    match part.next().await {
        Some(Step::Head) => Ok(Response::new(part)),
        Some(Step::Switch) => Ok(switched(&mut request, part)),
        _ => Err(BROKEN.into()),
    }
}

fn switched<B>(request: &mut Request<B>, part: Part) -> Response<Part> {
    let upgrading = upgrade::on(&mut *request);
    tokio::spawn(async move {
        // Without a server of hyper's there is no upgrade; the test closes the connection by itself.
        if let Ok(tunnel) = upgrading.await {
            let _ = io::copy(&mut TokioIo::new(tunnel), &mut io::sink()).await;
        }
    });
    let mut response = Response::new(part.over());
    if *request.method() != Method::CONNECT {
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(
            header::CONNECTION,
            header::HeaderValue::from_static("upgrade"),
        );
        headers.insert(header::UPGRADE, header::HeaderValue::from_static("echo"));
    }
    response
}
