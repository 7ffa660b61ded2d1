//! The attempts of a call.

use std::{net::SocketAddr, sync::OnceLock, time::Instant};

use mesh_core::metric::Outcome;

/// One try of an outbound call.
#[derive(Debug)]
pub struct Attempt {
    endpoint: SocketAddr,
    started: Instant,
    outcome: OnceLock<(Outcome, Instant)>,
    next: OnceLock<Box<Self>>,
}

impl Attempt {
    pub(super) fn new(endpoint: SocketAddr, started: Instant) -> Self {
        Self {
            endpoint,
            started,
            outcome: OnceLock::new(),
            next: OnceLock::new(),
        }
    }

    /// The one that followed it.
    pub(super) fn next(&self) -> Option<&Self> {
        self.next.get().map(AsRef::as_ref)
    }

    pub(super) fn followed_by(&self, attempt: impl FnOnce() -> Self) -> &Self {
        self.next.get_or_init(|| Box::new(attempt()))
    }

    /// Where it went.
    #[must_use]
    pub fn endpoint(&self) -> SocketAddr {
        self.endpoint
    }

    /// When it began.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// How it ended; `None` while it runs, and for good if it was dropped.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome.get().map(|(outcome, _)| *outcome)
    }

    pub(crate) fn ended(&self, outcome: Outcome, now: Instant) {
        let _ = self.outcome.set((outcome, now));
    }

    /// When its outcome was known.
    #[cfg(any(feature = "xray", feature = "test-util", test))]
    pub(crate) fn ended_at(&self) -> Option<Instant> {
        self.outcome.get().map(|(_, at)| *at)
    }
}
