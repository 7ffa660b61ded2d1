//! What befalls a request: drawn from the seed and the request's number, so that a run can be repeated.

use std::time::Duration;

use mesh_core::rng::{Rng, SplitMix};
use mesh_examples::kind::Kind;

/// What goes wrong with a request, if anything, at its caller or at its endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    /// Nothing.
    Answered,
    /// The endpoint answers 503.
    Aborted,
    /// The endpoint takes its time.
    Delayed,
    /// The endpoint breaks off in the middle of its answer.
    Reset,
    /// The answer comes in pieces.
    SlowAnswer,
    /// The answer is large.
    LargeAnswer,
    /// The request is large.
    LargeRequest,
    /// The endpoint answers and leaves a large request unread.
    Unread,
    /// The caller leaves.
    Cancelled,
    /// The caller stops reading a large answer for a while.
    Stalled,
    /// The caller drops an answer of which it has read the head.
    Dropped,
}

/// A request to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drawn {
    pub(crate) kind: Kind,
    pub(crate) fate: Fate,
    /// When the caller leaves, if it does.
    pub(crate) patience: Duration,
}

impl Drawn {
    /// The request of this number.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut rng = SplitMix::new(seed ^ number.rotate_left(32));
        let kind = Kind::ALL[(rng.below(4) % 4) as usize];
        let fate = match rng.below(100) {
            0..4 => Fate::Aborted,
            4..8 => Fate::Delayed,
            8..12 => Fate::Reset,
            12..16 => Fate::SlowAnswer,
            16..18 => Fate::LargeAnswer,
            18..20 => Fate::LargeRequest,
            20..23 => Fate::Unread,
            23..28 => Fate::Cancelled,
            28..30 => Fate::Stalled,
            30..34 => Fate::Dropped,
            _ => Fate::Answered,
        };
        let patience = Duration::from_micros(rng.below(10_000));
        Self {
            kind,
            fate,
            patience,
        }
    }
}

impl Fate {
    /// Whether nothing keeps the request from a good answer, but what befalls its endpoint as a whole.
    pub(crate) const fn is_sound(self) -> bool {
        matches!(
            self,
            Self::Answered
                | Self::Delayed
                | Self::SlowAnswer
                | Self::LargeAnswer
                | Self::LargeRequest
        )
    }

    /// How the endpoint is told, if it has a part in it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::Delayed | Self::Cancelled => "delayed",
            Self::Reset => "reset",
            Self::SlowAnswer => "slow-answer",
            Self::Unread => "unread",
            _ => "answered",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_number_are_one_fate() {
        let drawn = |seed| (0..100).map(move |number| format!("{:?}", Drawn::new(seed, number)));
        assert!(drawn(7).eq(drawn(7)));
        assert!(!drawn(7).eq(drawn(8)));
    }
}
