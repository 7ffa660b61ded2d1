//! The time limits of a request while it is waited for: the core says which one comes first, this waits for it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use mesh_core::timeout::{Deadlines, LimitKind, Timeouts};
use pin_project::pin_project;

use crate::{
    call::{Call, CallersTime, RequestEnd},
    error::Cause,
    runtime::{clock, timer::Timer},
};

/// The limits of one request, from its head to the response's end.
#[derive(Debug)]
pub(crate) struct Limits {
    deadlines: Deadlines,
    timer: Timer,
}

impl Limits {
    pub(crate) fn new(timeouts: Timeouts, started: Instant) -> Self {
        Self::within(CallersTime::default(), timeouts, started)
    }

    /// Those of a call, whose caller may be in more of a hurry.
    pub(crate) fn of(call: &Call, timeouts: Timeouts) -> Self {
        Self::within(call.callers_time(), timeouts, call.started())
    }

    /// Those of a request that its caller gives so much time.
    pub(crate) fn within(time: CallersTime, timeouts: Timeouts, started: Instant) -> Self {
        let CallersTime { deadline, limit } = time;
        let deadlines = Deadlines::new(timeouts.shortened(limit), started);
        Self {
            deadlines: deadlines.with_deadline(deadline),
            timer: Timer::default(),
        }
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        self.deadlines.timeouts()
    }

    pub(crate) fn deadlines(&mut self) -> &mut Deadlines {
        &mut self.deadlines
    }

    /// Something moved, so the limit on silence begins anew. Another limit may have passed all the same: a stream that always
    /// has something to give would else never be waited for, and never be cut.
    pub(crate) fn moved(&mut self, request_end: &RequestEnd) -> Option<Cause> {
        let now = clock::now();
        self.deadlines.moved(now);
        if let Some(at) = request_end.at() {
            self.deadlines.request_ended(at);
        }
        let limit = self.deadlines.earliest()?;
        (limit.at <= now).then(|| self.cause(limit.kind))
    }

    /// Ready with the error of a limit once it has passed.
    pub(crate) fn poll_expired(
        &mut self,
        request_end: &RequestEnd,
        cx: &mut Context<'_>,
    ) -> Poll<Cause> {
        if let Some(at) = request_end.watch(cx.waker()) {
            self.deadlines.request_ended(at);
        }
        self.deadlines.moved(request_end.last_moved());
        loop {
            let Some(limit) = self.deadlines.earliest() else {
                return Poll::Pending;
            };
            ready!(self.timer.poll_until(limit.at, cx));
            if limit.kind != LimitKind::PerTry || !self.was_held_up(request_end) {
                return Poll::Ready(self.cause(limit.kind));
            }
        }
    }

    /// Whether the attempt had to wait for its connection, or still has to: its limit runs from then. Asked only when that has
    /// passed, and not of each request.
    #[cold]
    fn was_held_up(&mut self, request_end: &RequestEnd) -> bool {
        let connected = request_end.connected().unwrap_or_else(clock::now);
        self.deadlines.attempt_connected(connected)
    }

    /// Why there is no time for another attempt.
    pub(crate) fn out_of_time(&self) -> Cause {
        let limit = self.deadlines.whole();
        self.cause(limit.map_or(LimitKind::Request, |limit| limit.kind))
    }

    fn cause(&self, kind: LimitKind) -> Cause {
        let Timeouts {
            request,
            per_try,
            idle,
            ..
        } = *self.timeouts();
        match kind {
            LimitKind::PerTry => Cause::PerTryTimeout {
                limit: per_try.unwrap_or_default(),
            },
            LimitKind::Deadline => Cause::Deadline,
            LimitKind::Idle => Cause::Idle {
                limit: idle.unwrap_or_default(),
                sent: self.deadlines.has_request_ended(),
            },
            _ => Cause::RequestTimeout {
                limit: request.unwrap_or_default(),
            },
        }
    }

    /// What the future gives, unless a limit passes before.
    pub(crate) fn enforce<'a, F: Future>(
        &'a mut self,
        request_end: &'a RequestEnd,
        future: F,
    ) -> Enforced<'a, F> {
        Enforced {
            future,
            limits: self,
            request_end,
        }
    }
}

/// A future with limits. A type of its own, because an `async` block would keep room for the future twice.
#[pin_project]
pub(crate) struct Enforced<'a, F> {
    #[pin]
    future: F,
    limits: &'a mut Limits,
    request_end: &'a RequestEnd,
}

impl<F: Future> Future for Enforced<'_, F> {
    type Output = Result<F::Output, Cause>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // The future goes first: an answer that arrived in time beats a limit that passed since.
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        this.limits.poll_expired(this.request_end, cx).map(Err)
    }
}
