//! Where a request goes.

use std::sync::Arc;

use mesh_core::snapshot::Plan;

use super::meter::Meter;
use crate::endpoint::Destination;

/// A route, one of its targets, and what counts the requests that go there. Each is made once for a configuration: so a request
/// that holds all of it counts up one reference.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) plan: Arc<Plan>,
    pub(crate) destination: Arc<Destination>,
    pub(crate) meter: Arc<Meter>,
}
