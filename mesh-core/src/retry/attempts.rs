//! The retry loop of one request, without its waiting and sending.

use std::time::Duration;

use super::{Budget, Ended, Hint, Policy, Safety, backoff};
use crate::{
    metric::{Flag, Flags, Outcome},
    rng::Rng,
};

/// The attempts of one request; the first counts when it is made.
///
/// # Examples
/// ```
/// use mesh_core::{metric::Outcome, retry::{Attempts, Done, Next, Policy, Safety}, rng::SplitMix};
///
/// let (policy, mut rng) = (Policy::idempotent(1), SplitMix::new(7));
/// let mut attempts = Attempts::new(Safety::Idempotent);
/// assert!(attempts.can_retry(&policy)); // keep the head
/// let mut next = |attempts: &mut Attempts| attempts.next(&policy, Outcome::Status(503), |_| true, &mut rng);
/// assert!(matches!(next(&mut attempts), Next::Wait(_)));
/// assert!(!attempts.can_retry(&policy)); // the second attempt may have it
/// assert_eq!(next(&mut attempts), Next::Done(Done::Exhausted));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attempts {
    safety: Safety,
    made: u32,
}

impl Attempts {
    /// A request whose first attempt is about to be made.
    #[must_use]
    pub const fn new(safety: Safety) -> Self {
        Self { safety, made: 1 }
    }

    /// How many attempts were made, the running one included; a retry that the request limit forestalls is none.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.made
    }

    /// Whether the running attempt could be followed by another one; if not, nothing need be kept for it.
    #[must_use]
    pub fn can_retry(&self, policy: &Policy) -> bool {
        self.made <= policy.max_retries() && policy.can_cover(self.safety)
    }

    /// What to do after an attempt ended so. `spend` takes one retry off the target's budget, if there is one; it is asked
    /// only where the policy has a budget, the peer may have had work with the attempt that failed, and everything else
    /// speaks for another one.
    ///
    /// A wait never reaches beyond the request limit: it is cut there, and at its end the limit ends the request, as in
    /// Envoy. No attempt follows such a wait, so none is counted; nor does one where less than a millisecond would be left
    /// for it. A wait that the answer asked for is not cut: if it does not fit, the answer is what the caller gets.
    pub fn next<R: Rng + ?Sized>(
        &mut self,
        policy: &Policy,
        ended: impl Into<Ended>,
        spend: impl FnOnce(Budget) -> bool,
        rng: &mut R,
    ) -> Next {
        let ended = ended.into();
        if let Some(done) = self.done(policy, &ended) {
            return Next::Done(done);
        }
        let wait = match self.wait(&ended, rng) {
            Wait::Fits(wait) => wait,
            Wait::Ends(left) => return Next::Wait(left),
            Wait::TooLong => return Next::Done(Done::Declined),
        };
        let costs = policy.budget().filter(|_| !ended.outcome.is_unsent());
        if !costs.is_none_or(spend) {
            return Next::Done(Done::OverBudget);
        }
        self.made = self.made.saturating_add(1);
        if wait.is_zero() {
            Next::Try
        } else {
            Next::Wait(wait)
        }
    }

    fn done(&self, policy: &Policy, ended: &Ended) -> Option<Done> {
        if !policy.covers(ended.outcome, self.safety) {
            return Some(if ended.outcome.is_answer() {
                Done::Answered
            } else {
                Done::Failed
            });
        }
        if self.made > policy.max_retries() {
            return Some(Done::Exhausted);
        }
        if ended.left.is_some_and(|left| left.is_zero()) {
            return Some(Done::OutOfTime);
        }
        (ended.hint == Hint::Never).then_some(Done::Declined)
    }

    fn wait<R: Rng + ?Sized>(&self, ended: &Ended, rng: &mut R) -> Wait {
        let backoff = backoff(self.made, rng);
        let usable = ended.left.map(|left| left.saturating_sub(SHORTEST_TRY));
        match ended.hint {
            Hint::After(asked) if asked > LONGEST_HINT => Wait::TooLong,
            Hint::After(asked) if usable.is_some_and(|usable| usable <= asked) => Wait::TooLong,
            Hint::After(asked) => {
                // Not at that very moment: everybody who was told so would come then.
                let wait = asked + backoff;
                Wait::Fits(usable.map_or(wait, |usable| wait.min(usable)))
            }
            _ => match ended
                .left
                .filter(|_| usable.is_some_and(|usable| usable <= backoff))
            {
                Some(left) => Wait::Ends(left),
                None => Wait::Fits(backoff),
            },
        }
    }
}

/// How a wait and the request's limit go together.
enum Wait {
    /// Another attempt follows it.
    Fits(Duration),
    /// The limit ends it.
    Ends(Duration),
    /// The answer asks for more than there is.
    TooLong,
}

/// What to do next; a caller that leaves one out has no loop, so this enum stays exhaustive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// Another attempt, at once.
    Try,
    /// Another attempt, after this long; none if the request limit has passed by then.
    Wait(Duration),
    /// No further attempt.
    Done(Done),
}

/// Why there is no further attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Done {
    /// The answer is one the caller gets: a success, or a failure the policy does not retry.
    Answered,
    /// No answer came, and the policy does not retry that.
    Failed,
    /// The policy would retry this, but its retries are used up.
    Exhausted,
    /// The policy would retry this, but the request limit has passed.
    OutOfTime,
    /// The policy would retry this, but the answer says not to, or asks for more time than there is.
    Declined,
    /// The policy would retry this, but the target's budget of retries is used up.
    OverBudget,
}

impl Done {
    /// The flags of a request that ended so after this outcome.
    ///
    /// # Source
    /// Envoy 1.40: `URX` stands beside the reason of the last attempt, and also where a policy allows no retry.
    #[must_use]
    pub fn flags(self, last: Outcome) -> Flags {
        if self == Self::OutOfTime {
            return Flags::default().with(Flag::UpstreamTimeout);
        }
        let reasons = [last.flag(), self.flag()];
        let reasons = reasons.into_iter().flatten();
        reasons.fold(Flags::default(), Flags::with)
    }

    /// What it adds to the reason of the last attempt.
    #[must_use]
    pub const fn flag(self) -> Option<Flag> {
        match self {
            Self::Exhausted => Some(Flag::RetryLimitExceeded),
            Self::OverBudget => Some(Flag::RetryBudgetExceeded),
            Self::Answered | Self::Failed | Self::Declined | Self::OutOfTime => None,
        }
    }
}

/// Whether a request that came back untouched is sent once more at no cost to its retries.
///
/// An idle connection may have closed just as the request was to be written to it, which says nothing about the peer; a
/// fresh connection, or a second time, does. It is no retry, so it happens where a policy allows none, too, and to every method.
#[must_use]
pub const fn replays_unsent(reused_connection: bool, already: bool) -> bool {
    reused_connection && !already
}

/// An answer that asks for more time than this is passed on.
const LONGEST_HINT: Duration = Duration::from_secs(25);
/// What no attempt could be made in, and no header could tell the peer.
const SHORTEST_TRY: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests;
