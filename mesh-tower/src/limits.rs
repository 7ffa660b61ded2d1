//! The time limits of a request while it is waited for: the core says which one comes first, this waits for it.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use mesh_core::timeout::{Deadlines, LimitKind, Timeouts};

use crate::{
    call::RequestEnd,
    error::Cause,
    runtime::{clock, timer::Timer},
};

/// The limits of one request, from its head to the response's end.
#[derive(Debug)]
pub(crate) struct Limits {
    timeouts: Timeouts,
    deadlines: Deadlines,
    timer: Timer,
}

impl Limits {
    pub(crate) fn new(timeouts: Timeouts, started: Instant) -> Self {
        Self {
            timeouts,
            deadlines: Deadlines::new(timeouts, started),
            timer: Timer::default(),
        }
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
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
        let Some(limit) = self.deadlines.earliest() else {
            return Poll::Pending;
        };
        ready!(self.timer.poll_until(limit.at, cx));
        Poll::Ready(self.cause(limit.kind))
    }

    fn cause(&self, kind: LimitKind) -> Cause {
        let Timeouts {
            request,
            per_try,
            idle,
            ..
        } = self.timeouts;
        match kind {
            LimitKind::PerTry => Cause::PerTryTimeout {
                limit: per_try.unwrap_or_default(),
            },
            LimitKind::Idle => Cause::Idle {
                limit: idle.unwrap_or_default(),
            },
            _ => Cause::RequestTimeout {
                limit: request.unwrap_or_default(),
            },
        }
    }

    /// What the future gives, unless a limit passes before.
    pub(crate) async fn enforce<F: Future>(
        &mut self,
        request_end: &RequestEnd,
        future: F,
    ) -> Result<F::Output, Cause> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            // The future goes first: an answer that arrived in time beats a limit that passed since.
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            self.poll_expired(request_end, cx).map(Err)
        })
        .await
    }
}
