//! What an answer's head means to a retry policy.

use http::{HeaderMap, StatusCode};
use mesh_core::metric::Outcome;

/// How an attempt ended that got this head. A gRPC status that is not in it may still come in trailers.
pub(crate) fn answered(status: StatusCode, headers: &HeaderMap) -> Outcome {
    if headers.contains_key(RATE_LIMITED) {
        return Outcome::RateLimited(status.as_u16());
    }
    match grpc_status(headers) {
        Some(grpc) if status == StatusCode::OK => Outcome::Grpc(grpc),
        _ => status.into(),
    }
}

pub(super) fn grpc_status(headers: &HeaderMap) -> Option<i32> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}

/// What a rate-limited answer bears.
const RATE_LIMITED: &str = "x-envoy-ratelimited";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grpc_status_counts_in_an_answer_of_200_and_a_rate_limit_in_every_one() {
        let rows: [(u16, &[(&'static str, &str)], Outcome); 5] = [
            (503, &[], Outcome::Status(503)),
            (200, &[("grpc-status", "14")], Outcome::Grpc(14)),
            (503, &[("grpc-status", "14")], Outcome::Status(503)),
            (200, &[("grpc-status", "none")], Outcome::Status(200)),
            (503, &[(RATE_LIMITED, "true")], Outcome::RateLimited(503)),
        ];
        for (status, list, want) in rows {
            let headers = list.iter().map(|(name, value)| {
                let value = value.parse().expect("a header value");
                (http::HeaderName::from_static(name), value)
            });
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(
                answered(status, &headers.collect()),
                want,
                "{status} {list:?}"
            );
        }
    }
}
