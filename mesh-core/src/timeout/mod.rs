//! Time limits, and which of them is running at a moment of a request.
//!
//! Nothing here reads a clock: [`Deadlines`] is told what happened when, and says which limit ends first.

mod deadline;
mod running;
#[cfg(test)]
mod tests;
mod wire;

use std::time::Duration;

pub use self::{
    deadline::Deadline,
    running::{Deadlines, Limit, LimitKind},
    wire::{Text, expected_millis, grpc_timeout},
};

/// The limits of one request.
///
/// # Units
/// `None`: no limit.
///
/// # Source
/// App Mesh API model, `HttpTimeout` and `HttpRetryPolicy.perRetryTimeout`; when each one runs was measured on Envoy 1.40.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Timeouts {
    /// From the end of the request on, all attempts and the waits between them together.
    pub request: Option<Duration>,
    /// Where the request limit stops to matter.
    pub request_ends: RequestEnds,
    /// One attempt, the first one too, from the end of the request (or from when the attempt had its connection, if that is
    /// later) to the response head.
    pub per_try: Option<Duration>,
    /// How long a stream may carry nothing in either direction.
    pub idle: Option<Duration>,
    /// How long a connection may take to be made.
    pub connect: Duration,
}

impl Timeouts {
    /// No limit but the one on connecting.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            request: None,
            request_ends: RequestEnds::Response,
            per_try: None,
            idle: None,
            connect: CONNECT,
        }
    }

    /// These limits with another one on the whole request.
    #[must_use]
    pub const fn with_request(self, limit: Option<Duration>, ends: RequestEnds) -> Self {
        Self {
            request: limit,
            request_ends: ends,
            ..self
        }
    }

    /// These limits with another one on each attempt.
    #[must_use]
    pub const fn with_per_try(self, limit: Option<Duration>) -> Self {
        Self {
            per_try: limit,
            ..self
        }
    }

    /// These limits with another one on silence.
    #[must_use]
    pub const fn with_idle(self, limit: Option<Duration>) -> Self {
        Self {
            idle: limit,
            ..self
        }
    }

    /// These limits, under which the request has to end within the caller's own limit too, if it gives one.
    #[must_use]
    pub fn shortened(self, limit: Option<Duration>) -> Self {
        let request = [self.request, limit].into_iter().flatten().min();
        Self { request, ..self }
    }

    /// The per-try limit as far as it can ever end an attempt: one that is not below the request limit is ignored.
    ///
    /// # Source
    /// Envoy 1.40, also for two equal limits.
    #[must_use]
    pub fn effective_per_try(&self) -> Option<Duration> {
        self.per_try
            .filter(|per_try| self.request.is_none_or(|request| *per_try < request))
    }
}

/// Where a request limit stops to matter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RequestEnds {
    /// At the response's last byte: what App Mesh did, and what cuts a long server stream.
    Response,
    /// At the response's head: a stream may then go on as long as it carries something.
    Head,
}

/// Envoy clusters as App Mesh emitted them: 1 s to a remote endpoint.
const CONNECT: Duration = Duration::from_secs(1);
