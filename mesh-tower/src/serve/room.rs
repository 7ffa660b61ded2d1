//! How many connections are open, and whether another may be taken.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// The room for connections, at all listeners together.
#[derive(Debug)]
pub(crate) struct Room {
    open: AtomicUsize,
    max: usize,
    freed: Notify,
}

impl Room {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            open: AtomicUsize::new(0),
            max,
            freed: Notify::new(),
        }
    }

    /// How many connections are open.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    pub(super) fn is_full(&self) -> bool {
        self.open() >= self.max
    }

    /// Resolves when there is room for another. Nothing is kept: of several listeners that find the last place, each may take
    /// one, and none keeps it from the others while nobody comes.
    pub(super) async fn freed(&self) {
        loop {
            // Asked for before it is looked at, or the last drop could come in between and wake nobody.
            let freed = self.freed.notified();
            if !self.is_full() {
                return;
            }
            freed.await;
        }
    }

    /// Counts a connection until what it gives is dropped.
    pub(super) fn take(self: &Arc<Self>) -> Place {
        self.open.fetch_add(1, Ordering::AcqRel);
        Place(self.clone())
    }
}

#[derive(Debug)]
pub(super) struct Place(Arc<Room>);

impl Drop for Place {
    fn drop(&mut self) {
        if self.0.open.fetch_sub(1, Ordering::AcqRel) >= self.0.max {
            self.0.freed.notify_waiters();
        }
    }
}
