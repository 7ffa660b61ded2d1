//! The retry loop of one request, without its waiting and sending.

use std::time::Duration;

use super::{Policy, Safety, backoff};
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
/// assert!(matches!(attempts.next(&policy, Outcome::Status(503), None, &mut rng), Next::Wait(_)));
/// assert!(!attempts.can_retry(&policy)); // the second attempt may have it
/// assert_eq!(attempts.next(&policy, Outcome::Status(503), None, &mut rng), Next::Done(Done::Exhausted));
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

    /// What to do after an attempt ended so, with this much of the request limit left (`None`: no limit is running).
    ///
    /// A wait never reaches beyond the request limit: it is cut there, and at its end the limit ends the request, as in
    /// Envoy. No attempt follows such a wait, so none is counted.
    pub fn next<R: Rng + ?Sized>(
        &mut self,
        policy: &Policy,
        outcome: Outcome,
        remaining: Option<Duration>,
        rng: &mut R,
    ) -> Next {
        if !policy.covers(outcome, self.safety) {
            return Next::Done(if outcome.is_answer() {
                Done::Answered
            } else {
                Done::Failed
            });
        }
        if self.made > policy.max_retries() {
            return Next::Done(Done::Exhausted);
        }
        if remaining.is_some_and(|left| left.is_zero()) {
            return Next::Done(Done::OutOfTime);
        }
        let wait = backoff(self.made, rng);
        if let Some(left) = remaining.filter(|left| *left <= wait) {
            return Next::Wait(left);
        }
        self.made = self.made.saturating_add(1);
        if wait.is_zero() {
            Next::Try
        } else {
            Next::Wait(wait)
        }
    }
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
}

impl Done {
    /// The flags of a request that ended so after this outcome.
    ///
    /// # Source
    /// Envoy 1.40: `URX` stands beside the reason of the last attempt, and also where a policy allows no retry.
    #[must_use]
    pub fn flags(self, last: Outcome) -> Flags {
        let flags = last.flag().into_iter().fold(Flags::default(), Flags::with);
        match self {
            Self::Answered | Self::Failed => flags,
            Self::Exhausted => flags.with(Flag::RetryLimitExceeded),
            Self::OutOfTime => Flags::default().with(Flag::UpstreamTimeout),
        }
    }
}

/// Whether a request that came back untouched is sent once more at no cost to its retries.
///
/// An idle connection may have closed just as the request was to be written to it, which says nothing about the peer; a
/// fresh connection, or a second time, does.
#[must_use]
pub const fn replays_unsent(reused_connection: bool, already: bool) -> bool {
    reused_connection && !already
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{retry::Event, rng::SplitMix};

    fn play(policy: &Policy, safety: Safety, outcomes: &[Outcome]) -> (u32, Next) {
        let (mut attempts, mut rng) = (Attempts::new(safety), SplitMix::new(7));
        for &outcome in outcomes {
            let next = attempts.next(policy, outcome, None, &mut rng);
            if matches!(next, Next::Done(_)) {
                return (attempts.count(), next);
            }
        }
        panic!("outcomes ran out after {} attempts", attempts.count());
    }

    #[test]
    fn retries_end_at_the_first_answer_the_policy_does_not_cover() {
        let policy = Policy::idempotent(2);
        let rows: [(&[Outcome], u32, Done); 6] = [
            (&[Outcome::Status(200)], 1, Done::Answered),
            (&[Outcome::RateLimited(503)], 1, Done::Answered),
            (
                &[Outcome::Status(503), Outcome::Status(404)],
                2,
                Done::Answered,
            ),
            (
                &[Outcome::ConnectFailed, Outcome::Reset, Outcome::Status(200)],
                3,
                Done::Answered,
            ),
            (&[Outcome::Status(503); 3], 3, Done::Exhausted),
            (&[Outcome::ConnectFailed; 3], 3, Done::Exhausted),
        ];
        for (outcomes, made, done) in rows {
            let played = play(&policy, Safety::Idempotent, outcomes);
            assert_eq!(played, (made, Next::Done(done)), "{outcomes:?}");
        }
    }

    #[test]
    fn a_payment_does_not_go_out_twice_by_default() {
        let policy = Policy::idempotent(2);
        let played = play(&policy, Safety::Unsafe, &[Outcome::Reset]);
        assert_eq!(played, (1, Next::Done(Done::Failed)));
        let played = play(
            &policy,
            Safety::Unsafe,
            &[Outcome::ConnectFailed, Outcome::Status(503)],
        );
        assert_eq!(played, (2, Next::Done(Done::Answered)));
    }

    #[test]
    fn zero_retries_is_really_none_and_still_says_exhausted() {
        let policy = Policy::on_events(0, [Event::ServerError]);
        assert!(!Attempts::new(Safety::Idempotent).can_retry(&policy));
        let played = play(&policy, Safety::Idempotent, &[Outcome::Status(500)]);
        assert_eq!(played, (1, Next::Done(Done::Exhausted)));
    }

    #[test]
    fn nothing_is_kept_where_no_retry_can_happen() {
        let unsafe_request = Attempts::new(Safety::Unsafe);
        assert!(!unsafe_request.can_retry(&Policy::none()));
        assert!(!unsafe_request.can_retry(&Policy::on_events(1, [])));
        assert!(unsafe_request.can_retry(&Policy::unsent(1)));
        assert!(unsafe_request.can_retry(&Policy::on_events(1, [Event::ClientError])));
    }

    #[test]
    fn a_wait_is_cut_where_the_request_limit_ends() {
        let policy = Policy::idempotent(2);
        let (mut attempts, mut rng) = (Attempts::new(Safety::Idempotent), SplitMix::new(7));
        let left = Some(Duration::from_nanos(1));
        let next = attempts.next(&policy, Outcome::Reset, left, &mut rng);
        assert_eq!(next, Next::Wait(Duration::from_nanos(1)));
        let next = attempts.next(&policy, Outcome::Reset, Some(Duration::ZERO), &mut rng);
        assert_eq!(next, Next::Done(Done::OutOfTime));
        assert_eq!(attempts.count(), 1, "no retry ever began");
        let hour = Some(Duration::from_secs(3600));
        let next = attempts.next(&policy, Outcome::Reset, hour, &mut rng);
        assert!(matches!(next, Next::Wait(_)));
        assert_eq!(attempts.count(), 2);
    }

    #[test]
    fn flags_name_the_last_reason_and_whether_retries_were_used_up() {
        let rows = [
            (Done::Answered, Outcome::Status(200), "-"),
            (Done::Exhausted, Outcome::Status(503), "URX"),
            (Done::Answered, Outcome::RateLimited(503), "-"),
            (Done::Exhausted, Outcome::ConnectFailed, "URX,UF"),
            (Done::Exhausted, Outcome::PerTryTimeout, "URX,UT"),
            (Done::Failed, Outcome::ProtocolError, "UPE"),
            (Done::OutOfTime, Outcome::ConnectFailed, "UT"),
        ];
        for (done, last, flags) in rows {
            assert_eq!(done.flags(last).to_string(), flags, "{done:?} {last:?}");
        }
    }

    #[test]
    fn an_untouched_request_is_replayed_once_and_only_off_a_reused_connection() {
        assert!(replays_unsent(true, false));
        assert!(!replays_unsent(true, true));
        assert!(!replays_unsent(false, false));
    }
}
