//! The loop of one request.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Response};
use mesh_core::{
    metric::Outcome,
    retry::{Attempts, Done, Ended, Next, Safety},
};
use tokio::time;

use super::{answer::how, kept::Kept, service::Shared};
use crate::{
    body::Body,
    call::{Call, tell},
    error::{Cause, Error},
    limits::{Enforced, Limits},
    outgoing::{Deliver, Routed, Try},
    response_body::ResponseBody,
    runtime::{clock, way::Way},
};

/// One request on its way through its attempts.
pub(super) struct Run<D> {
    shared: Arc<Shared<D>>,
    call: Arc<Call>,
    way: Arc<Way>,
    attempts: Attempts,
    limits: Limits,
    /// When the try begins that is made next.
    begun: Instant,
    /// What another attempt would send; `None` when there can be none.
    kept: Option<Kept>,
}

impl<D: Deliver> Run<D> {
    pub(super) fn new(shared: Arc<Shared<D>>, routed: Routed) -> (Self, Request<Body>) {
        let limits = routed.limits();
        let Routed {
            mut request,
            call,
            way,
            begun,
            ..
        } = routed;
        let plan = &way.plan;
        let attempts = Attempts::new(Safety::of(request.method(), call.is_grpc()));
        if let Some(budget) = plan.retry.budget() {
            way.destination.cluster.retries().earn(budget);
        }
        let kept = match attempts.can_retry(&plan.retry) {
            true => Kept::of(&mut request),
            false => None,
        };
        let run = Self {
            shared,
            call,
            way,
            attempts,
            limits,
            begun,
            kept,
        };
        (run, request)
    }

    /// Tries the request until the policy is content or a limit passes.
    ///
    /// This future is allocated and filled for every request, so it and what it awaits are blocks and small types; what only
    /// a second attempt needs is allocated when there is one.
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
            let tried = self.attempt(&mut request).await;
            let mut result = tried.unwrap_or_else(|cause| Err(self.cut(cause)));
            if let Verdict::Again(wait) = self.judge(&mut request, &mut result) {
                // The failed answer goes before the wait: nobody will read it.
                drop(result);
                result = Box::pin(self.try_again(&mut request, wait)).await;
            }
            if let Ok(response) = &mut result {
                response.body_mut().limit(self.limits);
            }
            result
        }
    }

    async fn try_again(
        &mut self,
        request: &mut Request<Body>,
        mut wait: Option<Duration>,
    ) -> Result<Response<ResponseBody>, Error> {
        loop {
            if let Some(wait) = wait {
                time::sleep(wait).await;
            }
            self.begun = clock::now();
            self.check_time()?;
            if !self.attempts.can_retry(&self.way.plan.retry) {
                self.kept = None;
            }
            let tried = self.attempt(request).await;
            let mut result = tried.unwrap_or_else(|cause| Err(self.cut(cause)));
            match self.judge(request, &mut result) {
                Verdict::Done => return result,
                Verdict::Again(next) => wait = next,
            }
        }
    }

    /// Whether this is how the request ends; if it is not, the request to be sent next is made.
    fn judge(
        &mut self,
        request: &mut Request<Body>,
        result: &mut Result<Response<ResponseBody>, Error>,
    ) -> Verdict {
        let Some(ended) = how(result, self.peeks()) else {
            return Verdict::Done;
        };
        let (now, outcome) = (clock::now(), ended.outcome);
        self.record(outcome, now);
        let wait = match self.next(ended, now) {
            Next::Try => None,
            Next::Wait(wait) => Some(wait),
            Next::Done(Done::OutOfTime) => {
                *result = Err(self.out_of_time());
                return Verdict::Done;
            }
            Next::Done(done) => return self.finish(result, done, now),
        };
        let Some(again) = self.again() else {
            return self.finish(result, not_again(outcome), now);
        };
        *request = again;
        Verdict::Again(wait)
    }

    fn attempt<'a>(
        &'a mut self,
        request: &'a mut Request<Body>,
    ) -> Enforced<'a, impl Future<Output = Result<Response<ResponseBody>, Error>>> {
        let begun = self.begun;
        self.limits.deadlines().attempt_started(begun);
        let (headers, grpc) = (request.headers_mut(), self.call.is_grpc());
        tell(headers, grpc, self.limits.deadlines(), begun);
        let attempt = self.shared.inner.deliver(Try {
            begun,
            request,
            call: &self.call,
            way: &self.way,
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
            self.way.destination.cut(attempt.endpoint());
        }
        Error::new(cause)
    }

    fn next(&mut self, ended: Ended, now: Instant) -> Next {
        let ended = ended.with_left(self.limits.deadlines().remaining(now));
        let retries = self.way.destination.cluster.retries();
        let spend = |budget| retries.spend(budget, now);
        self.attempts
            .next(&self.way.plan.retry, ended, spend, &mut &*self.shared.rng)
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
        &mut self,
        result: &Result<Response<ResponseBody>, Error>,
        done: Done,
        now: Instant,
    ) -> Verdict {
        // Why the last attempt failed is the error's to say, which knows it better; that it was the last is said here.
        if let Some(flag) = done.flag() {
            self.call.flag(flag);
        }
        if result.is_ok() {
            self.call.head_came(now);
            self.limits.deadlines().head_received(now);
        }
        Verdict::Done
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

/// What follows an attempt.
enum Verdict {
    /// Its result is the request's.
    Done,
    /// Another one, after this long.
    Again(Option<Duration>),
}

/// The policy would try once more, but too much of the request's body has gone by to send it again.
fn not_again(outcome: Outcome) -> Done {
    if outcome.is_answer() {
        Done::Answered
    } else {
        Done::Failed
    }
}
