//! How many requests are open, and when the last one has ended.

use std::sync::atomic::AtomicBool;

use crate::sync::{Count, Notify, Ordering};

/// How many requests are between their head's arrival and their body's end.
#[derive(Debug, Default)]
pub(crate) struct Open {
    count: Count,
    /// How often somebody has begun to wait for the last one. Until a mesh ends nobody does, and where requests come one
    /// after the other each is the last one.
    waits: Count,
    emptied: Notify,
    cut: AtomicBool,
}

impl Open {
    /// Counts one more.
    pub(crate) fn begin(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    /// One has ended.
    pub(crate) fn end(&self) {
        // In one order with who waits: who does not see the last one end is seen by it.
        let last = self.count.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && self.waits.load(Ordering::SeqCst) > 0 {
            self.emptied.notify_waiters();
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Whoever is still open from now on is ended by this process.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
    }

    /// Whether this process ends what is open.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    /// Resolves when there is none.
    pub(crate) async fn emptied(&self) {
        self.waits.fetch_add(1, Ordering::SeqCst);
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

#[cfg(all(test, mesh_loom))]
mod loom_models {
    use std::sync::Arc;

    use loom::{future::block_on, sync::atomic::AtomicUsize, thread};

    use super::*;
    use crate::sync::{explore, join};

    /// With so many requests.
    fn open(requests: usize) -> Arc<Open> {
        let open = Arc::new(Open::default());
        (0..requests).for_each(|_| open.begin());
        open
    }

    #[test]
    fn who_waits_for_the_last_request_is_woken_by_its_drop_wherever_it_comes() {
        explore(|| {
            let open = open(2);
            let threads =
                [open.clone(), open.clone()].map(|open| thread::spawn(move || open.end()));
            block_on(open.emptied());
            assert_eq!(open.count(), 0);
            join(threads);
        });
    }

    #[test]
    fn who_waits_sees_what_was_done_before_the_last_drop() {
        explore(|| {
            let (open, settled) = (open(2), Arc::new(AtomicUsize::new(0)));
            let threads = [open.clone(), open.clone()].map(|open| {
                let settled = settled.clone();
                thread::spawn(move || {
                    settled.fetch_add(1, Ordering::Relaxed);
                    open.end();
                })
            });
            block_on(open.emptied());
            assert_eq!(settled.load(Ordering::Relaxed), 2);
            join(threads);
        });
    }
}
