//! What the outbound services hand to each other: the request, and what was decided about it so far.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Response};
use mesh_core::snapshot::Plan;

use crate::{
    body::Body, call::Call, endpoint::Destination, error::Error, response_body::ResponseBody,
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
    pub(crate) plan: Arc<Plan>,
    pub(crate) destination: Arc<Destination>,
    pub(crate) limit: Option<Duration>,
}

/// One try of a request at its target.
#[derive(Debug)]
pub(crate) struct Try {
    pub(crate) request: Request<Body>,
    pub(crate) call: Arc<Call>,
    pub(crate) destination: Arc<Destination>,
    /// When it began: a moment ago.
    pub(crate) begun: Instant,
    /// How long a connection may take to be made.
    pub(crate) connect: Duration,
}

/// The room below the retries: takes a request to one endpoint. Not a `Service`, so that its future needs no name and lives
/// unboxed in the one that drives it.
pub(crate) trait Deliver {
    fn deliver(
        &self,
        request: Try,
    ) -> impl Future<Output = Result<Response<ResponseBody>, Error>> + Send;
}
