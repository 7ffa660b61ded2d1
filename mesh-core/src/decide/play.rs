//! A request played through: told how each attempt ends, it says what happens next.

use std::time::Duration;

use super::Decision;
use crate::{
    metric::{Flag, Flags, Outcome},
    name::VirtualNodeName,
    retry::{Attempts, Bucket, Budget, Done, Ended, Next, Policy},
    rng::SplitMix,
    snapshot::Verdict,
};

/// What the random draws of a play follow from; the same seed plays the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seed(pub u64);

impl Decision<'_> {
    /// Plays the request: one outcome per attempt, until it is over or the outcomes run out. Where an answer is to ask for
    /// time, give an [`Ended`] with its [`Hint`](crate::retry::Hint).
    ///
    /// Attempts take no time; waits do, and the request is over once they have used up its limit. It is the first request
    /// that its target gets, so that of a [`Budget`] there is what the first second brings, and what it earned itself.
    pub fn play(&self, seed: Seed, ends: impl IntoIterator<Item = impl Into<Ended>>) -> Played {
        let mut rng = SplitMix::new(seed.0);
        let mut played = Played::default();
        if matches!(self.verdict, Verdict::Refuse(_)) {
            played.flags = Flags::default().with(Flag::NoRoute);
            return played;
        }
        let plan = self.plan();
        let target = plan.map(|plan| plan.targets.choose(&mut rng));
        let cluster = target.and_then(|id| self.snapshot.clusters().get(id.index()));
        played.target = cluster.map(|cluster| cluster.virtual_node.clone());
        let limit = plan.and_then(|plan| plan.timeouts.request);
        let none = Policy::none();
        let policy = plan.map_or(&none, |plan| &plan.retry);
        let (mut attempts, bucket) = (Attempts::new(self.safety), Bucket::default());
        for ended in ends {
            let waited = played.waited();
            let ended = ended
                .into()
                .with_left(limit.map(|limit| limit.saturating_sub(waited)));
            let spend = |budget: Budget| bucket.withdraw(budget, budget.earns(), waited);
            let next = attempts.next(policy, ended, spend, &mut rng);
            played.ended(ended, next);
            if played.done.is_some() {
                break;
            }
        }
        played
    }
}

/// How a request went.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Played {
    attempts: u32,
    target: Option<VirtualNodeName>,
    outcome: Option<Outcome>,
    waits: Vec<Duration>,
    done: Option<Done>,
    flags: Flags,
}

impl Played {
    /// How many attempts were made; 0 if the request was refused.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The node that was drawn, for all attempts; `None` if the request was not routed.
    #[must_use]
    pub fn target(&self) -> Option<&VirtualNodeName> {
        self.target.as_ref()
    }

    /// How the last attempt ended.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// How long it waited before each retry; the last wait may end with the request limit instead.
    #[must_use]
    pub fn waits(&self) -> &[Duration] {
        &self.waits
    }

    /// Why there was no further attempt; `None` if the outcomes ran out before, or none was made.
    #[must_use]
    pub fn done(&self) -> Option<Done> {
        self.done
    }

    /// What the access log would say about it; of a reset it would say `UC` in place of `UR` where the whole connection broke,
    /// which an outcome does not tell.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.flags
    }

    fn ended(&mut self, Ended { outcome, left, .. }: Ended, next: Next) {
        self.attempts += 1;
        self.outcome = Some(outcome);
        let done = match next {
            Next::Try => {
                self.waits.push(Duration::ZERO);
                None
            }
            Next::Wait(wait) => {
                self.waits.push(wait);
                (left == Some(wait)).then_some(Done::OutOfTime)
            }
            Next::Done(done) => Some(done),
        };
        self.done = done;
        self.flags = done.map_or_else(Flags::default, |done| done.flags(outcome));
    }

    fn waited(&self) -> Duration {
        self.waits.iter().sum()
    }
}
