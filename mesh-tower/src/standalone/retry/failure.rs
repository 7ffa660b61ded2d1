//! What the error of somebody else's client means to a retry policy.

use std::{error::Error as StdError, io, iter};

use mesh_core::metric::Outcome;

use crate::{connect, error::Error};

/// How an attempt ended that got this error; `None` where no further attempt could help.
///
/// What nothing is known about counts as a reset, after which the peer may have seen the request: so only requests that may
/// be sent twice are.
pub(super) fn outcome(error: &(dyn StdError + 'static)) -> Option<Outcome> {
    for cause in iter::successors(Some(error), |&cause| cause.source()) {
        if let Some(ours) = cause.downcast_ref::<Error>() {
            return ours.outcome();
        }
        if let Some(broken) = cause.downcast_ref::<hyper::Error>() {
            return Some(connect::outcome_anywhere(broken));
        }
        let io = cause.downcast_ref::<io::Error>();
        if io.is_some_and(|io| never_connected(io.kind())) {
            return Some(Outcome::ConnectFailed);
        }
    }
    Some(Outcome::Reset)
}

/// Kinds that only the making of a connection ends in. A timeout is none: an open connection can time out, too.
fn never_connected(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Cause;

    /// As clients wrap what happened below them.
    #[derive(Debug, thiserror::Error)]
    #[error("the client failed")]
    struct Wrapped<E: StdError + 'static>(#[source] E);

    #[test]
    fn only_what_provably_never_connected_counts_as_unsent() {
        let io = |kind: io::ErrorKind| outcome(&Wrapped(io::Error::from(kind)));
        for (kind, want) in [
            (io::ErrorKind::ConnectionRefused, Outcome::ConnectFailed),
            (io::ErrorKind::HostUnreachable, Outcome::ConnectFailed),
            (io::ErrorKind::TimedOut, Outcome::Reset),
            (io::ErrorKind::ConnectionReset, Outcome::Reset),
            (io::ErrorKind::BrokenPipe, Outcome::Reset),
        ] {
            assert_eq!(io(kind), Some(want), "{kind:?}");
        }
        assert_eq!(outcome(&std::fmt::Error), Some(Outcome::Reset));
    }

    #[test]
    fn an_error_of_ours_says_itself_whether_another_attempt_could_help() {
        let limit = Duration::from_secs(1);
        let rows = [
            (Cause::PerTryTimeout { limit }, Some(Outcome::PerTryTimeout)),
            (Cause::RequestTimeout { limit }, None),
            (Cause::Overflow { waiting: 1 }, None),
        ];
        for (cause, want) in rows {
            let error = Wrapped(Error::new(cause));
            assert_eq!(outcome(&error), want, "{error:?}");
        }
    }
}
