//! Which limit of a request runs at a moment, and which ends first.

use std::time::{Duration, Instant};

use super::{Deadline, RequestEnds, Timeouts};

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
    deadline: Deadline,
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
            deadline: Deadline::NONE,
            last_moved: now,
            request_ended: None,
            attempt_started: None,
            head_received: false,
        }
    }

    /// The same, which has to end by the caller's deadline, too.
    #[must_use]
    pub const fn with_deadline(self, deadline: Deadline) -> Self {
        Self { deadline, ..self }
    }

    /// The last byte of the request arrived; told again, the first time stands.
    pub fn request_ended(&mut self, now: Instant) {
        self.request_ended.get_or_insert(now);
        self.moved(now);
    }

    /// Whether the last byte of the request has arrived.
    #[must_use]
    pub const fn has_request_ended(&self) -> bool {
        self.request_ended.is_some()
    }

    /// An attempt begins. To who waits for the answer nothing moves by that.
    ///
    /// # Source
    /// Envoy's `stream_idle_timeout` is that of its caller's stream: attempts do not begin it anew.
    pub fn attempt_started(&mut self, now: Instant) {
        self.attempt_started = Some(now);
    }

    /// The attempt had to wait for its connection until then, so that its limit runs from there; tells whether that is news.
    ///
    /// # Source
    /// Measured on Envoy 1.40: what an attempt waits for a connection counts for the request limit, not for its own.
    pub fn attempt_connected(&mut self, at: Instant) -> bool {
        let later = self.attempt_started.is_some_and(|started| started < at);
        if later {
            self.attempt_started = Some(at);
        }
        later
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

    /// The limit that ends first, if any is running. Of limits that end together the request's comes first, then the
    /// deadline, then the attempt's.
    #[must_use]
    pub fn earliest(&self) -> Option<Limit> {
        let limit = |at, kind| Some(Limit { at, kind });
        let per_try = self.per_try().and_then(|at| limit(at, LimitKind::PerTry));
        let idle = self.idle().and_then(|at| limit(at, LimitKind::Idle));
        // `min_by_key` keeps the first of equals.
        [self.whole(), per_try, idle]
            .into_iter()
            .flatten()
            .min_by_key(|limit| limit.at)
    }

    /// What limits all attempts together and ends first, if that is running: the request limit or the deadline.
    #[must_use]
    pub fn whole(&self) -> Option<Limit> {
        let limit = |at, kind| Some(Limit { at, kind });
        let request = self.request().and_then(|at| limit(at, LimitKind::Request));
        let deadline = self
            .deadline()
            .and_then(|at| limit(at, LimitKind::Deadline));
        match (request, deadline) {
            (Some(request), Some(deadline)) if deadline.at < request.at => Some(deadline),
            (Some(request), _) => Some(request),
            (None, deadline) => deadline,
        }
    }

    /// How much time is left for all attempts together; `None` while nothing limits it, zero when it has passed.
    #[must_use]
    pub fn remaining(&self, now: Instant) -> Option<Duration> {
        self.whole()
            .map(|limit| limit.at.saturating_duration_since(now))
    }

    /// How long an attempt that begins now can be waited for at most; `None`: for ever. A request limit that does not run
    /// yet counts whole.
    ///
    /// # Source
    /// Envoy 1.40, `x-envoy-expected-rq-timeout-ms`: the shorter one of the per-try limit and of what is left of the route's.
    #[must_use]
    pub fn expected(&self, now: Instant) -> Option<Duration> {
        let left = |at: Instant| at.saturating_duration_since(now);
        let request = self.request().map(left).or(self.timeouts.request);
        let deadline = self.deadline().map(left);
        let per_try = self.timeouts.effective_per_try();
        [request, deadline, per_try].into_iter().flatten().min()
    }

    /// By when the whole call has to be over, its response included, because its caller says so.
    #[must_use]
    pub fn call_ends(&self) -> Option<Instant> {
        let spans_response = self.timeouts.request_ends == RequestEnds::Response;
        let request = self.deadline.request.filter(|_| spans_response);
        [request, self.deadline.call].into_iter().flatten().min()
    }

    fn deadline(&self) -> Option<Instant> {
        let request = self.deadline.request.filter(|_| !self.request_is_over());
        [request, self.deadline.call].into_iter().flatten().min()
    }

    fn request_is_over(&self) -> bool {
        self.head_received && self.timeouts.request_ends == RequestEnds::Head
    }

    fn request(&self) -> Option<Instant> {
        let from = self.request_ended.filter(|_| !self.request_is_over())?;
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
    /// Of whoever caused the request.
    Deadline,
    /// On one attempt.
    PerTry,
    /// On silence.
    Idle,
}

/// A limit beyond what an `Instant` can hold is none.
fn after(from: Instant, limit: Option<Duration>) -> Option<Instant> {
    limit.and_then(|limit| from.checked_add(limit))
}
