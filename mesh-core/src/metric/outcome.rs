//! How one attempt ended.

use http::StatusCode;

use super::Flag;

/// How one attempt ended, as far as a retry decision cares.
///
/// # Source
/// Envoy's router filter; which event covers which outcome stands in [`retry`](crate::retry).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Response headers came with this status, and without a `grpc-status`.
    Status(u16),
    /// Response headers came with 200 and this `grpc-status` (or trailers that were there at the first look).
    Grpc(i32),
    /// Response headers came with this status, which is not 200, and with this `grpc-status`: a policy may name either.
    StatusAndGrpc(u16, i32),
    /// Response headers came with this status and say that a rate limit was reached (`x-envoy-ratelimited`): an answer that
    /// no policy retries.
    RateLimited(u16),
    /// No connection: refused, unreachable, or not made in time. The request was never sent.
    ConnectFailed,
    /// The connection closed under the request before anything of it was written; it came back untouched.
    Unsent,
    /// The peer refused the stream before its application saw it (`REFUSED_STREAM`, or beyond a GOAWAY's last stream).
    RefusedStream,
    /// The connection or stream broke after the request began to go out.
    Reset,
    /// What came back was not HTTP.
    ProtocolError,
    /// The attempt's own limit passed before response headers.
    PerTryTimeout,
}

impl Outcome {
    /// Whether the peer's application provably never saw the request.
    #[must_use]
    pub const fn is_unsent(self) -> bool {
        matches!(
            self,
            Self::ConnectFailed | Self::Unsent | Self::RefusedStream
        )
    }

    /// Whether an answer came at all.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(
            self,
            Self::Status(_) | Self::Grpc(_) | Self::StatusAndGrpc(..) | Self::RateLimited(_)
        )
    }

    /// Why no answer came, as the flag that says so; `None` for an answer.
    #[must_use]
    pub const fn flag(self) -> Option<Flag> {
        match self {
            Self::Status(_) | Self::Grpc(_) | Self::StatusAndGrpc(..) | Self::RateLimited(_) => {
                None
            }
            Self::ConnectFailed => Some(Flag::UpstreamConnectionFailure),
            Self::Unsent => Some(Flag::UpstreamConnectionTermination),
            Self::RefusedStream | Self::Reset => Some(Flag::UpstreamReset),
            Self::ProtocolError => Some(Flag::UpstreamProtocolError),
            Self::PerTryTimeout => Some(Flag::UpstreamTimeout),
        }
    }
}

impl From<StatusCode> for Outcome {
    fn from(status: StatusCode) -> Self {
        Self::Status(status.as_u16())
    }
}
