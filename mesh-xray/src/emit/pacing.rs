//! [`Pacing`]: rests between bursts of datagrams.

use std::time::Duration;

/// Says when the loop that sends should rest.
///
/// A receiver that falls behind loses datagrams, and neither end is told: full speed on loopback was measured to lose one in
/// a hundred of 2 kB and one in four of 8 kB. A rest of 1 ms after every 50 lets it catch up.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_xray::emit::Pacing;
///
/// let mut pacing = Pacing::default();
/// let rests: Vec<_> = (1..=100).filter_map(|sent| pacing.sent().map(|rest| (sent, rest))).collect();
/// let rest = Duration::from_millis(1);
/// assert_eq!(rests, [(50, rest), (100, rest)]);
/// ```
#[derive(Debug, Default)]
pub struct Pacing {
    since_rest: u32,
}

impl Pacing {
    /// How many go out without a rest.
    pub const BURST: u32 = 50;

    /// The rest.
    pub const REST: Duration = Duration::from_millis(1);

    /// To be called after each datagram: how long to rest before the next, if at all.
    #[must_use = "the rest is the caller's to take"]
    pub fn sent(&mut self) -> Option<Duration> {
        self.since_rest += 1;
        let due = self.since_rest >= Self::BURST;
        due.then(|| {
            self.rested();
            Self::REST
        })
    }

    /// To be called where the loop has waited for something else, which is a rest as well.
    pub fn rested(&mut self) {
        self.since_rest = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_something_else_counts_as_a_rest() {
        let mut pacing = Pacing::default();
        for _ in 1..Pacing::BURST {
            assert_eq!(pacing.sent(), None);
        }
        pacing.rested();
        assert_eq!(pacing.sent(), None);
    }
}
