//! Calls for tests.

use http::Request;

use super::{Began, Call, CallersTime, Carried, Told};
use crate::{
    runtime::{
        clock,
        rng::{OwnRng, SharedRng},
    },
    trace::Trace,
};

/// A call that has just begun.
pub(crate) fn call() -> Call {
    call_of(&Request::new(()))
}

/// One that has begun with this request.
pub(crate) fn call_of<B>(request: &Request<B>) -> Call {
    let (at, told) = (clock::now(), Told::of(request.headers()));
    Call::new(Began {
        at,
        grpc: told.is_grpc(),
        inbound: false,
        version: request.version(),
        trace: Trace::own(&told, &mut OwnRng::of(&SharedRng::new(1)), None, at),
        time: CallersTime::default(),
        conn: None,
        request_id: None,
        carried: Carried::default(),
        head: None,
    })
}
