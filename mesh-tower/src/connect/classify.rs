//! What a failed exchange means: from the HTTP library's errors to the core's outcomes and Envoy's flags.

use std::error::Error as StdError;

use h2::Reason;
use mesh_core::metric::{Flag, Outcome};

/// What an attempt's failure was. `untouched` says that the library handed the request back.
///
/// Only a stream that the peer reset as refused, and a request that never left, are known not to have reached the
/// application. A stream that ended with a GOAWAY is not: the library reports the connection's end in the same way for
/// streams that the peer had begun to answer.
///
/// # Source
/// RFC 9113 §8.7. Envoy also counts streams above a GOAWAY's last one as refused; that number is not to be had here, and a
/// request that may have been executed must not count as one that was not.
pub(crate) fn outcome(error: &hyper::Error, untouched: bool) -> Outcome {
    if untouched {
        return Outcome::Unsent;
    }
    match h2_error(error) {
        Some(h2)
            if h2.is_reset() && h2.is_remote() && h2.reason() == Some(Reason::REFUSED_STREAM) =>
        {
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

/// Whether it was the request's own body that failed, which is no fault of the peer's.
pub(crate) fn is_bodys(error: &hyper::Error) -> bool {
    let reset_here = |h2: &h2::Error| h2.is_reset() && !h2.is_remote() && !h2.is_library();
    error.is_user() || h2_error(error).is_some_and(reset_here)
}

fn h2_error(error: &hyper::Error) -> Option<&h2::Error> {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.filter_map(|cause| cause.downcast_ref()).next()
}
