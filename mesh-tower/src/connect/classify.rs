//! What a failed exchange means: from the HTTP library's errors to the core's outcomes and Envoy's flags.

use std::error::Error as StdError;

use h2::Reason;
use mesh_core::metric::{Flag, Outcome};

/// What an attempt's failure was. `untouched` says that the library handed the request back.
///
/// # Source
/// Envoy's `StreamResetReason`: a refused stream, and one above the last stream of a GOAWAY, were not processed; whatever
/// cannot be parsed is a protocol error; everything else is a reset.
pub(crate) fn outcome(error: &hyper::Error, untouched: bool) -> Outcome {
    if untouched {
        return Outcome::Unsent;
    }
    match h2_error(error) {
        Some(h2) if h2.reason() == Some(Reason::REFUSED_STREAM) => Outcome::RefusedStream,
        // A peer that goes away in peace ends just those streams that it has not looked at. With an error code the
        // streams it did look at may end in the same way, so those count as resets.
        Some(h2) if h2.is_go_away() && h2.is_remote() && h2.reason() == Some(Reason::NO_ERROR) => {
            Outcome::RefusedStream
        }
        Some(h2) if h2.reason() == Some(Reason::PROTOCOL_ERROR) => Outcome::ProtocolError,
        None if error.is_parse() => Outcome::ProtocolError,
        _ => Outcome::Reset,
    }
}

/// Envoy's letters for it: a stream is reset, a connection is terminated.
pub(crate) fn flag(error: &hyper::Error, outcome: Outcome) -> Flag {
    match outcome {
        Outcome::ProtocolError => Flag::UpstreamProtocolError,
        _ if h2_error(error).is_some_and(h2::Error::is_reset) => Flag::UpstreamReset,
        _ => Flag::UpstreamConnectionTermination,
    }
}

fn h2_error(error: &hyper::Error) -> Option<&h2::Error> {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.filter_map(|cause| cause.downcast_ref()).next()
}
