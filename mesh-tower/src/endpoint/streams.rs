//! Connections that requests share, each up to its peer's limit of streams; then another is opened.

use std::{future::Future, sync::Arc};

use crate::{
    error::ConnectError,
    sync::{AtomicUsize, Mutex, Ordering},
};

/// A connection that many requests use at once.
pub(super) trait Multiplexed {
    /// Whether it takes a request now.
    fn is_ready(&self) -> bool;

    /// Whether it takes none any more.
    fn is_closed(&self) -> bool;
}

/// A connection that takes new streams.
#[derive(Debug)]
pub(crate) struct Opened<C> {
    /// What hands requests over. Not kept by streams: requests that come too late are handed back when the last of these is
    /// gone.
    pub(crate) connection: C,
    pub(crate) shared: Arc<Shared>,
}

/// How many streams a connection carries.
#[derive(Debug)]
pub(crate) struct Shared {
    open: AtomicUsize,
    /// Whether it ever carried a stream: 1.
    used: AtomicUsize,
    /// The peer's limit, published by the connection's task: nobody else can ask for it.
    max: AtomicUsize,
}

impl Shared {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            open: AtomicUsize::new(0),
            used: AtomicUsize::new(0),
            max: AtomicUsize::new(max),
        }
    }

    /// The peer has said how many streams it takes.
    pub(crate) fn limit(&self, max: usize) {
        self.max.store(max, Ordering::Release);
    }

    /// Whether it ever carried a stream.
    pub(crate) fn was_used(&self) -> bool {
        self.used.load(Ordering::Relaxed) > 0
    }

    fn has_room(&self) -> bool {
        self.open.load(Ordering::Acquire) < self.max.load(Ordering::Acquire)
    }
}

impl<C: Clone> Opened<C> {
    /// Called by one at a time, so that nobody else takes the place in between; streams may end meanwhile.
    fn reserve(&self) -> Stream<C> {
        self.shared.open.fetch_add(1, Ordering::AcqRel);
        self.shared.used.store(1, Ordering::Relaxed);
        Stream {
            connection: Some(self.connection.clone()),
            shared: self.shared.clone(),
        }
    }
}

/// One stream of a connection, reserved until dropped.
#[derive(Debug)]
pub(crate) struct Stream<C> {
    connection: Option<C>,
    shared: Arc<Shared>,
}

impl<C> Stream<C> {
    /// What hands the request over, once.
    pub(crate) fn take_connection(&mut self) -> Option<C> {
        self.connection.take()
    }
}

impl<C> Drop for Stream<C> {
    fn drop(&mut self) {
        self.shared.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The connections that take new streams.
#[derive(Debug)]
pub(crate) struct Connections<C> {
    open: Mutex<Option<Vec<Opened<C>>>>,
    /// One dialler at a time: a burst of requests opens one connection, not one each.
    dialling: tokio::sync::Mutex<()>,
}

impl<C: Multiplexed + Clone> Connections<C> {
    pub(crate) fn new() -> Self {
        Self {
            open: Mutex::new(Some(Vec::new())),
            dialling: tokio::sync::Mutex::default(),
        }
    }

    /// A stream on the connection that carries the fewest, if any is below its limit.
    pub(crate) fn reserve(&self) -> Option<Stream<C>> {
        let mut open = self.open.lock();
        let open = open.as_mut()?;
        open.retain(|opened| !opened.connection.is_closed());
        let least = open
            .iter()
            .filter(|opened| opened.connection.is_ready() && opened.shared.has_room())
            .min_by_key(|opened| opened.shared.open.load(Ordering::Acquire))?;
        Some(least.reserve())
    }

    /// A stream, on a new connection if need be, and whether the connection is older than this request.
    pub(crate) async fn reserve_or_dial<F>(
        &self,
        dial: impl FnOnce() -> F,
    ) -> Result<(Stream<C>, bool), ConnectError>
    where
        F: Future<Output = Result<Opened<C>, ConnectError>>,
    {
        let _one = self.dialling.lock().await;
        if let Some(stream) = self.reserve() {
            return Ok((stream, true));
        }
        let opened = dial().await?;
        // Reserved before it is published, or another request could take the last stream in between.
        let stream = opened.reserve();
        self.add(opened);
        Ok((stream, false))
    }

    /// Takes a connection that no request asked for; drops it where the endpoint was retired.
    pub(crate) fn add(&self, opened: Opened<C>) {
        if let Some(open) = &mut *self.open.lock() {
            open.push(opened);
        }
    }

    /// Forgets connections that take no requests any more, and tells whether that leaves none of an endpoint that was not
    /// retired.
    pub(crate) fn has_none(&self) -> bool {
        let mut open = self.open.lock();
        open.as_mut().is_some_and(|open| {
            open.retain(|opened| !opened.connection.is_closed());
            open.is_empty()
        })
    }

    /// No new streams; each connection closes with its last one.
    pub(crate) fn close(&self) {
        let open = self.open.lock().take();
        drop(open);
    }
}

#[cfg(all(test, mesh_loom))]
mod loom_models {
    use loom::{
        future::block_on,
        thread::{self, JoinHandle},
    };

    use super::*;
    use crate::sync::{explore, join};

    /// A connection that is always ready, knows how many streams it was made for, and is counted while it is open.
    struct Peer {
        max: usize,
        requests: AtomicUsize,
        network: Arc<Network>,
    }

    impl Peer {
        fn serve(&self) {
            let before = self.requests.fetch_add(1, Ordering::Relaxed);
            assert!(before < self.max, "more streams than the peer takes");
            self.requests.fetch_sub(1, Ordering::Relaxed);
        }
    }

    impl Drop for Peer {
        fn drop(&mut self) {
            self.network.open.fetch_sub(1, Ordering::Relaxed);
        }
    }

    impl Multiplexed for Arc<Peer> {
        fn is_ready(&self) -> bool {
            true
        }

        fn is_closed(&self) -> bool {
            false
        }
    }

    /// How many connections were dialled, and how many of them are open.
    #[derive(Default)]
    struct Network {
        dialled: AtomicUsize,
        open: AtomicUsize,
    }

    type World = (Arc<Connections<Arc<Peer>>>, Arc<Network>);

    fn world() -> World {
        (Arc::new(Connections::new()), Arc::default())
    }

    /// A request to a peer that takes so many at once.
    fn request((connections, network): &World, max: usize) -> JoinHandle<()> {
        let (connections, network) = (connections.clone(), network.clone());
        thread::spawn(move || {
            let dial = || async {
                network.dialled.fetch_add(1, Ordering::Relaxed);
                network.open.fetch_add(1, Ordering::Relaxed);
                let peer = Peer {
                    max,
                    requests: AtomicUsize::new(0),
                    network: network.clone(),
                };
                Ok(Opened {
                    connection: Arc::new(peer),
                    shared: Arc::new(Shared::new(max)),
                })
            };
            let stream = block_on(connections.reserve_or_dial(dial));
            let (mut stream, _) = stream.expect("the peer is there");
            let peer = stream.take_connection();
            peer.expect("one request").serve();
        })
    }

    #[test]
    fn no_connection_carries_more_streams_than_its_peer_takes() {
        explore(|| {
            let world = world();
            let (connections, network) = &world;
            let requests = [request(&world, 1), request(&world, 1)];
            if let Some(mut stream) = connections.reserve() {
                let peer = stream.take_connection();
                peer.expect("one request").serve();
            }
            join(requests);
            let kept = connections.open.lock();
            let kept = kept.as_ref().expect("nobody retired it");
            assert_eq!(kept.len(), network.open.load(Ordering::Relaxed));
            for connection in kept {
                assert_eq!(connection.shared.open.load(Ordering::Relaxed), 0);
            }
        });
    }

    #[test]
    fn a_burst_opens_one_connection_where_one_is_enough() {
        explore(|| {
            let world = world();
            let requests = [request(&world, 2), request(&world, 2)];
            join(requests);
            assert_eq!(world.1.dialled.load(Ordering::Relaxed), 1);
        });
    }

    #[test]
    fn a_retired_endpoint_keeps_no_connection_also_of_one_who_dials_meanwhile() {
        explore(|| {
            let world = world();
            let (connections, network) = &world;
            let requests = [request(&world, 1), request(&world, 1)];
            connections.close();
            assert!(connections.reserve().is_none(), "no new streams");
            join(requests);
            assert_eq!(network.open.load(Ordering::Relaxed), 0);
        });
    }
}
