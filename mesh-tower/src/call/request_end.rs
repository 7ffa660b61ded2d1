//! How far a request has come: whether it has its connection, and how much of its body was taken.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    task::Waker,
    time::{Duration, Instant},
};

use futures::task::AtomicWaker;

use crate::runtime::clock;

/// When the request's body had been taken whole: from then on its time limits run. Until then it is known when something of
/// it last moved: an upload that goes on is not silent.
#[derive(Debug)]
pub(crate) struct RequestEnd {
    started: Instant,
    /// In nanoseconds after the start, which lasts for centuries.
    moved: AtomicU64,
    /// Likewise; [`NEVER`] until it is reached.
    at: AtomicU64,
    waker: AtomicWaker,
    /// Since when the running attempt has its connection, likewise; [`NEVER`] while it waits for one, and nothing where one
    /// was at hand.
    connected: AtomicU64,
    /// The call was over first, so that nobody wants the rest.
    abandoned: AtomicBool,
    sender: AtomicWaker,
    /// The body ended in an error of its own.
    failed: AtomicBool,
}

impl RequestEnd {
    pub(crate) fn new(started: Instant) -> Self {
        Self {
            started,
            moved: AtomicU64::new(0),
            at: AtomicU64::new(NEVER),
            waker: AtomicWaker::new(),
            connected: AtomicU64::new(0),
            abandoned: AtomicBool::new(false),
            sender: AtomicWaker::new(),
            failed: AtomicBool::new(false),
        }
    }

    pub(crate) fn moved(&self, now: Instant) {
        self.moved.store(self.after(now), Ordering::Relaxed);
    }

    pub(crate) fn last_moved(&self) -> Instant {
        self.started + Duration::from_nanos(self.moved.load(Ordering::Relaxed))
    }

    pub(crate) fn reached(&self, now: Instant) {
        self.reached_after(self.after(now));
    }

    /// There was nothing to wait for.
    pub(crate) fn reached_at_once(&self) {
        self.reached_after(0);
    }

    fn reached_after(&self, nanos: u64) {
        let first = self
            .at
            .compare_exchange(NEVER, nanos, Ordering::AcqRel, Ordering::Acquire);
        if first.is_ok() {
            self.waker.wake();
        }
    }

    fn after(&self, now: Instant) -> u64 {
        let after = now.saturating_duration_since(self.started).as_nanos();
        u64::try_from(after).unwrap_or(NEVER).min(NEVER - 1)
    }

    pub(crate) fn at(&self) -> Option<Instant> {
        match self.at.load(Ordering::Acquire) {
            NEVER => None,
            nanos => Some(self.started + Duration::from_nanos(nanos)),
        }
    }

    /// The body cannot be had whole, which is its giver's doing.
    pub(crate) fn failed(&self) {
        self.failed.store(true, Ordering::Release);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// The call is over; what was not taken of the body by now is not to be sent.
    pub(crate) fn abandon(&self) {
        if self.at().is_none() {
            self.abandoned.store(true, Ordering::Release);
            self.sender.wake();
        }
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// Whether it was abandoned, or a wake-up of the body's sender for when it is.
    pub(crate) fn watch_abandoned(&self, sender: &Waker) -> bool {
        self.sender.register(sender);
        self.is_abandoned()
    }

    /// What the future gives, without which the attempt cannot begin to be sent.
    pub(crate) async fn connecting<F: Future>(&self, connection: F) -> F::Output {
        self.connected.store(NEVER, Ordering::Relaxed);
        let output = connection.await;
        self.connected
            .store(self.after(clock::now()), Ordering::Relaxed);
        output
    }

    /// Since when the running attempt has its connection, or a moment no later than its beginning where one was at hand; `None`
    /// while it waits for one, and for good if it was cut then.
    pub(crate) fn connected(&self) -> Option<Instant> {
        match self.connected.load(Ordering::Relaxed) {
            NEVER => None,
            nanos => Some(self.started + Duration::from_nanos(nanos)),
        }
    }

    /// When it was reached, or a wake-up for when it is.
    pub(crate) fn watch(&self, waker: &Waker) -> Option<Instant> {
        if self.at().is_none() {
            self.waker.register(waker);
        }
        self.at()
    }
}

const NEVER: u64 = u64::MAX;
