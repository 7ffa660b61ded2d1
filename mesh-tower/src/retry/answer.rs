//! What an answer's head means to a retry policy.

use std::time::SystemTime;

use http::{HeaderMap, HeaderName, Response, StatusCode, header::RETRY_AFTER};
use mesh_core::{
    metric::Outcome,
    retry::{Ended, Hint},
};

use crate::{call::grpc_status, error::Error, response_body::ResponseBody, runtime::clock};

/// How the attempt ended; `None` where no further attempt could help. `peek` looks for trailers that are there already.
pub(super) fn how(result: &mut Result<Response<ResponseBody>, Error>, peek: bool) -> Option<Ended> {
    let response = match result {
        Ok(response) => response,
        Err(error) => return error.outcome().map(Ended::new),
    };
    let answer = ended(response.status(), response.headers());
    if !peek || answer.outcome != StatusCode::OK.into() {
        return Some(answer);
    }
    let peeked = response.body_mut().peek_trailers().and_then(ended_in);
    Some(peeked.unwrap_or(answer))
}

/// How an attempt ended that got this head, and what that asked for.
pub(crate) fn ended(status: StatusCode, headers: &HeaderMap) -> Ended {
    let ended = Ended::new(answered(status, headers));
    match ended.outcome {
        // Nobody tries a success again.
        Outcome::Status(200..=299) | Outcome::Grpc(0) => ended,
        _ => ended.with_hint(hint(headers, clock::wall)),
    }
}

/// How an attempt ended whose answer of 200 has these trailers already; `None` if they do not say.
fn ended_in(trailers: &HeaderMap) -> Option<Ended> {
    let ended = Ended::new(Outcome::Grpc(grpc_status(trailers)?));
    Some(ended.with_hint(hint(trailers, clock::wall)))
}

/// What a failed answer says about another attempt; gRPC's own word counts more.
fn hint(headers: &HeaderMap, wall: impl FnOnce() -> SystemTime) -> Hint {
    if let Some(pushback) = headers.get(PUSHBACK) {
        return Hint::pushback(pushback.as_bytes());
    }
    let Some(after) = headers.get(RETRY_AFTER) else {
        return Hint::None;
    };
    let seconds = Hint::retry_after(after.as_bytes());
    seconds.unwrap_or_else(|| until(after.to_str().unwrap_or_default(), wall()))
}

/// A date that has passed asks for no time, and what is no date for nothing.
fn until(date: &str, wall: SystemTime) -> Hint {
    let at = httpdate::parse_http_date(date);
    at.map_or(Hint::None, |at| {
        Hint::After(at.duration_since(wall).unwrap_or_default())
    })
}

/// How an attempt ended that got this head. A gRPC status that is not in it may still come in trailers.
fn answered(status: StatusCode, headers: &HeaderMap) -> Outcome {
    if headers.contains_key(RATE_LIMITED) {
        return Outcome::RateLimited(status.as_u16());
    }
    match grpc_status(headers) {
        Some(grpc) if status == StatusCode::OK => Outcome::Grpc(grpc),
        Some(grpc) => Outcome::StatusAndGrpc(status.as_u16(), grpc),
        None => status.into(),
    }
}

/// What a rate-limited answer bears.
const RATE_LIMITED: HeaderName = HeaderName::from_static("x-envoy-ratelimited");
const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_grpc_status_counts_beside_the_answers_own_and_a_rate_limit_before_both() {
        let rows = [
            (503, None, Outcome::Status(503)),
            (200, Some(("grpc-status", "14")), Outcome::Grpc(14)),
            (
                503,
                Some(("grpc-status", "14")),
                Outcome::StatusAndGrpc(503, 14),
            ),
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

    #[test]
    fn an_answer_asks_for_time_in_seconds_by_date_or_in_grpcs_own_way() {
        let wall = httpdate::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT").expect("a date");
        let after = |millis| Hint::After(Duration::from_millis(millis));
        let rows: [(&[(&str, &str)], Hint); 9] = [
            (&[], Hint::None),
            (&[("retry-after", "3")], after(3_000)),
            (
                &[("retry-after", "Wed, 21 Oct 2015 07:28:09 GMT")],
                after(9_000),
            ),
            (
                &[("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT")],
                after(0),
            ),
            (&[("retry-after", "soon")], Hint::None),
            (&[("retry-after", "-1")], Hint::None),
            (&[("grpc-retry-pushback-ms", "20")], after(20)),
            (&[("grpc-retry-pushback-ms", "-1")], Hint::Never),
            (
                &[("retry-after", "3"), ("grpc-retry-pushback-ms", "20")],
                after(20),
            ),
        ];
        for (lines, want) in rows {
            let lines = lines.iter().map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            });
            let headers: HeaderMap = lines.collect();
            assert_eq!(hint(&headers, || wall), want, "{headers:?}");
        }
    }

    #[test]
    fn what_succeeded_asks_for_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("3"));
        let hint = |status| {
            let status = StatusCode::from_u16(status).expect("a status");
            ended(status, &headers).hint
        };
        assert_eq!((hint(200), hint(204)), (Hint::None, Hint::None));
        assert_eq!(hint(503), Hint::After(Duration::from_secs(3)));
    }
}
