//! One route.

use std::sync::Arc;

use super::{Conditions, Head, Mismatch};
use crate::{name::RouteName, unit::Priority};

/// A route: its conditions and what they lead to.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule<P> {
    pub(super) name: Option<RouteName>,
    pub(super) priority: Option<Priority>,
    pub(super) conditions: Arc<Conditions>,
    target: P,
}

impl<P> Rule<P> {
    /// A route of that name; routes of several services may share their conditions.
    pub fn new(
        name: RouteName,
        priority: Option<Priority>,
        conditions: impl Into<Arc<Conditions>>,
        target: P,
    ) -> Self {
        Self {
            name: Some(name),
            priority,
            conditions: conditions.into(),
            target,
        }
    }

    /// What a service has whose provider is a node: one nameless route for everything.
    pub fn catch_all(target: P) -> Self {
        Self {
            name: None,
            priority: None,
            conditions: Arc::new(Conditions::any()),
            target,
        }
    }

    /// The route's name; `None` for a [catch-all](Self::catch_all).
    #[must_use]
    pub fn name(&self) -> Option<&RouteName> {
        self.name.as_ref()
    }

    /// How early it is asked; none comes last.
    #[must_use]
    pub fn priority(&self) -> Option<Priority> {
        self.priority
    }

    /// What a request must be like for it.
    #[must_use]
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// What it leads to.
    #[must_use]
    pub fn target(&self) -> &P {
        &self.target
    }

    /// Whether it takes the request.
    ///
    /// # Errors
    /// The first condition that does not hold.
    pub fn check(&self, head: &Head<'_>) -> Result<(), Mismatch<'_>> {
        self.conditions.check(head)
    }
}
