//! The inbound service that decides whether a request may come in.
//!
//! Identity, authorization and the listener's limits will be asked here; now the only reason to refuse is that the mesh has
//! stopped.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, Version, header};
use http_body::Body as HttpBody;
use pin_project::pin_project;
use tower_service::Service;

use super::{InboundState, arrived::Arrived, drain::Phase, reply::Reply};
use crate::{
    error::{Cause, Error},
    respond,
};

/// Refuses, or lets in.
///
/// While the mesh drains, requests on old connections are still answered, or a rolling deploy would lose them; an HTTP/1
/// caller is told with `connection: close` to make its next request elsewhere. Under [`Mesh::serve`](crate::Mesh::serve) the
/// connections say so themselves; here it is for servers that one runs oneself.
///
/// # Source
/// Envoy's drain of a listener.
#[derive(Clone, Debug)]
pub(crate) struct Admit<S> {
    inner: S,
    state: InboundState,
}

impl<S> Admit<S> {
    pub(crate) fn new(inner: S, state: InboundState) -> Self {
        Self { inner, state }
    }
}

impl<S, B> Service<Arrived> for Admit<S>
where
    S: Service<Arrived, Response = Response<Reply<B>>>,
    B: HttpBody<Data = Bytes>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, arrived: Arrived) -> Self::Future {
        let phase = self.state.drain().phase();
        let close = phase > Phase::Serving && arrived.request.version() < Version::HTTP_2;
        let verdict = match &arrived.call {
            Some(call) if phase == Phase::Stopped => {
                let stopping = Error::new(Cause::Stopping);
                call.refused_for(&stopping);
                Verdict::Refused(Some(respond::inbound(&stopping, call)))
            }
            _ => Verdict::Admitted(self.inner.call(arrived)),
        };
        ResponseFuture { verdict, close }
    }
}

/// The application's response, or a refusal.
#[pin_project]
#[derive(Debug)]
pub(crate) struct ResponseFuture<F> {
    #[pin]
    verdict: Verdict<F>,
    close: bool,
}

#[pin_project(project = VerdictProjection)]
#[derive(Debug)]
enum Verdict<F> {
    Refused(Option<Response<Bytes>>),
    Admitted(#[pin] F),
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<Reply<B>>, E>>,
    B: HttpBody<Data = Bytes>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = match this.verdict.project() {
            VerdictProjection::Admitted(inner) => ready!(inner.poll(cx))?,
            VerdictProjection::Refused(refusal) => {
                refusal.take().unwrap_or_default().map(Reply::local)
            }
        };
        // A tunnel's own `connection` header is what makes it one.
        if *this.close && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response))
    }
}
