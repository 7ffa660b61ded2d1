//! Which outcomes speak against an endpoint.

use crate::metric::Outcome;

/// Whether an attempt that ended so counts as a failure of its endpoint. Every other answer ends the row of failures.
///
/// What happens after the response's head does not count, neither for nor against: a body that breaks off, a gRPC status in
/// trailers. Nor does a caller who goes away.
///
/// # Source
/// Envoy 1.40 as measured, without `split_external_local_origin_errors`: any 5xx; no connection, resets and limits that pass
/// before the head, in the same count; of gRPC statuses those that Envoy maps to a 5xx (unknown, deadline exceeded,
/// unimplemented, internal, unavailable, data loss).
///
/// # Examples
/// ```
/// use mesh_core::{metric::Outcome, outlier::is_failure};
///
/// assert!(is_failure(Outcome::Status(503)) && is_failure(Outcome::ConnectFailed));
/// assert!(!is_failure(Outcome::Status(429)) && !is_failure(Outcome::Grpc(8)));
/// ```
#[must_use]
pub const fn is_failure(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Status(status)
        | Outcome::StatusAndGrpc(status, _)
        | Outcome::RateLimited(status) => matches!(status, 500..=599),
        Outcome::Grpc(status) => matches!(status, 2 | 4 | 12..=15),
        Outcome::ConnectFailed
        | Outcome::Unsent
        | Outcome::RefusedStream
        | Outcome::Reset
        | Outcome::ProtocolError
        | Outcome::PerTryTimeout => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_hundreds_count_and_every_other_status_ends_the_row() {
        for status in [500, 501, 502, 503, 504, 599] {
            assert!(is_failure(Outcome::Status(status)), "{status}");
            assert!(is_failure(Outcome::RateLimited(status)), "{status}");
        }
        for status in [101, 200, 204, 301, 400, 404, 409, 429, 499, 600] {
            assert!(!is_failure(Outcome::Status(status)), "{status}");
        }
    }

    #[test]
    fn six_grpc_statuses_count() {
        let counted: Vec<_> = (-1..=17)
            .filter(|&status| is_failure(Outcome::Grpc(status)))
            .collect();
        assert_eq!(counted, [2, 4, 12, 13, 14, 15]);
    }

    #[test]
    fn an_attempt_without_an_answer_counts_however_it_ended() {
        let without = [
            Outcome::ConnectFailed,
            Outcome::Unsent,
            Outcome::RefusedStream,
            Outcome::Reset,
            Outcome::ProtocolError,
            Outcome::PerTryTimeout,
        ];
        for outcome in without {
            assert!(!outcome.is_answer() && is_failure(outcome), "{outcome:?}");
        }
    }
}
