//! The events an App Mesh policy is written in.

/// Something that a policy may call worth another attempt.
///
/// # Source
/// App Mesh user guide, "Routes"; the status lists are those of the Envoy configuration that App Mesh emitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// 500 to 508, 510, 511, and every attempt without an answer.
    ServerError,
    /// 502, 503, 504, and every attempt without an answer.
    GatewayError,
    /// 409.
    ClientError,
    /// The peer refused the stream before it looked at it.
    StreamError,
    /// The connection could not be made.
    ConnectionError,
    /// `grpc-status` 1.
    Cancelled,
    /// `grpc-status` 4.
    DeadlineExceeded,
    /// `grpc-status` 8.
    ResourceExhausted,
    /// `grpc-status` 13.
    Internal,
    /// `grpc-status` 14.
    Unavailable,
}

impl Event {
    pub(super) const fn statuses(self) -> &'static [u16] {
        match self {
            // 509 was never in the list.
            Self::ServerError => &[500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511],
            Self::GatewayError => &[502, 503, 504],
            Self::ClientError => &[409],
            _ => &[],
        }
    }

    pub(super) const fn grpc_status(self) -> Option<i32> {
        match self {
            Self::Cancelled => Some(1),
            Self::DeadlineExceeded => Some(4),
            Self::ResourceExhausted => Some(8),
            Self::Internal => Some(13),
            Self::Unavailable => Some(14),
            _ => None,
        }
    }

    /// Whether it covers every attempt without an answer.
    pub(super) const fn is_reset(self) -> bool {
        matches!(self, Self::ServerError | Self::GatewayError)
    }
}
