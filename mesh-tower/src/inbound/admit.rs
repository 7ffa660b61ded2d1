//! The inbound service that decides whether a request may come in, and when.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, Version, header};
use http_body::Body as HttpBody;
use mesh_core::mode::{Mode, Shadowed};
use pin_project::pin_project;
use tower_service::Service;

use super::{InboundState, arrived::Arrived, drain::Phase, queued::Queued, reply::Reply};
use crate::{
    call::Call,
    conn_info::ConnInfo,
    error::{Cause, Error},
    gate::{Entry, Permit},
    respond,
};

/// Refuses, lets wait, or lets in.
///
/// A listener with a connection pool takes so many requests at a time; of those beyond, so many wait, in the order in which
/// they came, and the others are answered at once. A request counts until its response's body, or the tunnel that it became,
/// has ended. Requests that came in while there was no limit are not counted under one that is written later.
///
/// While the mesh drains, requests on old connections are still answered, or a rolling deploy would lose them; an HTTP/1
/// caller is told with `connection: close` to make its next request elsewhere. Under [`Mesh::serve`](crate::Mesh::serve) the
/// connections say so themselves; here it is for servers that one runs oneself.
///
/// # Source
/// App Mesh `VirtualNodeConnectionPool`, as Envoy 1.40 kept it where requests came in one after the other; Envoy's drain of a
/// listener.
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

impl<S> Admit<S>
where
    S: Service<Arrived> + Clone,
{
    fn admit(&mut self, mut arrived: Arrived) -> State<S, S::Future> {
        let Some(call) = &arrived.call else {
            return State::running(self.inner.call(arrived), None);
        };
        if self.state.drain().phase() == Phase::Stopped {
            return State::refused(Cause::Stopping, call);
        }
        let port = call.conn_info().map(ConnInfo::port);
        let Some(terms) = self.state.terms(port) else {
            return State::running(self.inner.call(arrived), None);
        };
        arrived.timeouts = Some(terms.timeouts);
        let Some(limit) = terms.limit else {
            return State::running(self.inner.call(arrived), None);
        };
        match self.state.gate(port).enter(limit) {
            Entry::In(permit) => State::running(self.inner.call(arrived), Some(permit)),
            _ if terms.mode == Mode::Shadow => {
                self.state.scope().shadow().note(Shadowed::Limit);
                tracing::debug!(?limit, "shadow: the request would have to wait, or be shed");
                State::running(self.inner.call(arrived), None)
            }
            Entry::Shed { waiting } => State::refused(Cause::Overflow { waiting }, call),
            Entry::Wait(place) => {
                // What was made ready waits with the request; who comes next gets a clone, which is asked anew.
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                let queued = Queued::new(place, self.state.clone(), call, terms.timeouts);
                State::Queued(Some(Box::new((queued, ready, arrived))))
            }
        }
    }
}

impl<S, B> Service<Arrived> for Admit<S>
where
    S: Service<Arrived, Response = Response<Reply<B>>> + Clone,
    B: HttpBody<Data = Bytes>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, arrived: Arrived) -> Self::Future {
        let phase = self.state.drain().phase();
        let close = phase > Phase::Serving && arrived.request.version() < Version::HTTP_2;
        ResponseFuture {
            state: self.admit(arrived),
            close,
        }
    }
}

/// The application's response, or a refusal.
#[pin_project]
pub(crate) struct ResponseFuture<S, F> {
    #[pin]
    state: State<S, F>,
    close: bool,
}

#[pin_project(project = StateProjection)]
enum State<S, F> {
    Refused(Option<Response<Bytes>>),
    /// Boxed, for few requests wait.
    Queued(Option<Box<(Queued, S, Arrived)>>),
    Running {
        #[pin]
        inner: F,
        permit: Option<Permit>,
    },
}

impl<S, F> State<S, F> {
    /// `permit` is `None` where nothing is limited.
    fn running(inner: F, permit: Option<Permit>) -> Self {
        Self::Running { inner, permit }
    }

    fn refused(cause: Cause, call: &Call) -> Self {
        let error = Error::new(cause);
        call.refused_for(&error);
        Self::Refused(Some(respond::inbound(&error, call)))
    }
}

impl<S: Service<Arrived>> ResponseFuture<S, S::Future> {
    /// Goes on from the queue once it is this request's turn, or a limit has passed.
    fn poll_queue(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.project().state;
        let StateProjection::Queued(waiting) = state.as_mut().project() else {
            return Poll::Ready(());
        };
        let Some((queued, _, arrived)) = waiting.as_deref_mut() else {
            return Poll::Ready(());
        };
        arrived.request.body_mut().read_ahead(cx);
        let entered = ready!(queued.poll_entry(cx));
        if let Some(waiting) = waiting.take() {
            let (queued, mut ready, arrived) = *waiting;
            let call = queued.leave();
            state.set(match entered {
                Ok(permit) => State::running(ready.call(arrived), permit),
                Err(cause) => State::refused(cause, &call),
            });
        }
        Poll::Ready(())
    }
}

impl<S, B> Future for ResponseFuture<S, S::Future>
where
    S: Service<Arrived, Response = Response<Reply<B>>>,
    B: HttpBody<Data = Bytes>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if matches!(self.state, State::Queued(_)) {
            ready!(self.as_mut().poll_queue(cx));
        }
        let this = self.project();
        let mut response = match this.state.project() {
            StateProjection::Running { inner, permit } => {
                let mut response = ready!(inner.poll(cx))?;
                response.body_mut().admitted(permit.take());
                response
            }
            StateProjection::Refused(refusal) => {
                refusal.take().unwrap_or_default().map(Reply::local)
            }
            StateProjection::Queued(_) => return Poll::Pending,
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

impl<S, F> fmt::Debug for ResponseFuture<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Refused(_) => "Refused",
            State::Queued(_) => "Queued",
            State::Running { .. } => "Running",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
