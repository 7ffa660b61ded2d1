//! Time limits, and which of them is running at a moment of a request.
//!
//! Nothing here reads a clock: [`Deadlines`] is told what happened when, and says which limit ends first.

use std::time::{Duration, Instant};

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
    /// One attempt, the first one too, from the end of the request (or its own start, if later) to the response head.
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

/// The running limits of one request.
///
/// The request limit and the per-try limit are armed only once the request has been sent completely: a slow upload or a
/// bidirectional stream is not cut by them.
///
/// # Source
/// Measured on Envoy 1.40: a body that took 2 s to upload on a route of 1 s was answered 200.
///
/// # Examples
/// ```
/// use std::time::{Duration, Instant};
/// use mesh_core::timeout::{Deadlines, LimitKind, RequestEnds, Timeouts};
///
/// let second = Duration::from_secs(1);
/// let limits = Timeouts::none().with_request(Some(second), RequestEnds::Response);
/// let start = Instant::now();
/// let mut deadlines = Deadlines::new(limits, start);
/// assert_eq!(deadlines.earliest(), None); // the body is still on its way
/// deadlines.request_ended(start + 2 * second);
/// let limit = deadlines.earliest().unwrap();
/// assert_eq!((limit.at, limit.kind), (start + 3 * second, LimitKind::Request));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deadlines {
    timeouts: Timeouts,
    last_moved: Instant,
    request_ended: Option<Instant>,
    attempt_started: Option<Instant>,
    head_received: bool,
}

impl Deadlines {
    /// The limits, as they were given.
    #[must_use]
    pub const fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// A request that begins now.
    #[must_use]
    pub const fn new(timeouts: Timeouts, now: Instant) -> Self {
        Self {
            timeouts,
            last_moved: now,
            request_ended: None,
            attempt_started: None,
            head_received: false,
        }
    }

    /// The last byte of the request arrived; told again, the first time stands.
    pub fn request_ended(&mut self, now: Instant) {
        self.request_ended.get_or_insert(now);
        self.moved(now);
    }

    /// An attempt begins.
    pub fn attempt_started(&mut self, now: Instant) {
        self.attempt_started = Some(now);
        self.moved(now);
    }

    /// The response head that the caller gets arrived.
    pub fn head_received(&mut self, now: Instant) {
        self.head_received = true;
        self.moved(now);
    }

    /// Something of the request or of the response moved.
    pub fn moved(&mut self, now: Instant) {
        self.last_moved = self.last_moved.max(now);
    }

    /// The limit that ends first, if any is running. Of limits that end together the request's comes first, then the attempt's.
    #[must_use]
    pub fn earliest(&self) -> Option<Limit> {
        let limit = |at, kind| Some(Limit { at, kind });
        let request = self.request().and_then(|at| limit(at, LimitKind::Request));
        let per_try = self.per_try().and_then(|at| limit(at, LimitKind::PerTry));
        let idle = self.idle().and_then(|at| limit(at, LimitKind::Idle));
        // `min_by_key` keeps the first of equals.
        [request, per_try, idle]
            .into_iter()
            .flatten()
            .min_by_key(|limit| limit.at)
    }

    /// How much of the request limit is left; `None` while it does not run, zero when it has passed.
    #[must_use]
    pub fn remaining(&self, now: Instant) -> Option<Duration> {
        self.request().map(|at| at.saturating_duration_since(now))
    }

    fn request(&self) -> Option<Instant> {
        let over = self.head_received && self.timeouts.request_ends == RequestEnds::Head;
        let from = self.request_ended.filter(|_| !over)?;
        after(from, self.timeouts.request)
    }

    fn per_try(&self) -> Option<Instant> {
        let ended = self.request_ended.filter(|_| !self.head_received)?;
        let from = self.attempt_started?.max(ended);
        after(from, self.timeouts.effective_per_try())
    }

    fn idle(&self) -> Option<Instant> {
        after(self.last_moved, self.timeouts.idle)
    }
}

/// A limit that is running.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limit {
    /// When it ends.
    pub at: Instant,
    /// Which one it is.
    pub kind: LimitKind,
}

/// Which limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LimitKind {
    /// On the whole request.
    Request,
    /// On one attempt.
    PerTry,
    /// On silence.
    Idle,
}

/// A limit beyond what an `Instant` can hold is none.
fn after(from: Instant, limit: Option<Duration>) -> Option<Instant> {
    limit.and_then(|limit| from.checked_add(limit))
}

/// Envoy clusters as App Mesh emitted them: 1 s to a remote endpoint.
const CONNECT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[expect(
        clippy::disallowed_methods,
        reason = "any instant will do, and there is no other way to one"
    )]
    fn start() -> Instant {
        Instant::now()
    }

    fn limits() -> Timeouts {
        Timeouts::none()
            .with_request(Some(10 * SECOND), RequestEnds::Response)
            .with_per_try(Some(2 * SECOND))
    }

    fn earliest(deadlines: &Deadlines, start: Instant) -> Option<(Duration, LimitKind)> {
        deadlines
            .earliest()
            .map(|limit| (limit.at - start, limit.kind))
    }

    #[test]
    fn nothing_but_silence_is_limited_before_the_request_has_ended() {
        let start = start();
        let mut deadlines = Deadlines::new(limits(), start);
        deadlines.attempt_started(start);
        assert_eq!(earliest(&deadlines, start), None);
        assert_eq!(deadlines.remaining(start + 60 * SECOND), None);
        let mut deadlines = Deadlines::new(limits().with_idle(Some(5 * SECOND)), start);
        deadlines.moved(start + 3 * SECOND);
        assert_eq!(
            earliest(&deadlines, start),
            Some((8 * SECOND, LimitKind::Idle))
        );
    }

    #[test]
    fn an_attempt_is_limited_from_its_start_or_from_the_end_of_the_request() {
        let start = start();
        let mut deadlines = Deadlines::new(limits(), start);
        deadlines.attempt_started(start);
        deadlines.request_ended(start + 3 * SECOND);
        assert_eq!(
            earliest(&deadlines, start),
            Some((5 * SECOND, LimitKind::PerTry))
        );
        deadlines.attempt_started(start + 6 * SECOND);
        assert_eq!(
            earliest(&deadlines, start),
            Some((8 * SECOND, LimitKind::PerTry))
        );
    }

    #[test]
    fn the_request_limit_spans_all_attempts() {
        let start = start();
        let mut deadlines = Deadlines::new(limits(), start);
        deadlines.request_ended(start + SECOND);
        deadlines.attempt_started(start + 10 * SECOND);
        assert_eq!(
            earliest(&deadlines, start),
            Some((11 * SECOND, LimitKind::Request))
        );
        assert_eq!(deadlines.remaining(start + 10 * SECOND), Some(SECOND));
        assert_eq!(
            deadlines.remaining(start + 20 * SECOND),
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn after_the_response_head_only_what_spans_the_response_still_runs() {
        let start = start();
        for (ends, expected) in [
            (
                RequestEnds::Response,
                Some((10 * SECOND, LimitKind::Request)),
            ),
            (RequestEnds::Head, None),
        ] {
            let limits = limits().with_request(Some(10 * SECOND), ends);
            let mut deadlines = Deadlines::new(limits, start);
            deadlines.request_ended(start);
            assert_eq!(
                earliest(&deadlines, start),
                Some((10 * SECOND, LimitKind::Request)),
                "before the head, {ends:?}"
            );
            deadlines.attempt_started(start);
            deadlines.head_received(start + SECOND);
            assert_eq!(earliest(&deadlines, start), expected, "{ends:?}");
        }
    }

    #[test]
    fn a_bidirectional_stream_is_limited_once_its_request_ends() {
        let start = start();
        let mut deadlines = Deadlines::new(limits(), start);
        deadlines.attempt_started(start);
        deadlines.head_received(start + SECOND);
        assert_eq!(earliest(&deadlines, start), None);
        deadlines.request_ended(start + 60 * SECOND);
        assert_eq!(
            earliest(&deadlines, start),
            Some((70 * SECOND, LimitKind::Request))
        );
    }

    #[test]
    fn a_per_try_limit_that_is_not_below_the_request_limit_is_ignored() {
        for (per_try, request, effective) in [
            (Some(SECOND), Some(2 * SECOND), Some(SECOND)),
            (Some(2 * SECOND), Some(2 * SECOND), None),
            (Some(3 * SECOND), Some(2 * SECOND), None),
            (Some(3 * SECOND), None, Some(3 * SECOND)),
            (None, Some(SECOND), None),
        ] {
            let limits = Timeouts::none()
                .with_per_try(per_try)
                .with_request(request, RequestEnds::Response);
            assert_eq!(
                limits.effective_per_try(),
                effective,
                "{per_try:?} under {request:?}"
            );
        }
    }

    #[test]
    fn a_callers_limit_shortens_and_never_lengthens() {
        for (own, callers, expected) in [
            (Some(2 * SECOND), Some(SECOND), Some(SECOND)),
            (Some(SECOND), Some(2 * SECOND), Some(SECOND)),
            (Some(SECOND), None, Some(SECOND)),
            (None, Some(SECOND), Some(SECOND)),
            (None, None, None),
        ] {
            let limits = Timeouts::none().with_request(own, RequestEnds::Response);
            assert_eq!(
                limits.shortened(callers).request,
                expected,
                "{own:?} and {callers:?}"
            );
        }
    }

    #[test]
    fn the_end_of_a_request_is_where_it_was_first_told() {
        let start = start();
        let mut deadlines = Deadlines::new(limits(), start);
        deadlines.request_ended(start);
        deadlines.request_ended(start + 5 * SECOND);
        assert_eq!(
            earliest(&deadlines, start),
            Some((10 * SECOND, LimitKind::Request))
        );
    }

    #[test]
    fn a_limit_beyond_the_end_of_time_is_none() {
        let start = start();
        let limits = Timeouts::none().with_request(Some(Duration::MAX), RequestEnds::Response);
        let mut deadlines = Deadlines::new(limits.with_idle(Some(Duration::MAX)), start);
        deadlines.request_ended(start);
        assert_eq!(earliest(&deadlines, start), None);
    }
}
