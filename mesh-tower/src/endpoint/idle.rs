//! Idle connections, each of which carries one request at a time.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{runtime::Handle, time};
use tokio_util::task::AbortOnDropHandle;

use crate::sync::Mutex;

/// A connection that one request at a time has to itself.
pub(super) trait Exclusive {
    /// Whether it takes a request now.
    fn is_ready(&self) -> bool;

    /// Whether it takes none any more.
    fn is_closed(&self) -> bool;

    /// Waits until it takes a request, and says whether it ever will.
    async fn ready(&mut self) -> bool;

    /// It is to lie idle: whoever takes it next may find it stale.
    fn laid_by(&mut self);
}

/// Idle connections, the one last used first: the others may then grow old and close.
#[derive(Debug)]
pub(crate) struct Idle<C>(Mutex<Option<Shelf<C>>>);

#[derive(Debug)]
struct Shelf<C> {
    /// With the round in which each was put here.
    kept: Vec<(C, u32)>,
    round: u32,
    /// Closes what lies here for long, while anything does.
    sweeper: Option<AbortOnDropHandle<()>>,
}

impl<C: Exclusive> Idle<C> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Some(Shelf {
            kept: Vec::new(),
            round: 0,
            sweeper: None,
        })))
    }

    /// An idle connection that can take a request now.
    pub(crate) fn take_ready(&self) -> Option<C> {
        let mut idle = self.0.lock();
        let kept = &mut idle.as_mut()?.kept;
        let ready = kept
            .iter()
            .rposition(|(connection, _)| connection.is_ready())?;
        Some(kept.remove(ready).0)
    }

    /// An idle connection that can take a request now or in a moment.
    pub(crate) async fn take(&self) -> Option<C> {
        // Usually this waits for the connection's own task to notice that the response has ended. A peer that answered
        // without reading the request keeps it waiting: such a connection is given up.
        let taken = time::timeout(A_MOMENT, self.take_next()).await;
        taken.ok().flatten()
    }

    async fn take_next(&self) -> Option<C> {
        loop {
            let (mut connection, _) = self.0.lock().as_mut()?.kept.pop()?;
            if connection.ready().await {
                return Some(connection);
            }
        }
    }

    /// Keeps it, or closes it: if the endpoint was retired meanwhile, or enough are idle.
    /// Tells whether somebody has to be found who closes it when it is idle for long.
    fn give_back(&self, mut connection: C) -> bool {
        let mut idle = self.0.lock();
        let Some(idle) = &mut *idle else {
            return false;
        };
        if connection.is_closed() {
            return false;
        }
        if idle.kept.len() >= MOST_IDLE {
            idle.kept.retain(|(connection, _)| !connection.is_closed());
        }
        if idle.kept.len() < MOST_IDLE {
            connection.laid_by();
            idle.kept.push((connection, idle.round));
        }
        idle.sweeper.is_none()
    }

    /// Closes what was not used for [`ROUNDS`] rounds, and ends the round; tells whether another one is worth waiting for.
    fn sweep(&self) -> bool {
        let mut idle = self.0.lock();
        let Some(shelf) = &mut *idle else {
            return false;
        };
        let (mut old, round) = (Vec::new(), shelf.round);
        let is_old = |(connection, put): &mut (C, u32)| {
            round.wrapping_sub(*put) >= ROUNDS || connection.is_closed()
        };
        old.extend(shelf.kept.extract_if(.., is_old));
        shelf.round = round.wrapping_add(1);
        let more = !shelf.kept.is_empty();
        if !more {
            shelf.sweeper = None;
        }
        // They close when nobody waits for the lock.
        drop(idle);
        more
    }

    /// Closes what is idle, now and from now on.
    pub(crate) fn close(&self) {
        let idle = self.0.lock().take();
        drop(idle);
    }
}

impl<C: Exclusive + Send + 'static> Idle<C> {
    /// Keeps it for the next request as long as its peer probably will, or closes it: if the endpoint was retired meanwhile, or
    /// enough are idle.
    pub(crate) fn keep(self: &Arc<Self>, connection: C) {
        if self.give_back(connection)
            && let Ok(runtime) = Handle::try_current()
            && let Some(shelf) = &mut *self.0.lock()
        {
            let sweeper = || {
                let sweeper = Sweeper(Arc::downgrade(self));
                AbortOnDropHandle::new(runtime.spawn(sweeper.run()))
            };
            shelf.sweeper.get_or_insert_with(sweeper);
        }
    }
}

/// Closes what is idle for long, as long as there is anything.
struct Sweeper<C>(Weak<Idle<C>>);

impl<C: Exclusive> Sweeper<C> {
    async fn run(mut self) {
        loop {
            time::sleep(ROUND).await;
            if !self.0.upgrade().is_some_and(|idle| idle.sweep()) {
                // Who keeps a connection next has been told to begin another one.
                self.0 = Weak::new();
                return;
            }
        }
    }
}

impl<C> Drop for Sweeper<C> {
    /// The runtime has ended before all was closed; another may serve the same mesh, and begins a sweeper of its own.
    fn drop(&mut self) {
        if let Some(idle) = self.0.upgrade()
            && let Some(shelf) = &mut *idle.0.lock()
        {
            shelf.sweeper = None;
        }
    }
}

/// A connection closes when it was idle for 40 to 50 s, for most peers close theirs after 60 s or more (Envoy, nginx, load
/// balancers): so they hardly ever close one on which a request is on its way. Where one of them is earlier, its goodbye is
/// here before the next request, but for a race of less than a round trip.
const ROUND: Duration = Duration::from_secs(10);
const ROUNDS: u32 = 4;

/// How long a request waits for connections that are not ready for it yet.
const A_MOMENT: Duration = Duration::from_millis(5);

/// What a burst of requests leaves open at most.
const MOST_IDLE: usize = 512;

#[cfg(test)]
mod tests {
    use http::Request;
    use http_body_util::BodyExt;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
        time::Instant,
    };

    use super::{super::h1, *};
    use crate::connect::Connection;

    /// A connection whose peer has answered and not read the request, so that it stays busy; and the peer.
    async fn stuck() -> (h1::Sender, DuplexStream) {
        let (ours, mut peer) = tokio::io::duplex(1024);
        let mut sender = h1::handshake(Connection::new(ours)).await.expect("HTTP/1");
        let request = Request::post("/").body(vec![0; 4096].into());
        let sent = sender.send.send_request(request.expect("a request"));
        let answer = async {
            peer.read_u8().await.expect("a request");
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            peer.write_all(answer).await.expect("written");
        };
        let (response, ()) = tokio::join!(sent, answer);
        let body = response.expect("an answer").into_body();
        body.collect().await.expect("a body");
        (sender, peer)
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_a_moment_for_all_busy_connections_together() {
        let (idle, mut peers) = (Idle::new(), Vec::new());
        for _ in 0..10 {
            let (sender, peer) = stuck().await;
            idle.give_back(sender);
            peers.push(peer);
        }
        let start = Instant::now();
        assert!(idle.take().await.is_none());
        assert_eq!(start.elapsed(), A_MOMENT);
    }
}

#[cfg(all(test, mesh_loom))]
mod loom_models {
    use std::sync::Arc;

    use loom::{
        future::block_on,
        thread::{self, JoinHandle},
    };

    use super::*;
    use crate::sync::{AtomicUsize, Ordering, explore, join};

    /// How many connections were ever opened, and how many of them are open.
    #[derive(Default)]
    struct Counts {
        opened: AtomicUsize,
        open: AtomicUsize,
    }

    impl Counts {
        fn connect(self: &Arc<Self>) -> Counted {
            self.opened.fetch_add(1, Ordering::Relaxed);
            self.open.fetch_add(1, Ordering::Relaxed);
            Counted(self.clone())
        }

        fn opened(&self) -> usize {
            self.opened.load(Ordering::Relaxed)
        }

        fn open(&self) -> usize {
            self.open.load(Ordering::Relaxed)
        }
    }

    struct Counted(Arc<Counts>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.open.fetch_sub(1, Ordering::Relaxed);
        }
    }

    impl Exclusive for Counted {
        fn is_ready(&self) -> bool {
            true
        }

        fn is_closed(&self) -> bool {
            false
        }

        async fn ready(&mut self) -> bool {
            thread::yield_now();
            true
        }

        fn laid_by(&mut self) {}
    }

    type World = (Arc<Idle<Counted>>, Arc<Counts>);

    fn world() -> World {
        (Arc::new(Idle::new()), Arc::default())
    }

    /// What a request does: takes what is idle or opens another, and gives it back.
    fn request((idle, counts): &World) -> JoinHandle<()> {
        let (idle, counts) = (idle.clone(), counts.clone());
        thread::spawn(move || {
            let taken = block_on(idle.take_next());
            idle.give_back(taken.unwrap_or_else(|| counts.connect()));
        })
    }

    #[test]
    fn what_is_given_back_while_the_endpoint_retires_does_not_stay_open() {
        explore(|| {
            let (idle, counts) = world();
            let lent = [counts.connect(), counts.connect()];
            let threads = lent.map(|connection| {
                let idle = idle.clone();
                thread::spawn(move || idle.give_back(connection))
            });
            idle.close();
            join(threads);
            assert_eq!(counts.open(), 0);
            assert!(idle.take_ready().is_none());
        });
    }

    #[test]
    fn no_connection_closes_or_is_lost_between_requests() {
        explore(|| {
            let world = world();
            let (idle, counts) = &world;
            idle.give_back(counts.connect());
            let requests = [request(&world), request(&world)];
            if let Some(ours) = idle.take_ready() {
                idle.give_back(ours);
            }
            join(requests);
            let kept: Vec<_> = std::iter::from_fn(|| idle.take_ready()).collect();
            assert_eq!(kept.len(), counts.opened());
        });
    }

    #[test]
    fn requests_that_meet_a_retirement_leave_nothing_open() {
        explore(|| {
            let world = world();
            let (idle, counts) = &world;
            idle.give_back(counts.connect());
            let requests = [request(&world), request(&world)];
            idle.close();
            join(requests);
            assert_eq!(counts.open(), 0);
        });
    }
}
