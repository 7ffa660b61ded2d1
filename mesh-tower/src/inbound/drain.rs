//! How a mesh ends: it first takes no new connections, and then nothing at all.

use std::{
    fmt,
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

use tokio::{
    sync::{SetOnce, watch},
    time,
};
use tokio_util::task::{TaskTracker, task_tracker::TaskTrackerToken};

use crate::open::Open;

/// How far the end has come, and which connections are still open.
pub(crate) struct Drain {
    /// The phase once more, for those who ask at each request.
    phase: AtomicU8,
    reached: watch::Sender<Phase>,
    connections: TaskTracker,
    /// How long callers may go on to use what they keep open; known when the drain has begun.
    grace: SetOnce<Duration>,
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
        }
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
    }

    /// Lets no one in any more; what is open has this long to end.
    pub(crate) fn begin(&self, within: Duration) {
        // Of two that begin it the first counts, as it does for the connections that have seen it.
        let _ = self.grace.set(GRACE.min(within / 4));
        self.reach(Phase::Draining);
    }

    /// How long an idle HTTP/1 connection is kept for one more request, which is then told to be the last one. A connection
    /// that is closed while its caller writes loses a request; one that is in use has brought its next one by then.
    pub(crate) fn grace(&self) -> Duration {
        self.grace.get().copied().unwrap_or_default()
    }

    /// Something that must be gone before the mesh has ended: a connection, an open door.
    pub(crate) fn track(&self) -> TaskTrackerToken {
        self.connections.token()
    }

    /// Ends everything: lets no one in, waits for all that is open, and after the deadline for nothing.
    ///
    /// Open are connections, and the requests that have come over other servers' connections. Gives the number of
    /// connections that were left. Called twice, the shorter deadline counts.
    pub(crate) async fn stop(&self, deadline: Duration, requests: &Open) -> usize {
        self.begin(deadline);
        self.connections.close();
        let closed = async {
            self.connections.wait().await;
            requests.emptied().await;
        };
        tokio::select! {
            biased;
            () = closed => {}
            () = self.reached(Phase::Stopped) => {}
            () = time::sleep(deadline) => {}
        }
        let cut = self.connections.len();
        requests.cut();
        self.reach(Phase::Stopped);
        cut
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
