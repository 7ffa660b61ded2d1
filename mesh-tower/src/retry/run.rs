//! The loop of one request.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use http::{Request, Response, StatusCode};
use mesh_core::{
    metric::Outcome,
    retry::{Attempts, Done, Ended, Next, Safety},
    snapshot::Plan,
};
use tokio::time;

use super::{
    answer::{ended, ended_in},
    kept::Kept,
};
use crate::{
    body::Body,
    call::{Call, tell},
    endpoint::Destination,
    error::{Cause, Error},
    limits::{Enforced, Limits},
    outgoing::{Deliver, Routed, Try},
    response_body::ResponseBody,
    runtime::{clock, rng::SharedRng},
};

/// One request on its way through its attempts.
pub(super) struct Run<D> {
    inner: D,
    rng: Arc<SharedRng>,
    call: Arc<Call>,
    destination: Arc<Destination>,
    plan: Arc<Plan>,
    attempts: Attempts,
    limits: Limits,
    /// When the try begins that is made next.
    begun: Instant,
    /// What another attempt would send; `None` when there can be none.
    kept: Option<Kept>,
}

impl<D: Deliver> Run<D> {
    pub(super) fn new(inner: D, routed: Routed, rng: Arc<SharedRng>) -> (Self, Request<Body>) {
        let limits = routed.limits();
        let Routed {
            request,
            call,
            plan,
            destination,
            begun,
            ..
        } = routed;
        let attempts = Attempts::new(Safety::of(request.method(), call.is_grpc()));
        if let Some(budget) = plan.retry.budget() {
            destination.cluster.retries().earn(budget);
        }
        let (request, kept) = match attempts.can_retry(&plan.retry) {
            true => Kept::split(request),
            false => (request, None),
        };
        let run = Self {
            inner,
            rng,
            call,
            destination,
            plan,
            attempts,
            limits,
            begun,
            kept,
        };
        (run, request)
    }

    /// Tries the request until the policy is content or a limit passes.
    ///
    /// This future is allocated and filled for every request, so it and what it awaits are blocks and small types.
    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` keeps room for its arguments twice"
    )]
    pub(super) fn run(
        mut self,
        mut request: Request<Body>,
    ) -> impl Future<Output = Result<Response<ResponseBody>, Error>> {
        async move {
            self.check_time()?;
            loop {
                let enforced = self.attempt(request).await;
                let mut result = enforced.unwrap_or_else(|cause| Err(self.cut(cause)));
                let Some(ended) = how(&mut result, self.peeks()).await else {
                    return result;
                };
                let (now, outcome) = (clock::now(), ended.outcome);
                self.record(outcome, now);
                let wait = match self.next(ended, now) {
                    Next::Try => None,
                    Next::Wait(wait) => Some(wait),
                    Next::Done(Done::OutOfTime) => return Err(self.out_of_time()),
                    Next::Done(done) => return self.finish(result, done, now),
                };
                let Some(again) = self.again() else {
                    return self.finish(result, not_again(outcome), now);
                };
                request = again;
                // The failed answer goes before the wait: nobody will read it.
                drop(result);
                if let Some(wait) = wait {
                    Box::pin(time::sleep(wait)).await;
                }
                self.begun = clock::now();
                self.check_time()?;
                if !self.attempts.can_retry(&self.plan.retry) {
                    self.kept = None;
                }
            }
        }
    }

    fn attempt(
        &mut self,
        mut request: Request<Body>,
    ) -> Enforced<'_, impl Future<Output = Result<Response<ResponseBody>, Error>>> {
        let begun = self.begun;
        self.limits.deadlines().attempt_started(begun);
        let (headers, grpc) = (request.headers_mut(), self.call.is_grpc());
        tell(headers, grpc, self.limits.deadlines(), begun);
        let attempt = self.inner.deliver(Try {
            begun,
            request,
            call: self.call.clone(),
            destination: self.destination.clone(),
            connect: self.limits.timeouts().connect,
        });
        self.limits.enforce(self.call.request_end(), attempt)
    }

    /// A limit has passed before the head. That speaks against the endpoint, unless it was never asked, it was silence on both
    /// sides, or the time that the caller left: callers in a hurry would put endpoints out for all others.
    #[cold]
    fn cut(&self, cause: Cause) -> Error {
        let asked = self.call.request_end().connected().is_some();
        let harmless = !asked || matches!(cause, Cause::Idle { .. } | Cause::Deadline);
        let attempt = self.call.attempts().last();
        if let Some(attempt) = attempt.filter(|tried| !harmless && tried.outcome().is_none()) {
            self.destination.cut(attempt.endpoint());
        }
        Error::new(cause)
    }

    fn next(&mut self, ended: Ended, now: Instant) -> Next {
        let ended = ended.with_left(self.limits.deadlines().remaining(now));
        let retries = self.destination.cluster.retries();
        let spend = |budget| retries.spend(budget, now);
        self.attempts
            .next(&self.plan.retry, ended, spend, &mut &*self.rng)
    }

    fn again(&self) -> Option<Request<Body>> {
        self.kept.as_ref()?.request(self.attempts.count())
    }

    /// Whether an answer's trailers are looked at early.
    fn peeks(&self) -> bool {
        self.kept.is_some() && self.call.is_grpc()
    }

    fn record(&self, outcome: Outcome, now: Instant) {
        if let Some(attempt) = self.call.attempts().last() {
            attempt.ended(outcome, now);
        }
    }

    fn finish(
        mut self,
        mut result: Result<Response<ResponseBody>, Error>,
        done: Done,
        now: Instant,
    ) -> Result<Response<ResponseBody>, Error> {
        // Why the last attempt failed is the error's to say, which knows it better; that it was the last is said here.
        if let Some(flag) = done.flag() {
            self.call.flag(flag);
        }
        if let Ok(response) = &mut result {
            self.call.head_came(now);
            self.limits.deadlines().head_received(now);
            response.body_mut().limit(self.limits);
        }
        result
    }

    /// A wait ends no later than the request limit; at the limit, nothing more is tried.
    fn check_time(&mut self) -> Result<(), Error> {
        if let Some(at) = self.call.request_end().at() {
            self.limits.deadlines().request_ended(at);
        }
        match self.limits.deadlines().remaining(self.begun) {
            Some(left) if left.is_zero() => Err(self.out_of_time()),
            _ => Ok(()),
        }
    }

    fn out_of_time(&self) -> Error {
        Error::new(self.limits.out_of_time())
    }
}

/// How the attempt ended; `None` where no further attempt could help. `peek` looks for trailers that are there already.
async fn how(result: &mut Result<Response<ResponseBody>, Error>, peek: bool) -> Option<Ended> {
    let response = match result {
        Ok(response) => response,
        Err(error) => return error.outcome().map(Ended::new),
    };
    let answer = ended(response.status(), response.headers());
    if !peek || answer.outcome != StatusCode::OK.into() {
        return Some(answer);
    }
    let mut trailers =
        |cx: &mut Context<'_>| response.body_mut().peek_trailers(cx).and_then(ended_in);
    let peeked = poll_fn(|cx| Poll::Ready(trailers(cx))).await;
    Some(peeked.unwrap_or(answer))
}

/// The policy would try once more, but too much of the request's body has gone by to send it again.
fn not_again(outcome: Outcome) -> Done {
    if outcome.is_answer() {
        Done::Answered
    } else {
        Done::Failed
    }
}
