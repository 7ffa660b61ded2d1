//! When to try again, and how long an attempt may take.

use std::{sync::Arc, time::Duration};

use http::Request;
use mesh_core::{retry::Policy, snapshot::Plan};

use crate::standalone::policy::{PolicySource, policies};

/// A retry policy with the limit on each attempt; a clone shares it.
///
/// # Source
/// App Mesh `HttpRetryPolicy`: `maxRetries`, the events, `perRetryTimeout`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::retry::{Event, Policy};
/// use mesh_tower::standalone::RetryPolicy;
///
/// let policy = RetryPolicy::new(Policy::on_events(2, [Event::GatewayError])).per_try(Duration::from_millis(200));
/// assert_eq!(policy.core().max_retries(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct RetryPolicy(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Value(Arc<Value>),
    Plan(Arc<Plan>),
}

#[derive(Debug)]
struct Value {
    policy: Policy,
    per_try: Option<Duration>,
}

impl RetryPolicy {
    /// This policy, without a limit on each attempt.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        let value = Value {
            policy,
            per_try: None,
        };
        Self(Kind::Value(Arc::new(value)))
    }

    /// What [`Policy::idempotent`] covers, so often.
    #[must_use]
    pub fn idempotent(max_retries: u32) -> Self {
        Self::new(Policy::idempotent(max_retries))
    }

    /// This policy, with a limit on each attempt: from the end of the request to the response's head.
    #[must_use]
    pub fn per_try(self, limit: Duration) -> Self {
        let value = Value {
            policy: self.core().clone(),
            per_try: Some(limit),
        };
        Self(Kind::Value(Arc::new(value)))
    }

    /// Which outcomes are tried again, and how often.
    #[must_use]
    pub fn core(&self) -> &Policy {
        match &self.0 {
            Kind::Value(value) => &value.policy,
            Kind::Plan(plan) => &plan.retry,
        }
    }

    /// How long each attempt may take.
    #[must_use]
    pub fn per_try_limit(&self) -> Option<Duration> {
        match &self.0 {
            Kind::Value(value) => value.per_try,
            Kind::Plan(plan) => plan.timeouts.effective_per_try(),
        }
    }
}

impl From<Policy> for RetryPolicy {
    fn from(policy: Policy) -> Self {
        Self::new(policy)
    }
}

impl From<Arc<Plan>> for RetryPolicy {
    fn from(plan: Arc<Plan>) -> Self {
        Self(Kind::Plan(plan))
    }
}

policies!(RetryPolicy);
