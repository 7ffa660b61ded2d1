//! Why a request did not simply succeed.

use std::fmt;

use http::Version;

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
    /// `DC`: the caller closed its connection.
    DownstreamTermination,
    /// `DR`: the caller reset its HTTP/2 stream.
    DownstreamReset,
    /// `SI`: nothing moved for too long.
    StreamIdle,
    /// `LR`: this process ended it, because it stops. Envoy has no letters for that: its own `LR` is a reset that the proxy
    /// made towards the upstream.
    LocalReset,
    /// `URB`: the target's budget of retries was used up. Envoy says `UO` there, which here is a request that was shed.
    RetryBudgetExceeded,
    /// `DE`: the time that the caller gave had passed. Envoy has no letters for that.
    DeadlineExceeded,
    /// `DI`: it was made to wait on purpose.
    DelayInjected,
    /// `FI`: it was answered on purpose, in place of whoever should have.
    FaultInjected,
}

impl Flag {
    /// Every flag, in the order in which they are bits of a [`Flags`].
    pub const ALL: [Self; 17] = [
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
        Self::DownstreamReset,
        Self::StreamIdle,
        Self::LocalReset,
        Self::RetryBudgetExceeded,
        Self::DeadlineExceeded,
        Self::DelayInjected,
        Self::FaultInjected,
    ];

    /// That whoever waited for the answer went away: over HTTP/1 that closes the connection.
    #[must_use]
    pub fn caller_gone(spoken: Version) -> Self {
        if spoken < Version::HTTP_2 {
            Self::DownstreamTermination
        } else {
            Self::DownstreamReset
        }
    }

    /// Whether it says that this process did not let the request go any further, when no attempt of it failed.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::NoRoute
                | Self::NoHealthyUpstream
                | Self::UpstreamOverflow
                | Self::LocalReset
                | Self::FaultInjected
        )
    }

    /// Its position in [`ALL`](Self::ALL): where it is counted.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

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
            Self::DownstreamReset => "DR",
            Self::StreamIdle => "SI",
            Self::LocalReset => "LR",
            Self::RetryBudgetExceeded => "URB",
            Self::DeadlineExceeded => "DE",
            Self::DelayInjected => "DI",
            Self::FaultInjected => "FI",
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
pub struct Flags(u32);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);

    /// These flags and one more.
    #[must_use]
    pub const fn with(self, flag: Flag) -> Self {
        Self(self.0 | 1 << flag as u32)
    }

    /// Whether the flag is among them.
    #[must_use]
    pub const fn contains(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u32) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its flags, in the order in which Envoy prints them: that the retries were used up comes before why the last attempt
    /// failed.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        let exhausted = Some(Flag::RetryLimitExceeded).filter(|&flag| self.contains(flag));
        let reasons = Flag::ALL.into_iter();
        let reasons = reasons.filter(|&flag| flag != Flag::RetryLimitExceeded);
        exhausted
            .into_iter()
            .chain(reasons.filter(move |&flag| self.contains(flag)))
    }

    /// The set as bits, for an atomic.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The set from [`bits`](Self::bits); bits that name no flag are dropped.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & ((1 << Flag::ALL.len()) - 1))
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("-");
        }
        for (n, flag) in self.iter().enumerate() {
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
    fn every_flag_has_its_own_bit_and_letters() {
        let all = Flag::ALL.into_iter().fold(Flags::NONE, Flags::with);
        assert_eq!(all.bits().count_ones() as usize, Flag::ALL.len());
        assert_eq!(Flags::from_bits(u32::MAX), all);
        assert_eq!(Flags::from_bits(all.bits()), all);
        for (index, flag) in Flag::ALL.into_iter().enumerate() {
            assert_eq!(flag.index(), index);
            assert_eq!(flag.to_string(), flag.letters());
            assert_eq!(Flags::NONE.with(flag).iter().collect::<Vec<_>>(), [flag]);
        }
        assert_eq!(
            all.to_string(),
            "URX,NR,UH,UF,UC,UR,UPE,UT,UO,DC,DR,SI,LR,URB,DE,DI,FI",
            "used up before the reasons"
        );
    }

    #[test]
    fn a_caller_that_goes_away_closes_its_connection_or_resets_its_stream() {
        assert_eq!(Flag::caller_gone(Version::HTTP_10).letters(), "DC");
        assert_eq!(Flag::caller_gone(Version::HTTP_11).letters(), "DC");
        assert_eq!(Flag::caller_gone(Version::HTTP_2).letters(), "DR");
    }

    #[test]
    fn a_set_holds_what_was_put_into_it() {
        let flags = Flags::NONE.with(Flag::StreamIdle).with(Flag::StreamIdle);
        assert!(flags.contains(Flag::StreamIdle) && !flags.contains(Flag::NoRoute));
        assert!(!flags.is_empty() && Flags::NONE.is_empty());
        assert_eq!(Flags::NONE, Flags::default());
    }
}
