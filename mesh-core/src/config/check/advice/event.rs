//! Retry policies that try again what was done already, or do not try again what they cut off.

use http::Method;

use crate::{
    config::{
        GrpcRetryEvent, HttpRetryEvent, RetryPolicy,
        draft::{RouteDraft, Said},
    },
    error::Problems,
    unit::Protocol,
};

pub(super) fn check(route: &RouteDraft, problems: &mut Problems) {
    let Some(Said { value, place }) = &route.retry_policy else {
        return;
    };
    if value.max_retries == 0 || value.has_no_event() {
        return;
    }
    if !value.per_retry_timeout.is_zero() && !tries_the_unanswered(value) {
        let message = format!(
            "an attempt that takes longer than {:?} is ended, and none of the policy's events tries it again: add \
             `server-error` or `gateway-error`, or write a limit of 0",
            value.per_retry_timeout
        );
        problems.warn("attempt-timeout-not-retried", place, message);
    }
    if sees_twice(value) && !only_idempotent(route) {
        let message = match route.protocol.value {
            Protocol::Grpc => {
                "the policy sends calls again that the application may have acted on: keep `unavailable` and \
                 `resource-exhausted`, or give methods that must not run twice a route of their own"
            }
            _ => {
                "the policy sends requests again that the application may have acted on, POST and PATCH too: give those a route \
                 of their own, with `stream-error` and `connection-error` alone, or let the match name a method"
            }
        };
        problems.warn("unsafe-retries", place, message);
    }
}

/// Whether what got no answer in time is tried again.
///
/// # Source
/// Envoy, `reset`, which App Mesh emitted for these two events alone.
fn tries_the_unanswered(policy: &RetryPolicy) -> bool {
    let events = &policy.http_events;
    events.contains(&HttpRetryEvent::ServerError) || events.contains(&HttpRetryEvent::GatewayError)
}

fn sees_twice(policy: &RetryPolicy) -> bool {
    let seen = |event: &GrpcRetryEvent| {
        !matches!(
            event,
            GrpcRetryEvent::Unavailable | GrpcRetryEvent::ResourceExhausted
        )
    };
    let refused = |event: &HttpRetryEvent| *event == HttpRetryEvent::StreamError;
    !policy.http_events.iter().all(refused) || policy.grpc_events.iter().any(seen)
}

/// Whether the match names a method that may be sent twice.
fn only_idempotent(route: &RouteDraft) -> bool {
    let method = route.matches.value.method.as_ref();
    let method = method.and_then(|said| Method::from_bytes(said.value.as_bytes()).ok());
    method.is_some_and(|method| method.is_idempotent())
}
