//! The one thing that ends with a request, whichever way it ends.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

use crate::call::Call;

/// How many requests are between their head's arrival and their body's end.
#[derive(Debug, Default)]
pub(crate) struct Open {
    count: AtomicUsize,
    emptied: Notify,
}

impl Open {
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Resolves when there is none.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.count() == 0 {
                return;
            }
            emptied.await;
        }
    }
}

/// Lives from a request's head to its response's last byte, or to its drop, or to the close of the connection that it
/// became (101, CONNECT); whatever is counted or recorded about a request is settled when it goes, once.
#[derive(Debug)]
pub(crate) struct Guard {
    call: Arc<Call>,
    open: Arc<Open>,
}

impl Guard {
    pub(crate) fn new(call: Arc<Call>, open: &Arc<Open>) -> Self {
        open.count.fetch_add(1, Ordering::Relaxed);
        Self {
            call,
            open: open.clone(),
        }
    }

    pub(crate) fn call(&self) -> &Arc<Call> {
        &self.call
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.call.let_go();
        if self.open.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.open.emptied.notify_waiters();
        }
    }
}

/// The guard of a request that is sent on: with the call ends what is still being sent of it. The peer that has answered, or
/// that nobody listens to any more, would otherwise hold the rest of an upload for as long as it likes. Over HTTP/2 the HTTP
/// library looks at a body only while the peer's window is open: a peer that answers, keeps its window closed and does not
/// reset the stream still holds what waits for it.
///
/// # Source
/// Envoy's router resets the upstream stream where a response is over before its request.
#[derive(Debug)]
pub(crate) struct SendGuard(Guard);

impl SendGuard {
    pub(crate) fn new(call: Arc<Call>, open: &Arc<Open>) -> Self {
        Self(Guard::new(call, open))
    }

    pub(crate) fn call(&self) -> &Arc<Call> {
        self.0.call()
    }
}

impl Drop for SendGuard {
    fn drop(&mut self) {
        self.call().request_end().abandon();
    }
}
