//! The one thing that ends with a request, whichever way it ends.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use mesh_core::metric::Flag;

use crate::call::Call;

/// How many requests are between their head's arrival and their body's end.
#[derive(Debug, Default)]
pub(crate) struct Open(AtomicUsize);

impl Open {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
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
        open.0.fetch_add(1, Ordering::Relaxed);
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
        if !self.call.is_complete() && self.call.flags().is_empty() {
            // Nobody else ended it, so the one who waited for it went away.
            self.call.flag(Flag::DownstreamTermination);
        }
        self.open.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The guard of a request that is sent on: with the call ends what is still being sent of it. The peer that has answered, or
/// that nobody listens to any more, would otherwise hold the rest of an upload for as long as it likes.
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
