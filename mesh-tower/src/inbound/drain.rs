//! How a mesh ends: it first takes no new connections, and then nothing at all.

use std::{
    fmt,
    future::{Future, ready},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::{SetOnce, watch},
    time,
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use crate::open::Open;

/// How far the end has come, and which connections are still open.
pub(crate) struct Drain {
    /// The phase once more, for those who ask at each request.
    phase: AtomicU8,
    reached: watch::Sender<Phase>,
    connections: TaskTracker,
    /// How long callers may go on to use what they keep open; known when the drain has begun.
    grace: SetOnce<Duration>,
    /// How long what is open has to end; of a part that only follows the whole, unknown.
    within: SetOnce<Duration>,
    /// What connections in other hands than the mesh's own are cut by.
    cut: CancellationToken,
    cuts: AtomicU64,
    counted: AtomicBool,
    /// That of the mesh, which this one is a part of; `None` if it is that one.
    whole: Option<Arc<Self>>,
    /// One for each listener, so that it can end before the others.
    parts: Mutex<Vec<Weak<Self>>>,
}

/// What a drain waits for until it is dropped.
#[derive(Debug)]
pub(crate) struct Tracked {
    _here: TaskTrackerToken,
    _whole: Option<TaskTrackerToken>,
}

/// How far the end has come. It never goes back.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Phase {
    Serving,
    /// No new connections; the open ones finish what they were asked.
    Draining,
    /// Nothing is answered any more.
    Stopped,
}

impl Drain {
    pub(crate) fn new() -> Self {
        Self {
            phase: AtomicU8::new(Phase::Serving as u8),
            reached: watch::Sender::new(Phase::Serving),
            connections: TaskTracker::new(),
            grace: SetOnce::new(),
            within: SetOnce::new(),
            cut: CancellationToken::new(),
            cuts: AtomicU64::new(0),
            counted: AtomicBool::new(false),
            whole: None,
            parts: Mutex::default(),
        }
    }

    /// One of its own for a listener, which comes no less far than this one, and may come further before.
    pub(crate) fn part(self: &Arc<Self>) -> Arc<Self> {
        let part = Arc::new(Self {
            cut: self.cut.child_token(),
            whole: Some(self.clone()),
            ..Self::new()
        });
        let mut parts = self.parts.lock();
        parts.retain(|part| part.strong_count() > 0);
        parts.push(Arc::downgrade(&part));
        // Under the lock, so that it is seen either here or there.
        part.follow(self);
        part
    }

    fn follow(&self, whole: &Self) {
        if let Some(grace) = whole.grace.get() {
            // It may have begun to end already.
            let _ = self.grace.set(*grace);
        }
        self.reach(whole.phase());
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Serving,
            1 => Phase::Draining,
            _ => Phase::Stopped,
        }
    }

    /// Ready once the phase is this one or a later one.
    pub(crate) async fn reached(&self, phase: Phase) {
        // An error would say that the sender is gone, but it is `self`'s.
        let _ = self.reached.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Lets the phase be this one, unless it is a later one already.
    pub(crate) fn reach(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::Relaxed);
        self.reached.send_if_modified(|now| {
            let later = phase > *now;
            *now = phase.max(*now);
            later
        });
        for part in self.parts.lock().iter().filter_map(Weak::upgrade) {
            part.follow(self);
        }
    }

    /// Lets no one in any more; what is open has this long to end.
    pub(crate) fn begin(&self, within: Duration) {
        // Of two that begin it the first counts, as it does for the connections that have seen it.
        let _ = self.grace.set(GRACE.min(within / 4));
        let _ = self.within.set(within);
        self.reach(Phase::Draining);
    }

    /// How long an idle HTTP/1 connection is kept for one more request, which is then told to be the last one. A connection
    /// that is closed while its caller writes loses a request; one that is in use has brought its next one by then.
    pub(crate) fn grace(&self) -> Duration {
        self.grace.get().copied().unwrap_or_default()
    }

    /// Something that must be gone before the mesh has ended: a connection, an open door.
    pub(crate) fn track(&self) -> Tracked {
        let whole = self.whole.as_ref();
        Tracked {
            _here: self.connections.token(),
            _whole: whole.map(|whole| whole.connections.token()),
        }
    }

    /// What cuts connections that are in other hands.
    pub(crate) fn cut(&self) -> &CancellationToken {
        &self.cut
    }

    /// How many connections were cut, here and in all parts.
    pub(crate) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }

    /// Ends everything: lets no one in, waits for all that is open, and after the deadline for nothing.
    ///
    /// Open are connections, and the requests that have come over other servers' connections. Gives the number of
    /// connections that were left. Called twice, the shorter deadline counts.
    pub(crate) async fn stop(&self, deadline: Duration, requests: &Open) -> usize {
        let answered = requests.emptied();
        self.close(deadline, answered, || requests.cut()).await
    }

    /// Ends a part that has begun to drain, as [`stop`](Self::stop) ends the whole; gives up where the whole drains, which ends
    /// this one as well.
    pub(crate) async fn finish_part(&self) {
        let (Some(whole), Some(within)) = (&self.whole, self.within.get()) else {
            return;
        };
        tokio::select! {
            biased;
            () = whole.reached(Phase::Draining) => {}
            left = self.close(*within, ready(()), || ()) => {
                tracing::info!(cut = left, ?within, "a listener that the node has no more is drained");
            }
        }
    }

    async fn close(
        &self,
        deadline: Duration,
        and: impl Future<Output = ()>,
        before_cut: impl FnOnce(),
    ) -> usize {
        self.begin(deadline);
        self.connections.close();
        let closed = async {
            self.connections.wait().await;
            and.await;
        };
        tokio::select! {
            biased;
            () = closed => {}
            () = self.reached(Phase::Stopped) => {}
            () = time::sleep(deadline) => {}
        }
        let left = self.connections.len();
        before_cut();
        self.count(left);
        self.reach(Phase::Stopped);
        self.cut.cancel();
        left
    }

    /// Of those who stop it at the same time, one counts.
    fn count(&self, left: usize) {
        if !self.counted.swap(true, Ordering::Relaxed) {
            let whole = self.whole.as_deref().unwrap_or(self);
            let left = u64::try_from(left).unwrap_or(u64::MAX);
            whole.cuts.fetch_add(left, Ordering::Relaxed);
        }
    }

    /// Waits a moment for what was cut to be gone; whoever holds it may not have looked at it.
    pub(crate) async fn gone(&self) {
        // What is not gone then stays with whoever holds it.
        let _ = time::timeout(LAST_WORDS, self.connections.wait()).await;
    }
}

impl fmt::Debug for Drain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (phase, open) = (self.phase(), self.connections.len());
        f.debug_struct("Drain")
            .field("phase", &phase)
            .field("open", &open)
            .finish()
    }
}

const GRACE: Duration = Duration::from_secs(1);

/// How long those who hold a connection have to notice that it was cut.
const LAST_WORDS: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn stopping_waits_for_what_is_open_and_no_longer() {
        let (drain, none) = (Drain::new(), Open::default());
        let open = drain.track();
        let close = async {
            time::sleep(Duration::from_secs(3)).await;
            assert_eq!(drain.phase(), Phase::Draining);
            drop(open);
        };
        let begun = time::Instant::now();
        let (cut, ()) = tokio::join!(drain.stop(Duration::from_secs(20), &none), close);
        assert_eq!((cut, begun.elapsed()), (0, Duration::from_secs(3)));
        assert_eq!(drain.phase(), Phase::Stopped);
    }

    #[tokio::test(start_paused = true)]
    async fn the_shorter_of_two_deadlines_ends_both() {
        let (drain, none) = (Drain::new(), Open::default());
        let _open = drain.track();
        let begun = time::Instant::now();
        let (long, short) = tokio::join!(
            drain.stop(Duration::from_secs(20), &none),
            drain.stop(Duration::from_secs(2), &none)
        );
        assert_eq!(
            (long, short, begun.elapsed()),
            (1, 1, Duration::from_secs(2))
        );
    }
}
