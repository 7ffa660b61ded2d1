//! What requests for streams meet at.

use std::future::ready;

use futures::FutureExt;
use loom::{
    future::block_on,
    thread::{self, JoinHandle},
};

use super::*;
use crate::sync::{AtomicUsize, Ordering, explore, join};

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

impl Network {
    /// A connection to a peer that takes so many at once.
    fn connect(self: &Arc<Self>, max: usize) -> Opened<Arc<Peer>> {
        self.dialled.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        let peer = Peer {
            max,
            requests: AtomicUsize::new(0),
            network: self.clone(),
        };
        Opened {
            connection: Arc::new(peer),
            shared: Arc::new(Shared::new(max)),
        }
    }
}

/// What a request does; where nobody connects for others, it does so itself.
fn stream(
    (connections, network): &World,
    max: usize,
    dial: impl FnOnce() -> Dialled,
) -> Stream<Arc<Peer>> {
    let reserved = block_on(connections.reserve_or_dial(ready(Ok(())), dial));
    match reserved.expect("the peer is there") {
        Some((stream, _)) => stream,
        None => connections.add_used(network.connect(max)),
    }
}

fn serve(mut stream: Stream<Arc<Peer>>) {
    let peer = stream.take_connection();
    peer.expect("one request").serve();
}

/// A request to a peer that takes so many at once.
fn request(world: &World, max: usize) -> JoinHandle<()> {
    let (connections, network) = world.clone();
    thread::spawn(move || {
        let dial = || {
            let (told, dialled) = oneshot::channel();
            connections.add(network.connect(max), Some(told));
            dialled
        };
        let world = (connections.clone(), network.clone());
        serve(stream(&world, max, dial));
    })
}

/// A connect that does not come to its end while the model runs.
fn hanging(connects: &Mutex<Option<Told>>) -> Dialled {
    let (told, dialled) = oneshot::channel();
    *connects.lock() = Some(told);
    dialled
}

#[test]
fn no_connection_carries_more_streams_than_its_peer_takes() {
    explore(|| {
        let world = world();
        let (connections, network) = &world;
        let requests = [request(&world, 1), request(&world, 1)];
        if let Some(stream) = connections.reserve() {
            serve(stream);
        }
        join(requests);
        let open = connections.open.lock();
        let kept = &open.as_ref().expect("nobody retired it").connections;
        assert_eq!(kept.len(), network.open.load(Ordering::Relaxed));
        for connection in kept {
            assert_eq!(connection.shared.open(), 0, "and nobody waits");
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

#[test]
fn who_waits_for_a_full_peer_is_woken_by_a_stream_that_ends_or_a_higher_limit() {
    for higher in [true, false] {
        explore(move || {
            let world = world();
            let (connections, network) = world.clone();
            let opened = network.connect(1);
            let shared = opened.shared.clone();
            let held = connections.add_used(opened);
            let waiting = thread::spawn(move || {
                let connects = Mutex::default();
                drop(stream(&world, 1, || hanging(&connects)));
            });
            match higher {
                true => shared.limit(2),
                false => drop(held),
            }
            join([waiting]);
            assert!(connections.reserve().is_some(), "nobody waits any more");
        });
    }
}

#[test]
fn a_connect_whose_request_is_gone_is_the_next_ones() {
    explore(|| {
        let world = world();
        let (connections, network) = world.clone();
        let connects = Mutex::default();
        let gone = connections.reserve_or_dial(ready(Ok(())), || hanging(&connects));
        assert!(gone.now_or_never().is_none());
        let told = connects.lock().take();
        let next = thread::spawn(move || {
            drop(stream(&world, 1, || hanging(&Mutex::default())));
        });
        connections.add(network.connect(1), told);
        join([next]);
        assert_eq!(network.dialled.load(Ordering::Relaxed), 1);
        assert!(connections.reserve().is_some());
    });
}
