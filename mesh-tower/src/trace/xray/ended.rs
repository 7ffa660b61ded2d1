//! How a call and its attempts ended, in X-Ray's words: whose fault it was, and what happened.

use mesh_core::metric::{Flag, Flags, Outcome};
use mesh_xray::segment;

use crate::call::{Attempt, Call};

/// How one attempt ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    /// Of the answer's head, if there was one.
    pub(super) status: Option<u16>,
    pub(super) flags: segment::Flags,
    pub(super) reason: Option<Reason>,
}

/// Why there was no answer, or only a part of one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Reason {
    pub(super) kind: &'static str,
    pub(super) message: &'static str,
}

impl Ended {
    /// The `last` attempt is the one that ended with its call: what became of the call became of it.
    pub(super) fn of(call: &Call, attempt: &Attempt, last: bool) -> Self {
        let (status, flags) = match attempt.outcome() {
            Some(
                Outcome::Status(status)
                | Outcome::StatusAndGrpc(status, _)
                | Outcome::RateLimited(status),
            ) => (Some(status), segment::Flags::of_status(status)),
            Some(Outcome::Grpc(code)) => (Some(200), segment::Flags::of_grpc(code)),
            Some(failed) => return Self::failed(None, Reason::of(failed)),
            None => (None, segment::Flags::fault()),
        };
        if last && is_gone(call.flags()) {
            let flags = segment::Flags::client_gone();
            return Self::answered(status, flags);
        }
        if let Some(reason) = Reason::of_call(call).filter(|_| last) {
            return Self::failed(status, reason);
        }
        match (status, call.grpc_status()) {
            (None, _) => Self::failed(None, UNKNOWN),
            (Some(200), Some(code)) if last => {
                Self::answered(status, segment::Flags::of_grpc(code))
            }
            _ => Self::answered(status, flags),
        }
    }

    fn answered(status: Option<u16>, flags: segment::Flags) -> Self {
        Self {
            status,
            flags,
            reason: None,
        }
    }

    fn failed(status: Option<u16>, reason: Reason) -> Self {
        Self {
            status,
            flags: segment::Flags::fault(),
            reason: Some(reason),
        }
    }
}

/// Whose fault it was that a call ended as it did.
pub(super) fn flags(call: &Call) -> segment::Flags {
    // A refusal of a gRPC call is a status in an answer that nobody sent.
    let refused = call.status().is_none();
    match (call.code(), call.grpc_status()) {
        _ if is_gone(call.flags()) => segment::Flags::client_gone(),
        _ if Reason::of_call(call).is_some() => segment::Flags::fault(),
        (0, _) => segment::Flags::fault(),
        (200, _) if refused => segment::Flags::fault(),
        (200, Some(code)) => segment::Flags::of_grpc(code),
        (status, _) => segment::Flags::of_status(status),
    }
}

fn is_gone(flags: Flags) -> bool {
    flags.contains(Flag::DownstreamTermination) || flags.contains(Flag::DownstreamReset)
}

impl Reason {
    fn of(failed: Outcome) -> Self {
        match failed {
            Outcome::ConnectFailed => UNCONNECTED,
            Outcome::Unsent => UNSENT,
            Outcome::RefusedStream => REFUSED,
            Outcome::Reset => RESET,
            Outcome::ProtocolError => NOT_HTTP,
            Outcome::PerTryTimeout => PER_TRY_TIMEOUT,
            _ => UNKNOWN,
        }
    }

    /// What cut the call, before or after its head.
    fn of_call(call: &Call) -> Option<Self> {
        call.flags().iter().find_map(|flag| match flag {
            Flag::UpstreamTimeout | Flag::DeadlineExceeded => Some(TIMEOUT),
            Flag::StreamIdle => Some(IDLE),
            Flag::UpstreamConnectionTermination | Flag::UpstreamReset => Some(RESET),
            Flag::UpstreamProtocolError => Some(NOT_HTTP),
            Flag::UpstreamOverflow => Some(OVERFLOW),
            Flag::LocalReset => Some(STOPPED),
            _ => None,
        })
    }

    /// Why a call went nowhere.
    pub(super) fn of_refusal(call: &Call) -> Option<Self> {
        let mut refusals = call.flags().iter().filter(|flag| flag.is_refusal());
        refusals.next().map(|flag| match flag {
            Flag::NoRoute => NO_ROUTE,
            Flag::NoHealthyUpstream => NO_ENDPOINT,
            Flag::UpstreamOverflow => OVERFLOW,
            _ => STOPPED,
        })
    }

    const fn new(kind: &'static str, message: &'static str) -> Self {
        Self { kind, message }
    }
}

const UNCONNECTED: Reason = Reason::new("ConnectFailed", "no connection could be made");
const UNSENT: Reason = Reason::new(
    "ConnectionClosed",
    "the connection closed before the request was sent",
);
const REFUSED: Reason = Reason::new("StreamRefused", "the peer refused the stream");
const RESET: Reason = Reason::new("UpstreamReset", "the connection or stream was reset");
const NOT_HTTP: Reason = Reason::new("ProtocolError", "the answer was not HTTP");
const PER_TRY_TIMEOUT: Reason =
    Reason::new("PerTryTimeout", "no answer within the limit of one try");
const TIMEOUT: Reason = Reason::new(
    "RequestTimeout",
    "no complete answer within the limit of the request",
);
const IDLE: Reason = Reason::new("Idle", "nothing moved for too long");
const NO_ROUTE: Reason = Reason::new("NoRoute", "no route takes this request");
const NO_ENDPOINT: Reason = Reason::new("NoEndpoint", "the target has no endpoint");
const OVERFLOW: Reason = Reason::new("Overflow", "too many requests waited for this target");
const STOPPED: Reason = Reason::new("Stopped", "this process stopped");
const UNKNOWN: Reason = Reason::new("Cancelled", "it ended before its outcome was known");

#[cfg(test)]
mod tests {
    use http::{Request, Response};

    use super::*;
    use crate::{call::testing, runtime::clock};

    #[test]
    fn an_attempt_that_was_followed_by_another_keeps_its_own_end() {
        let call = testing::call();
        let now = clock::now();
        let first = call.begin_attempt(([10, 0, 0, 1], 80).into(), now);
        first.ended(Outcome::Grpc(14), now);
        let second = call.begin_attempt(([10, 0, 0, 1], 80).into(), now);
        second.ended(Outcome::Status(200), now);
        call.failed(Some(Flag::UpstreamTimeout));
        let (first, second) = (
            Ended::of(&call, first, false),
            Ended::of(&call, second, true),
        );
        assert_eq!(first.flags, segment::Flags::of_grpc(14));
        assert_eq!(first.reason, None);
        assert_eq!((second.status, second.reason), (Some(200), Some(TIMEOUT)));
        assert_eq!(second.flags, segment::Flags::fault());
    }

    #[test]
    fn a_grpc_call_that_was_refused_was_at_fault_though_its_status_is_200() {
        let mut request = Request::new(());
        let kind = "application/grpc".parse().expect("a value");
        request.headers_mut().insert("content-type", kind);
        let call = testing::call_of(&request);
        call.refused(http::StatusCode::OK, 0, None);
        call.failed(Some(Flag::NoRoute));
        assert_eq!(flags(&call), segment::Flags::fault());
        let call = testing::call_of(&request);
        call.answered(&Response::new(()));
        assert_eq!(flags(&call), segment::Flags::default());
    }
}
