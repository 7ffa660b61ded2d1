//! Calls for tests.

use http::Request;

use super::{Began, Call, CallersTime, Carried, is_grpc};
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
    let at = clock::now();
    Call::new(Began {
        at,
        grpc: is_grpc(request.headers()),
        inbound: false,
        version: request.version(),
        trace: Trace::own(request.headers(), &SharedRng::new(1), None, at),
        time: CallersTime::default(),
        conn: None,
        request_id: None,
        carried: Carried::default(),
        head: None,
    })
}
