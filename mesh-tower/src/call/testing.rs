//! Calls for tests.

use http::Request;

use super::Call;
use crate::{
    runtime::{clock, rng::SharedRng},
    trace::Trace,
};

/// A call that has just begun.
pub(crate) fn call() -> Call {
    call_of(&Request::new(()))
}

/// One that has begun with this request.
pub(crate) fn call_of<B>(request: &Request<B>) -> Call {
    let now = clock::now();
    let trace = Trace::own(request.headers(), &SharedRng::new(1), None, now);
    Call::new(request, now, trace)
}
