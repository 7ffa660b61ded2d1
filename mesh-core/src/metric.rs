//! What can happen to an attempt and to a request, in the words that errors, logs and metrics share.

use std::fmt;

use http::StatusCode;

/// How one attempt ended, as far as a retry decision cares.
///
/// # Source
/// Envoy's router filter; which event covers which outcome stands in [`retry`](crate::retry).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Response headers came with this status: another one than 200, or without a `grpc-status`.
    Status(u16),
    /// Response headers came with 200 and this `grpc-status` (or trailers that were there at the first look).
    Grpc(i32),
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
        matches!(self, Self::Status(_) | Self::Grpc(_) | Self::RateLimited(_))
    }

    /// Why no answer came, as the flag that says so; `None` for an answer.
    #[must_use]
    pub const fn flag(self) -> Option<Flag> {
        match self {
            Self::Status(_) | Self::Grpc(_) | Self::RateLimited(_) => None,
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

/// Why a request did not simply succeed: Envoy's response flags, the same letters in errors, logs and metrics.
///
/// # Source
/// Envoy, "Access logging", `%RESPONSE_FLAGS%`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Flag {
    /// `NR`: no route took the request.
    NoRoute,
    /// `UH`: the target has no endpoint that may be used.
    NoHealthyUpstream,
    /// `UF`: no connection to the endpoint could be made.
    UpstreamConnectionFailure,
    /// `UC`: the connection closed under the request.
    UpstreamConnectionTermination,
    /// `UR`: the peer reset the stream.
    UpstreamReset,
    /// `UPE`: what the peer sent was not HTTP.
    UpstreamProtocolError,
    /// `UT`: a time limit passed.
    UpstreamTimeout,
    /// `UO`: a limit was reached and the request shed.
    UpstreamOverflow,
    /// `URX`: the retries were used up.
    RetryLimitExceeded,
    /// `DC`: the caller went away.
    DownstreamTermination,
    /// `SI`: nothing moved for too long.
    StreamIdle,
}

impl Flag {
    /// Every flag, in the order in which they are bits of a [`Flags`].
    pub const ALL: [Self; 11] = [
        Self::NoRoute,
        Self::NoHealthyUpstream,
        Self::UpstreamConnectionFailure,
        Self::UpstreamConnectionTermination,
        Self::UpstreamReset,
        Self::UpstreamProtocolError,
        Self::UpstreamTimeout,
        Self::UpstreamOverflow,
        Self::RetryLimitExceeded,
        Self::DownstreamTermination,
        Self::StreamIdle,
    ];

    /// Envoy's letters for it.
    #[must_use]
    pub const fn letters(self) -> &'static str {
        match self {
            Self::NoRoute => "NR",
            Self::NoHealthyUpstream => "UH",
            Self::UpstreamConnectionFailure => "UF",
            Self::UpstreamConnectionTermination => "UC",
            Self::UpstreamReset => "UR",
            Self::UpstreamProtocolError => "UPE",
            Self::UpstreamTimeout => "UT",
            Self::UpstreamOverflow => "UO",
            Self::RetryLimitExceeded => "URX",
            Self::DownstreamTermination => "DC",
            Self::StreamIdle => "SI",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letters())
    }
}

/// A set of flags; prints as Envoy does, `-` when empty.
///
/// # Examples
/// ```
/// use mesh_core::metric::{Flag, Flags};
///
/// let flags = Flags::default().with(Flag::UpstreamConnectionFailure).with(Flag::RetryLimitExceeded);
/// assert_eq!(flags.to_string(), "URX,UF");
/// assert_eq!(Flags::default().to_string(), "-");
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Flags(u16);

impl Flags {
    /// These flags and one more.
    #[must_use]
    pub const fn with(self, flag: Flag) -> Self {
        Self(self.0 | 1 << flag as u16)
    }

    /// Whether the flag is among them.
    #[must_use]
    pub const fn contains(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u16) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set as bits, for an atomic.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set from [`bits`](Self::bits); bits that name no flag are dropped.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & ((1 << Flag::ALL.len()) - 1))
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("-");
        }
        // Envoy puts URX before the reason of the last attempt.
        let exhausted = self
            .contains(Flag::RetryLimitExceeded)
            .then_some(Flag::RetryLimitExceeded);
        let reasons = Flag::ALL
            .into_iter()
            .filter(|&flag| flag != Flag::RetryLimitExceeded && self.contains(flag));
        for (n, flag) in exhausted.into_iter().chain(reasons).enumerate() {
            if n > 0 {
                f.write_str(",")?;
            }
            f.write_str(flag.letters())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_has_its_own_bit() {
        let all = Flag::ALL.into_iter().fold(Flags::default(), Flags::with);
        assert_eq!(all.bits().count_ones() as usize, Flag::ALL.len());
        assert_eq!(Flags::from_bits(u16::MAX), all);
    }
}
