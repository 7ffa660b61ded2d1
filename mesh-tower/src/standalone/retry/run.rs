//! The loop of one request.

use std::{future::poll_fn, sync::Arc};

use http::{Extensions, Request, Response};
use mesh_core::{
    retry::{Attempts, Ended, Next},
    timeout::Timeouts,
};
use tokio::time;
use tower_service::Service;

use super::{RetryPolicy, failure, service::Shared};
use crate::{
    body::{Body, BoxError, announced_length},
    call::RequestEnd,
    error::Error,
    limits::Limits,
    retry::{Kept, ended},
    runtime::clock,
};

/// One request on its way through its attempts.
pub(super) struct Run<S> {
    inner: S,
    policy: RetryPolicy,
    attempts: Attempts,
    /// Whether an attempt before this one may have come to the peer's application.
    seen: bool,
    shared: Arc<Shared>,
    /// What another attempt would send; `None` when there can be none.
    kept: Option<(Kept, Extensions)>,
    per_try: Option<PerTry>,
}

/// The limit on each attempt, which runs once the request was taken whole.
struct PerTry {
    limits: Limits,
    request_end: Arc<RequestEnd>,
}

impl<S, B> Run<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    /// A request whose first attempt goes to this service, which is ready.
    pub(super) fn new(
        inner: S,
        policy: RetryPolicy,
        attempts: Attempts,
        shared: Arc<Shared>,
    ) -> Self {
        if let Some(budget) = policy.core().budget() {
            shared.budget.earn(budget);
        }
        Self {
            inner,
            policy,
            attempts,
            seen: false,
            shared,
            kept: None,
            per_try: None,
        }
    }

    /// Tries the request until the policy is content.
    pub(super) async fn start(mut self, request: Request<Body>) -> Result<Response<B>, BoxError> {
        let mut request = self.limited(request);
        self.keep(&mut request);
        let result = self.run(request).await;
        result.map_err(|error| self.of_all_attempts(error))
    }

    fn limited(&mut self, request: Request<Body>) -> Request<Body> {
        let Some(limit) = self.policy.per_try_limit() else {
            return request;
        };
        let now = clock::now();
        let request_end = Arc::new(RequestEnd::new(now));
        self.per_try = Some(PerTry {
            limits: Limits::new(Timeouts::none().with_per_try(Some(limit)), now),
            request_end: request_end.clone(),
        });
        if request.body().is_whole() {
            request_end.reached(now);
            return request;
        }
        let length = announced_length(request.headers());
        request.map(|body| body.reporting_end_to(request_end, length))
    }

    fn keep(&mut self, request: &mut Request<Body>) {
        if self.attempts.can_retry(self.policy.core()) {
            let extensions = request.extensions().clone();
            self.kept = Kept::of(request).map(|kept| (kept, extensions));
        }
    }

    async fn run(&mut self, mut request: Request<Body>) -> Result<Response<B>, BoxError> {
        loop {
            let result = self.attempt(request).await;
            let Some(ended) = how(&result) else {
                return result;
            };
            let wait = match self.next(ended) {
                Next::Try => None,
                Next::Wait(wait) => Some(wait),
                Next::Done(_) => return result,
            };
            let Some(again) = self.again() else {
                return result;
            };
            request = again;
            self.seen |= !ended.outcome.is_unsent();
            // The failed answer goes before the wait: nobody will read it.
            drop(result);
            if let Some(wait) = wait {
                time::sleep(wait).await;
            }
        }
    }

    fn next(&mut self, ended: Ended) -> Next {
        let Shared { budget, rng } = &*self.shared;
        let spend = |of| budget.spend(of, clock::now());
        self.attempts
            .next(self.policy.core(), ended, spend, &mut &*rng)
    }

    /// What an error of ours says of the last attempt alone would be wrong of the request.
    fn of_all_attempts(&self, error: BoxError) -> BoxError {
        match error.downcast::<Error>() {
            Ok(error) => {
                let attempts = error.attempts().max(self.attempts.count());
                let unsent = error.is_safe_to_retry() && !self.seen;
                error.after(attempts, unsent).into()
            }
            Err(foreign) => foreign,
        }
    }

    /// The request once more, of which nothing is kept if that attempt is the last.
    fn again(&mut self) -> Option<Request<Body>> {
        let (kept, extensions) = self.kept.as_ref()?;
        let mut again = kept.request(self.attempts.count())?;
        if self.attempts.can_retry(self.policy.core()) {
            again.extensions_mut().clone_from(extensions);
        } else if let Some((_, extensions)) = self.kept.take() {
            *again.extensions_mut() = extensions;
        }
        Some(again)
    }

    async fn attempt(&mut self, request: Request<Body>) -> Result<Response<B>, BoxError> {
        let (inner, first) = (&mut self.inner, self.attempts.count() == 1);
        let attempt = async {
            if !first {
                poll_fn(|cx| inner.poll_ready(cx)).await?;
            }
            inner.call(request).await
        };
        let result = match &mut self.per_try {
            None => attempt.await,
            Some(PerTry {
                limits,
                request_end,
            }) => {
                limits.deadlines().attempt_started(clock::now());
                match limits.enforce(request_end, attempt).await {
                    Ok(result) => result,
                    Err(cause) => return Err(Error::new(cause).into()),
                }
            }
        };
        result.map_err(Into::into)
    }
}

fn how<B>(result: &Result<Response<B>, BoxError>) -> Option<Ended> {
    match result {
        Ok(response) => Some(ended(response.status(), response.headers())),
        Err(error) => failure::outcome(&**error).map(Ended::new),
    }
}
