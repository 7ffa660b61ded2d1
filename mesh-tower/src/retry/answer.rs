//! What an answer's head means to a retry policy.

use http::{HeaderMap, HeaderName, StatusCode};
use mesh_core::metric::Outcome;

use crate::call::grpc_status;

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

/// What a rate-limited answer bears.
const RATE_LIMITED: HeaderName = HeaderName::from_static("x-envoy-ratelimited");

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_grpc_status_counts_in_an_answer_of_200_and_a_rate_limit_in_every_one() {
        let rows = [
            (503, None, Outcome::Status(503)),
            (200, Some(("grpc-status", "14")), Outcome::Grpc(14)),
            (503, Some(("grpc-status", "14")), Outcome::Status(503)),
            (200, Some(("grpc-status", "none")), Outcome::Status(200)),
            (
                503,
                Some(("x-envoy-ratelimited", "true")),
                Outcome::RateLimited(503),
            ),
        ];
        for (status, header, want) in rows {
            let mut headers = HeaderMap::new();
            if let Some((name, value)) = header {
                headers.insert(name, HeaderValue::from_static(value));
            }
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(answered(status, &headers), want, "{status} {header:?}");
        }
    }
}
