//! A request that may meet a fault.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use pin_project::pin_project;
use tokio::time::Sleep;
use tower_service::Service;

use super::FaultBody;

/// Resolves with the inner service's response, or with the fault's.
#[pin_project]
pub struct FaultFuture<S: Service<Request<B>>, B> {
    #[pin]
    stage: Stage<S, B, S::Future>,
}

#[pin_project(project = StageProjection)]
enum Stage<S, B, F> {
    Asked(#[pin] F),
    Waits {
        sleep: Pin<Box<Sleep>>,
        /// What follows.
        next: Option<Next<S, B>>,
    },
    Answered(Option<Response<Bytes>>),
}

/// What follows a delay.
pub(super) enum Next<S, B> {
    /// The service that was ready, and the request for it.
    Ask(S, Request<B>),
    Answer(Response<Bytes>),
}

impl<S: Service<Request<B>>, B> FaultFuture<S, B> {
    pub(super) fn asked(future: S::Future) -> Self {
        Self {
            stage: Stage::Asked(future),
        }
    }

    pub(super) fn answered(answer: Response<Bytes>) -> Self {
        Self {
            stage: Stage::Answered(Some(answer)),
        }
    }

    pub(super) fn waits(sleep: Sleep, next: Next<S, B>) -> Self {
        Self {
            stage: Stage::Waits {
                sleep: Box::pin(sleep),
                next: Some(next),
            },
        }
    }
}

impl<S, B, R> Future for FaultFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Output = Result<Response<FaultBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let next = match stage.as_mut().project() {
                StageProjection::Asked(future) => {
                    let answer = ready!(future.poll(cx));
                    return Poll::Ready(answer.map(|answer| answer.map(FaultBody::inner)));
                }
                StageProjection::Waits { sleep, next } => {
                    ready!(sleep.as_mut().poll(cx));
                    next.take()
                }
                StageProjection::Answered(answer) => answer.take().map(Next::Answer),
            };
            match next {
                Some(Next::Ask(mut service, request)) => {
                    stage.set(Stage::Asked(service.call(request)))
                }
                Some(Next::Answer(answer)) => return Poll::Ready(Ok(answer.map(FaultBody::local))),
                // Polled again after it had resolved, which no future has to bear.
                None => return Poll::Pending,
            }
        }
    }
}

impl<S: Service<Request<B>>, B> fmt::Debug for FaultFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultFuture").finish_non_exhaustive()
    }
}
