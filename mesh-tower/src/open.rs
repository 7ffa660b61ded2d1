//! How many requests are open, and when the last one has ended.

use std::sync::{Arc, atomic::AtomicBool};

use crate::sync::{AtomicUsize, Notify, Ordering};

/// How many requests are between their head's arrival and their body's end.
#[derive(Debug, Default)]
pub(crate) struct Open {
    count: AtomicUsize,
    emptied: Notify,
    cut: AtomicBool,
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

#[cfg(all(test, mesh_loom))]
mod loom_models {
    use loom::{future::block_on, thread};

    use super::*;
    use crate::sync::{explore, join};

    #[test]
    fn who_waits_for_the_last_request_is_woken_by_its_drop_wherever_it_comes() {
        explore(|| {
            let open = Arc::new(Open::default());
            let requests = [open.begin(), open.begin()];
            let threads = requests.map(|request| thread::spawn(|| drop(request)));
            block_on(open.emptied());
            assert_eq!(open.count(), 0);
            join(threads);
        });
    }

    #[test]
    fn who_waits_sees_what_was_done_before_the_last_drop() {
        explore(|| {
            let (open, settled) = (Arc::new(Open::default()), Arc::new(AtomicUsize::new(0)));
            let threads = [open.begin(), open.begin()].map(|request| {
                let settled = settled.clone();
                thread::spawn(move || {
                    settled.fetch_add(1, Ordering::Relaxed);
                    drop(request);
                })
            });
            block_on(open.emptied());
            assert_eq!(settled.load(Ordering::Relaxed), 2);
            join(threads);
        });
    }
}
