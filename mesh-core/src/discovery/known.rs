//! What is known of a target's endpoints, and what an answer or a failure changes about it.

use std::{
    mem,
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::{Endpoints, endpoints, refresh_after, retry_after};
use crate::rng::Rng;

/// What a directory said when it was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// These addresses, for so long.
    Addresses {
        /// In the directory's order.
        addrs: Vec<SocketAddr>,
        /// How long they are valid.
        ttl: Duration,
    },
    /// That there are none: the name does not exist (NXDOMAIN), has no address of the families asked for, or the service no instance.
    None,
    /// Nothing that counts: no server was reached, it failed (SERVFAIL), or what it sent made no sense.
    Failed,
}

/// What is known of one target's endpoints.
///
/// # Source
/// Envoy keeps its hosts when a query fails, and `STRICT_DNS` drops all of them at the first answer that has none. Differs from it in
/// the second: a directory that restarts, or whose instances are all replaced at once, says for some seconds that there is nothing.
/// To believe it fails every request; to hold what was known fails those only that were lost anyway. So it is held, for [`HOLD`], since
/// the addresses may one day belong to somebody else.
///
/// # Examples
/// ```
/// use std::time::{Duration, Instant};
/// use mesh_core::{discovery::{Finding, Known, News}, rng::SplitMix};
///
/// let (mut known, mut rng, now) = (Known::default(), SplitMix::new(7), Instant::now());
/// let addrs = vec!["10.0.0.1:80".parse()?];
/// let found = Finding::Addresses { addrs: addrs.clone(), ttl: Duration::from_secs(10) };
/// assert_eq!(known.learn(found, true, now, &mut rng).endpoints, Some(addrs));
///
/// let step = known.learn(Finding::Failed, true, now, &mut rng);
/// assert_eq!((step.endpoints, step.news), (None, Some(News::Stale)));
/// assert!(known.is_stale());
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Known {
    addrs: Vec<SocketAddr>,
    is_told: bool,
    failures: u32,
    /// Since when a directory says that there is nothing, or nobody says anything at all.
    since: Option<Instant>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum State {
    #[default]
    Fresh,
    Failing,
    Held,
}

/// What follows from a finding.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The endpoints, if they are others than before or the first ones. Empty: it is known that there are none.
    pub endpoints: Option<Vec<SocketAddr>>,
    /// How many addresses are not used, being too many.
    pub left_out: usize,
    /// When to ask again.
    pub ask_after: Duration,
    /// What somebody should be told.
    pub news: Option<News>,
}

/// A change in how well endpoints are known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum News {
    /// Nobody can be asked any more, or still: at the first failure in a row, the second, the fourth, the eighth.
    Stale,
    /// The directory says that there is nothing; what was known is held.
    Held,
    /// It said so for [`HOLD`]: the target has no endpoints now.
    Emptied,
    /// There are answers again.
    Fresh,
}

impl Known {
    /// Takes what a directory said. `all`: every address is an endpoint, else one.
    pub fn learn<R: Rng + ?Sized>(
        &mut self,
        finding: Finding,
        all: bool,
        now: Instant,
        rng: &mut R,
    ) -> Step {
        match finding {
            Finding::Addresses { addrs, ttl } if !addrs.is_empty() => {
                let chosen = endpoints(addrs, all, &self.addrs);
                self.found(chosen, refresh_after(ttl, rng))
            }
            Finding::Addresses { .. } | Finding::None => {
                self.none(now, refresh_after(ASK_FOR_NONE, rng))
            }
            Finding::Failed => {
                self.failures = self.failures.saturating_add(1);
                self.failed(now, retry_after(self.failures, rng))
            }
        }
    }

    /// Whether what is in force is older than its directory allows.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.state != State::Fresh
    }

    /// How often in a row nobody answered.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    fn found(&mut self, chosen: Endpoints, ask_after: Duration) -> Step {
        let endpoints = self.tell(chosen.addrs);
        Step {
            endpoints,
            left_out: chosen.left_out,
            ask_after,
            news: self.refreshed(),
        }
    }

    fn none(&mut self, now: Instant, ask_after: Duration) -> Step {
        let step = |endpoints, news| Step {
            endpoints,
            left_out: 0,
            ask_after,
            news,
        };
        if self.addrs.is_empty() {
            let endpoints = self.tell(Vec::new());
            return step(endpoints, self.refreshed());
        }
        self.failures = 0;
        let since = match (self.state, self.since) {
            (State::Held, Some(since)) => since,
            _ => now,
        };
        if now.saturating_duration_since(since) >= HOLD {
            let endpoints = self.tell(Vec::new());
            self.refreshed();
            return step(endpoints, Some(News::Emptied));
        }
        self.since = Some(since);
        let before = mem::replace(&mut self.state, State::Held);
        step(None, (before != State::Held).then_some(News::Held))
    }

    fn failed(&mut self, now: Instant, ask_after: Duration) -> Step {
        // A failure neither confirms nor contradicts that there is nothing, and so the hold's clock goes on.
        if self.state == State::Fresh {
            (self.state, self.since) = (State::Failing, Some(now));
        }
        let waited = self
            .since
            .map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let endpoints = match self.is_told || waited < PATIENCE {
            true => None,
            false => self.tell(Vec::new()),
        };
        Step {
            endpoints,
            left_out: 0,
            ask_after,
            news: self.failures.is_power_of_two().then_some(News::Stale),
        }
    }

    fn tell(&mut self, addrs: Vec<SocketAddr>) -> Option<Vec<SocketAddr>> {
        let told = mem::replace(&mut self.is_told, true);
        if told && self.addrs == addrs {
            return None;
        }
        self.addrs.clone_from(&addrs);
        Some(addrs)
    }

    fn refreshed(&mut self) -> Option<News> {
        (self.failures, self.since) = (0, None);
        let before = mem::replace(&mut self.state, State::Fresh);
        (before != State::Fresh).then_some(News::Fresh)
    }
}

/// How long a target's endpoints stay in force when its directory says that there are none.
///
/// # Units
/// As long as the longest TTL that counts.
pub const HOLD: Duration = Duration::from_secs(30);

/// How long requests wait for a directory that has never answered. After that they fail, until it does.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A service that is not there is often one that is just being made: its first instance is wanted soon.
const ASK_FOR_NONE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    /// A target's story: what was found after so many seconds, and what is told then.
    fn told(story: &[(u64, Finding)]) -> Vec<(Option<usize>, Option<News>)> {
        let (mut known, mut rng) = (Known::default(), SplitMix::new(3));
        #[expect(clippy::disallowed_methods, reason = "any instant to count from")]
        let start = Instant::now();
        let mut learn = |(at, finding): &(u64, Finding)| {
            let now = start + Duration::from_secs(*at);
            let step = known.learn(finding.clone(), true, now, &mut rng);
            (step.endpoints.map(|addrs| addrs.len()), step.news)
        };
        story.iter().map(&mut learn).collect()
    }

    fn found(hosts: u8) -> Finding {
        Finding::Addresses {
            addrs: (0..hosts)
                .map(|host| ([10, 0, 0, host], 80).into())
                .collect(),
            ttl: Duration::from_secs(5),
        }
    }

    #[test]
    fn only_what_changes_is_told() {
        let story = [(0, found(2)), (5, found(2)), (10, found(3)), (15, found(3))];
        let endpoints = told(&story).into_iter().map(|(endpoints, _)| endpoints);
        assert!(endpoints.eq([Some(2), None, Some(3), None]));
    }

    #[test]
    fn a_failure_changes_nothing_however_long_it_lasts() {
        let story = [
            (0, found(2)),
            (5, Finding::Failed),
            (86_400, Finding::Failed),
            (86_401, found(2)),
        ];
        assert_eq!(
            told(&story),
            [
                (Some(2), None),
                (None, Some(News::Stale)),
                (None, Some(News::Stale)),
                (None, Some(News::Fresh)),
            ]
        );
    }

    #[test]
    fn failures_are_told_ever_more_seldom() {
        let story: Vec<_> = (0..20).map(|at| (at, Finding::Failed)).collect();
        let news = told(&story).into_iter().filter(|(_, news)| news.is_some());
        assert_eq!(news.count(), 5, "the 1st, 2nd, 4th, 8th and 16th");
    }

    #[test]
    fn nothing_is_believed_at_once_where_nothing_was_known() {
        let story = [(0, Finding::None), (5, Finding::None), (10, found(1))];
        assert_eq!(
            told(&story),
            [(Some(0), None), (None, None), (Some(1), None)]
        );
    }

    #[test]
    fn nothing_is_believed_only_when_it_has_stood_where_something_was_known() {
        let story = [
            (0, found(2)),
            (5, Finding::None),
            (30, Finding::None),
            (34, Finding::Failed),
            (35, Finding::None),
            (40, Finding::None),
            (45, found(1)),
        ];
        assert_eq!(
            told(&story),
            [
                (Some(2), None),
                (None, Some(News::Held)),
                (None, None),
                (None, Some(News::Stale)),
                (Some(0), Some(News::Emptied)),
                (None, None),
                (Some(1), None),
            ]
        );
    }

    #[test]
    fn one_answer_in_between_begins_the_hold_anew() {
        let story = [
            (0, found(2)),
            (5, Finding::None),
            (30, found(2)),
            (36, Finding::None),
        ];
        assert_eq!(told(&story)[3], (None, Some(News::Held)));
    }

    #[test]
    fn a_failing_directory_is_waited_for_and_then_said_to_have_nothing() {
        let story = [
            (0, Finding::Failed),
            (9, Finding::Failed),
            (10, Finding::Failed),
            (12, found(1)),
        ];
        let endpoints = told(&story).into_iter().map(|(endpoints, _)| endpoints);
        assert!(endpoints.eq([None, None, Some(0), Some(1)]));
    }

    #[test]
    fn an_answer_without_addresses_is_an_answer_that_there_are_none() {
        assert_eq!(told(&[(0, found(0))]), [(Some(0), None)]);
    }

    #[test]
    fn failures_and_held_endpoints_are_stale_and_others_are_not() {
        let (mut known, mut rng) = (Known::default(), SplitMix::new(3));
        #[expect(clippy::disallowed_methods, reason = "any instant to count from")]
        let now = Instant::now();
        for (finding, stale) in [
            (Finding::None, false),
            (found(1), false),
            (Finding::Failed, true),
            (Finding::None, true),
            (found(1), false),
        ] {
            known.learn(finding.clone(), true, now, &mut rng);
            assert_eq!(known.is_stale(), stale, "{finding:?}");
        }
    }
}
