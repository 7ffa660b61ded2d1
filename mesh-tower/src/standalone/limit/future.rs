//! A request that waits its turn, runs, or is turned away.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use pin_project::pin_project;
use tower_service::Service;

use super::{Limit, LimitBody};
use crate::{
    error::{Cause, Error},
    gate::{Permit, Place},
    respond,
    standalone::Refusal,
};

/// Resolves with the inner service's response, or with a refusal.
#[pin_project]
pub struct LimitFuture<S: Service<Request<B>>, B, R> {
    #[pin]
    state: State<S, B, S::Future>,
    refusal: PhantomData<fn() -> R>,
}

#[pin_project(project = StateProjection)]
enum State<S, B, F> {
    Waiting {
        place: Place,
        limit: Limit,
        /// The service that was ready, and what it is to be called with; boxed, for few requests wait.
        call: Option<Box<(S, Request<B>)>>,
    },
    Running {
        #[pin]
        inner: F,
        permit: Option<Permit>,
    },
    Shed {
        waiting: usize,
        grpc: bool,
    },
}

impl<S: Service<Request<B>>, B, R> LimitFuture<S, B, R> {
    /// `permit` is `None` where nothing is limited.
    pub(super) fn running(inner: S::Future, permit: Option<Permit>) -> Self {
        State::Running { inner, permit }.into()
    }

    pub(super) fn waiting(place: Place, limit: Limit, ready: S, request: Request<B>) -> Self {
        let call = Some(Box::new((ready, request)));
        State::Waiting { place, limit, call }.into()
    }

    pub(super) fn shed(waiting: usize, grpc: bool) -> Self {
        State::Shed { waiting, grpc }.into()
    }
}

impl<S: Service<Request<B>>, B, R> From<State<S, B, S::Future>> for LimitFuture<S, B, R> {
    fn from(state: State<S, B, S::Future>) -> Self {
        Self {
            state,
            refusal: PhantomData,
        }
    }
}

impl<S, B, R, ResB> Future for LimitFuture<S, B, R>
where
    S: Service<Request<B>, Response = Response<ResB>>,
    R: Refusal<S::Error>,
    ResB: HttpBody<Data = Bytes>,
{
    type Output = Result<Response<LimitBody<ResB>>, R::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        if let StateProjection::Waiting { place, limit, call } = state.as_mut().project() {
            let permit = Some(ready!(place.poll_permit(*limit, cx)));
            if let Some(call) = call.take() {
                let (mut ready, request) = *call;
                let inner = ready.call(request);
                state.set(State::Running { inner, permit });
            }
        }
        Poll::Ready(match state.project() {
            StateProjection::Waiting { .. } => return Poll::Pending,
            StateProjection::Running { inner, permit } => {
                let result = ready!(inner.poll(cx));
                let permit = permit.take();
                result
                    .map(|response| response.map(|body| LimitBody::inner(body, permit)))
                    .map_err(R::pass)
            }
            StateProjection::Shed { waiting, grpc } => {
                let error = Error::new(Cause::Overflow { waiting: *waiting }).after(0, true);
                R::refuse(error, |error| respond::alone(error, *grpc))
                    .map(|response| response.map(LimitBody::local))
            }
        })
    }
}

impl<S: Service<Request<B>>, B, R> fmt::Debug for LimitFuture<S, B, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Waiting { .. } => "Waiting",
            State::Running { .. } => "Running",
            State::Shed { .. } => "Shed",
        };
        f.debug_tuple("LimitFuture").field(&state).finish()
    }
}
