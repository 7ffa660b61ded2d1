//! What the outbound services hand to each other: the request, and what was decided about it so far.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Response};

use crate::{
    body::Body, call::Call, error::Error, limits::Limits, response_body::ResponseBody,
    runtime::way::Way,
};

/// A request that has a call, and no route yet.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) request: Request<Body>,
    pub(crate) call: Arc<Call>,
    /// The caller's own limit, which can only shorten the route's.
    pub(crate) limit: Option<Duration>,
}

/// A request whose target is drawn; its retries stay there.
#[derive(Debug)]
pub(crate) struct Routed {
    pub(crate) request: Request<Body>,
    pub(crate) call: Arc<Call>,
    pub(crate) way: Arc<Way>,
    pub(crate) limit: Option<Duration>,
    /// When its first try begins: with the call, unless that was made to wait.
    pub(crate) begun: Instant,
}

impl Routed {
    /// The limits of all its tries together, which run from its beginning.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::of(&self.call, self.way.plan.timeouts.shortened(self.limit));
        if self.request.body().is_whole() {
            // Whoever gave it has ended it, however long it then waits for a connection to be sent on.
            limits.deadlines().request_ended(self.call.started());
        }
        limits
    }
}

/// One try of a request at its target.
#[derive(Debug)]
pub(crate) struct Try<'a> {
    /// Taken out when it is sent.
    pub(crate) request: &'a mut Request<Body>,
    pub(crate) call: &'a Arc<Call>,
    pub(crate) way: &'a Way,
    /// When it began: a moment ago.
    pub(crate) begun: Instant,
    /// How long a connection may take to be made.
    pub(crate) connect: Duration,
}

/// The room below the retries: takes a request to one endpoint. Not a `Service`, so that its future needs no name and lives
/// unboxed in the one that drives it.
pub(crate) trait Deliver {
    fn deliver<'a>(
        &'a self,
        next: Try<'a>,
    ) -> impl Future<Output = Result<Response<ResponseBody>, Error>> + Send + 'a;
}
