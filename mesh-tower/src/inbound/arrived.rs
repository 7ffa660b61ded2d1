//! What the inbound services hand to each other.

use std::sync::Arc;

use http::Request;

use crate::{body::Body, call::Call};

/// A request on its way to the application.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) request: Request<Body>,
    /// `None` if another stack outside this one has the request in its hands already: then nothing is done twice.
    pub(crate) call: Option<Arc<Call>>,
}
