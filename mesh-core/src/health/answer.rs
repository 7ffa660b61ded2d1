//! How one check ended.

use std::fmt;

use http::StatusCode;

/// How one check ended: well, or why not.
///
/// # Source
/// Envoy's health checkers at their defaults, which App Mesh kept: over HTTP only 200 is good; over gRPC only a status of 0
/// with `SERVING`, so that a server without the health service is not well.
///
/// # Examples
/// ```
/// use http::StatusCode;
/// use mesh_core::health::Answer;
///
/// assert!(Answer::of_status(StatusCode::OK).is_good());
/// assert_eq!(Answer::of_status(StatusCode::NO_CONTENT).reason(), "status");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// As it should be.
    Good,
    /// Another HTTP status than 200.
    Status(u16),
    /// A gRPC status that is not 0.
    GrpcStatus(u32),
    /// The gRPC health service says something else than `SERVING`.
    NotServing(u64),
    /// What came was not what the protocol allows.
    Malformed,
    /// No connection could be made.
    ConnectFailed,
    /// The connection broke before the answer was whole.
    Reset,
    /// No answer in time.
    Timeout,
}

impl Answer {
    /// What an HTTP status means.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::OK => Self::Good,
            other => Self::Status(other.as_u16()),
        }
    }

    /// Whether it speaks for the endpoint.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Good)
    }

    /// Its kind in one word, for logs and counts.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Status(_) => "status",
            Self::GrpcStatus(_) => "grpc-status",
            Self::NotServing(_) => "not-serving",
            Self::Malformed => "malformed",
            Self::ConnectFailed => "connect-failed",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())?;
        match self {
            Self::Status(status) => write!(f, " {status}"),
            Self::GrpcStatus(status) => write!(f, " {status}"),
            Self::NotServing(status) => write!(f, " {status}"),
            _ => Ok(()),
        }
    }
}
