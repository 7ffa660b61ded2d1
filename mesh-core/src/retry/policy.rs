//! Which outcomes are worth another attempt.

use super::{Budget, Event, Safety};
use crate::metric::Outcome;

/// When a failed attempt is tried again, and how often.
///
/// # Examples
/// ```
/// use mesh_core::{metric::Outcome, retry::{Policy, Safety}};
///
/// let policy = Policy::idempotent(2);
/// assert!(policy.covers(Outcome::Status(503), Safety::Idempotent));
/// assert!(!policy.covers(Outcome::Status(503), Safety::Unsafe));
/// assert!(policy.covers(Outcome::ConnectFailed, Safety::Unsafe)); // nobody saw it
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Policy {
    max_retries: u32,
    statuses: Vec<u16>,
    grpc_statuses: Vec<i32>,
    failures: Failures,
    unsafe_retries: bool,
    budget: Option<Budget>,
}

/// Which attempts without an answer are covered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Failures {
    connect: bool,
    refused: bool,
    reset: bool,
}

impl Policy {
    /// One attempt, whatever happens.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            max_retries: 0,
            statuses: Vec::new(),
            grpc_statuses: Vec::new(),
            failures: Failures {
                connect: false,
                refused: false,
                reset: false,
            },
            unsafe_retries: false,
            budget: None,
        }
    }

    /// Attempts that the application provably never saw are tried again, nothing else.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::{metric::Outcome, retry::{Policy, Safety}};
    ///
    /// let policy = Policy::unsent(1);
    /// assert!(policy.covers(Outcome::RefusedStream, Safety::Unsafe));
    /// assert!(!policy.covers(Outcome::Reset, Safety::Idempotent)); // it may have been seen
    /// ```
    #[must_use]
    pub fn unsent(max_retries: u32) -> Self {
        let failures = Failures {
            connect: true,
            refused: true,
            reset: false,
        };
        Self {
            max_retries,
            failures,
            ..Self::none()
        }
    }

    /// A 503, a `grpc-status` 14 and every attempt without an answer are tried again; requests that may not reach an
    /// application twice (POST, PATCH, gRPC) only where it provably never saw them.
    ///
    /// # Source
    /// The events are those of App Mesh's default policy; the care for unsafe requests is ours.
    #[must_use]
    pub fn idempotent(max_retries: u32) -> Self {
        Self {
            max_retries,
            statuses: vec![503],
            grpc_statuses: vec![14],
            failures: Failures {
                connect: true,
                refused: true,
                reset: true,
            },
            ..Self::none()
        }
    }

    /// A policy as App Mesh files write it: every method is retried, also POST.
    ///
    /// # Source
    /// App Mesh user guide, "Routes"; measured on Envoy 1.40: `server-error` and `gateway-error` also cover attempts
    /// without any answer, the per-try limit included.
    #[must_use]
    pub fn on_events(max_retries: u32, events: impl IntoIterator<Item = Event>) -> Self {
        let mut policy = Self {
            max_retries,
            unsafe_retries: true,
            ..Self::none()
        };
        for event in events {
            policy.statuses.extend(event.statuses());
            policy.grpc_statuses.extend(event.grpc_status());
            policy.failures.reset |= event.is_reset();
            policy.failures.refused |= event.is_reset() || event == Event::StreamError;
            policy.failures.connect |= event.is_reset() || event == Event::ConnectionError;
        }
        policy.statuses.sort_unstable();
        policy.statuses.dedup();
        policy.grpc_statuses.sort_unstable();
        policy.grpc_statuses.dedup();
        policy
    }

    /// This policy, which also retries answers with that status.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::{metric::Outcome, retry::{Policy, Safety}};
    ///
    /// let policy = Policy::idempotent(2).with_status(425);
    /// assert!(policy.covers(Outcome::Status(425), Safety::Idempotent));
    /// ```
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        if let Err(place) = self.statuses.binary_search(&status) {
            self.statuses.insert(place, status);
        }
        self
    }

    /// This policy, which sends unsafe requests again too, even if the application may have seen them.
    #[must_use]
    pub const fn with_unsafe_retries(mut self) -> Self {
        self.unsafe_retries = true;
        self
    }

    /// This policy, whose retries all requests to a target share so many of.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::retry::{Budget, Policy};
    ///
    /// let policy = Policy::idempotent(2).with_budget(Budget::new(20, 10));
    /// assert!(policy.to_string().contains("20 % of the requests"));
    /// ```
    #[must_use]
    pub const fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// How many retries all requests to a target share; `None`: no bound.
    #[must_use]
    pub const fn budget(&self) -> Option<Budget> {
        self.budget
    }

    /// Attempts after the first.
    #[must_use]
    pub const fn max_retries(&self) -> u32 {
        self.max_retries
    }

    /// Whether requests are sent again that the application may have seen and that are not idempotent.
    #[must_use]
    pub const fn unsafe_retries(&self) -> bool {
        self.unsafe_retries
    }

    /// Whether this outcome is worth another attempt, leaving aside how many there were.
    #[must_use]
    pub fn covers(&self, outcome: Outcome, safety: Safety) -> bool {
        let harmless = safety == Safety::Idempotent || self.unsafe_retries || outcome.is_unsent();
        harmless && self.names(outcome)
    }

    fn names(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Status(status) => self.statuses.contains(&status),
            Outcome::Grpc(status) => self.grpc_statuses.contains(&status),
            Outcome::StatusAndGrpc(status, grpc) => {
                self.statuses.contains(&status) || self.grpc_statuses.contains(&grpc)
            }
            // To try again is what the limit is there to prevent.
            Outcome::RateLimited(_) => false,
            // An unsent request met a connection that was gone: to the peer the same as one never made.
            Outcome::ConnectFailed | Outcome::Unsent => self.failures.connect,
            Outcome::RefusedStream => self.failures.refused,
            Outcome::Reset | Outcome::ProtocolError | Outcome::PerTryTimeout => self.failures.reset,
        }
    }

    /// Whether any outcome of such a request could be retried.
    pub(super) fn can_cover(&self, safety: Safety) -> bool {
        let Failures {
            connect,
            refused,
            reset,
        } = self.failures;
        let answers = !self.statuses.is_empty() || !self.grpc_statuses.is_empty() || reset;
        connect || refused || answers && (safety == Safety::Idempotent || self.unsafe_retries)
    }
}

mod text;

#[cfg(test)]
mod tests;
