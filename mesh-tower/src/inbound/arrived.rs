//! What the inbound services hand to each other.

use std::sync::Arc;

use http::Request;
use mesh_core::timeout::Timeouts;

use crate::{body::Body, call::Call};

/// A request on its way to the application.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) request: Request<Body>,
    /// `None` if another stack outside this one has the request in its hands already: then nothing is done twice.
    pub(crate) call: Option<Arc<Call>>,
    /// Its listener's, once it was admitted.
    pub(crate) timeouts: Option<Timeouts>,
}

impl Arrived {
    pub(crate) fn new(request: Request<Body>, call: Option<Arc<Call>>) -> Self {
        Self {
            request,
            call,
            timeouts: None,
        }
    }
}
