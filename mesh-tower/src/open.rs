//! How many requests are open, and when the last one has ended.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// How many requests are between their head's arrival and their body's end.
#[derive(Debug, Default)]
pub(crate) struct Open {
    count: AtomicUsize,
    emptied: Notify,
}

impl Open {
    /// Counts one request until what it gives is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> OpenRequest {
        self.count.fetch_add(1, Ordering::Relaxed);
        OpenRequest(self.clone())
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Resolves when there is none.
    pub(crate) async fn emptied(&self) {
        loop {
            // Asked for before the count is looked at, or the last drop could come in between and wake nobody.
            let emptied = self.emptied.notified();
            if self.count() == 0 {
                return;
            }
            emptied.await;
        }
    }
}

/// One request that has not ended.
#[derive(Debug)]
pub(crate) struct OpenRequest(Arc<Open>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.emptied.notify_waiters();
        }
    }
}
