//! Connects that fail, connections that are lost, and connections that nobody uses.

use std::{
    io,
    pin::pin,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures::future::{BoxFuture, join_all};
use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::{Instant, sleep, timeout},
};

use super::*;
use crate::connect::{Connection, Dial};

/// An endpoint that can be down, and counts who tries.
#[derive(Clone, Debug, Default)]
struct Host(Arc<State>);

#[derive(Debug, Default)]
struct State {
    up: AtomicBool,
    /// How many streams a connection takes; none: it speaks HTTP/1.
    streams: AtomicUsize,
    /// How many milliseconds a dial takes.
    delay: AtomicUsize,
    dials: AtomicUsize,
    peers: Mutex<Vec<DuplexStream>>,
}

impl Host {
    fn is(&self, up: bool) {
        self.0.up.store(up, Ordering::SeqCst);
    }

    fn takes(&self, streams: usize) {
        self.0.streams.store(streams, Ordering::SeqCst);
    }

    fn answers_after(&self, delay: Duration) {
        let millis = delay.as_millis() as usize;
        self.0.delay.store(millis, Ordering::SeqCst);
    }

    fn dials(&self) -> usize {
        self.0.dials.load(Ordering::SeqCst)
    }

    fn hang_up(&self) {
        self.0.peers.lock().clear();
    }

    /// How many connections are open on our side.
    async fn open(&self) -> usize {
        let peers = std::mem::take(&mut *self.0.peers.lock());
        let mut open = Vec::new();
        for mut peer in peers {
            let mut sent = [0; 64];
            let read = timeout(MOMENT, peer.read(&mut sent)).await;
            if !matches!(read, Ok(Ok(0))) {
                open.push(peer);
            }
        }
        let count = open.len();
        *self.0.peers.lock() = open;
        count
    }
}

impl Dial for Host {
    fn dial(&self, _to: SocketAddr) -> BoxFuture<'static, io::Result<Connection>> {
        let state = self.0.clone();
        state.dials.fetch_add(1, Ordering::SeqCst);
        let delay = state.delay.load(Ordering::SeqCst) as u64;
        Box::pin(async move {
            sleep(Duration::from_millis(delay)).await;
            if !state.up.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let (ours, mut theirs) = tokio::io::duplex(4096);
            let streams = state.streams.load(Ordering::SeqCst) as u8;
            if streams > 0 {
                // SETTINGS.
                let settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, streams];
                theirs.write_all(&settings).await?;
            }
            state.peers.lock().push(theirs);
            Ok(Connection::new(ours))
        })
    }
}

fn pool(protocol: Protocol) -> (Host, Arc<Pool>, Arc<Load>) {
    let host = Host::default();
    if protocol == Protocol::Http2 {
        host.takes(100);
    }
    let addr = "10.0.0.1:80".parse().expect("an address");
    let pool = Pool::new(addr, protocol, Connector::of(host.clone()));
    (host, Arc::new(pool), Arc::default())
}

/// So many requests at once, and how many of them got a connection.
async fn burst(pool: &Arc<Pool>, load: &Arc<Load>, requests: usize) -> usize {
    let leases = (0..requests).map(|_| pool.lease(load, LIMIT));
    let leases = join_all(leases).await;
    leases.iter().filter(|lease| lease.is_ok()).count()
}

#[tokio::test(start_paused = true)]
async fn where_connects_fail_one_tries_and_all_requests_share_its_failure() {
    for (protocol, first) in [(Protocol::Http, 50), (Protocol::Http2, 1)] {
        let (host, pool, load) = pool(protocol);
        assert_eq!(burst(&pool, &load, 50).await, 0);
        assert!(host.dials() <= first + 1, "{protocol}: {}", host.dials());
        assert!(pool.is_failing(), "{protocol}");
        for _ in 0..5 {
            let before = host.dials();
            assert_eq!(burst(&pool, &load, 50).await, 0);
            assert_eq!(host.dials(), before + 1, "{protocol}");
        }
        let error = pool.lease(&load, LIMIT).await.expect_err("it is down");
        assert!(error.to_string().contains("connection refused"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_comes_back_is_connected_to_before_a_request_asks() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let (host, pool, load) = pool(protocol);
        burst(&pool, &load, 1).await;
        sleep(Duration::from_secs(2)).await;
        host.is(true);
        sleep(Duration::from_secs(2)).await;
        assert!(!pool.is_failing(), "{protocol}");
        let (dials, begun) = (host.dials(), Instant::now());
        let lease = pool.lease(&load, LIMIT).await.expect("it is up");
        assert!(
            lease.is_reused(),
            "{protocol}: it may have gone stale meanwhile"
        );
        assert_eq!(
            (host.dials(), begun.elapsed()),
            (dials, Duration::ZERO),
            "{protocol}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_stays_down_is_given_up_until_a_request_asks_for_it() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let (host, pool, load) = pool(protocol);
        burst(&pool, &load, 1).await;
        sleep(Duration::from_secs(60)).await;
        let dials = host.dials();
        assert!((10..=20).contains(&dials), "{protocol}: {dials}");
        assert!(
            !pool.is_failing(),
            "{protocol}: requests may go there again"
        );
        sleep(Duration::from_secs(600)).await;
        assert_eq!(host.dials(), dials, "{protocol}");
        assert_eq!(burst(&pool, &load, 1).await, 0);
        assert_eq!(host.dials(), dials + 1, "{protocol}");
        host.is(true);
        assert_eq!(burst(&pool, &load, 20).await, 20, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_left_is_not_connected_to_again() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let (host, pool, load) = pool(protocol);
        burst(&pool, &load, 1).await;
        pool.retire();
        let dials = host.dials();
        sleep(Duration::from_secs(60)).await;
        assert_eq!(host.dials(), dials, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_replaced_once_unless_it_is_used_again() {
    let (host, pool, load) = pool(Protocol::Http2);
    host.is(true);
    for round in 1..=3 {
        drop(pool.lease(&load, LIMIT).await.expect("it is up"));
        host.hang_up();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(host.dials(), 1 + round, "a new one is there");
        assert!(pool.try_lease(&load).is_some());
    }
    drop(pool.try_lease(&load));
    host.hang_up();
    sleep(Duration::from_secs(1)).await;
    let dials = host.dials();
    host.hang_up();
    sleep(Duration::from_secs(600)).await;
    assert_eq!(host.dials(), dials, "nobody used the last one");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_idle_closes_before_most_peers_close_it_and_one_in_use_stays() {
    let (host, pool, load) = pool(Protocol::Http);
    host.is(true);
    let (used, idle) = (
        pool.lease(&load, LIMIT).await.expect("it is up"),
        pool.lease(&load, LIMIT).await.expect("it is up"),
    );
    idle.give_back();
    used.give_back();
    for _ in 0..7 {
        sleep(Duration::from_secs(5)).await;
        // The one used last is taken first.
        pool.try_lease(&load).expect("one is idle").give_back();
    }
    assert_eq!(host.open().await, 2, "both for 35 s");
    for _ in 0..4 {
        sleep(Duration::from_secs(5)).await;
        pool.try_lease(&load).expect("one is idle").give_back();
    }
    assert_eq!(host.open().await, 1, "one after 55 s");
    sleep(Duration::from_secs(55)).await;
    assert_eq!(host.open().await, 0);
    assert_eq!(host.dials(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_peer_whose_streams_are_all_taken_is_connected_to_again_after_a_connect_failed() {
    for pause in [Duration::ZERO, MOMENT, Duration::from_secs(60)] {
        let (host, pool, load) = pool(Protocol::Http2);
        host.takes(1);
        host.is(true);
        let held = pool.lease(&load, LIMIT).await.expect("it is up");
        host.is(false);
        pool.lease(&load, LIMIT)
            .await
            .expect_err("it takes no more");
        sleep(pause).await;
        host.is(true);
        let more = pool.lease(&load, LIMIT).await;
        assert!(more.is_ok(), "after {pause:?}: {more:?}");
        assert!(!pool.is_failing(), "after {pause:?}");
        drop(held);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connect_goes_on_when_the_request_that_began_it_is_gone() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let (host, pool, load) = pool(protocol);
        host.is(true);
        host.answers_after(100 * MOMENT);
        for _ in 0..3 {
            let hurried = timeout(20 * MOMENT, pool.lease(&load, LIMIT)).await;
            assert!(hurried.is_err(), "{protocol}: it takes longer");
        }
        let begun = Instant::now();
        let next = pool.lease(&load, LIMIT).await.expect("it is up");
        assert_eq!(begun.elapsed(), 40 * MOMENT, "{protocol}");
        drop(next);
        assert_eq!(host.dials(), 1, "{protocol}: the one that was begun");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_waited_for_any_more_is_there_for_the_next_request() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let (host, pool, load) = pool(protocol);
        host.is(true);
        host.answers_after(100 * MOMENT);
        let hurried = timeout(20 * MOMENT, pool.lease(&load, LIMIT)).await;
        assert!(hurried.is_err(), "{protocol}: it takes longer");
        sleep(LIMIT).await;
        let lease = pool.try_lease(&load).expect("it stands");
        assert!(lease.is_reused(), "{protocol}: it may have gone stale");
        assert_eq!(host.dials(), 1, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connect_that_nobody_waits_for_has_its_limit_and_its_failure_counts() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let (host, pool, load) = pool(protocol);
        host.is(true);
        host.answers_after(2 * LIMIT);
        let hurried = timeout(20 * MOMENT, pool.lease(&load, LIMIT)).await;
        assert!(hurried.is_err(), "{protocol}: it takes longer");
        assert!(!pool.is_failing(), "{protocol}: not yet");
        sleep(LIMIT).await;
        assert!(pool.is_failing(), "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn requests_queue_for_a_full_peer_and_take_what_is_first_a_stream_or_a_connection() {
    for (connect, ends, want) in [(900, 300, 300), (300, 900, 300)] {
        let (host, pool, load) = pool(Protocol::Http2);
        host.takes(1);
        host.is(true);
        let held = pool.lease(&load, LIMIT).await.expect("it is up");
        host.answers_after(connect * MOMENT);
        let begun = Instant::now();
        let release = async {
            sleep(ends * MOMENT).await;
            drop(held);
        };
        let (next, ()) = tokio::join!(
            async {
                let next = pool.lease(&load, LIMIT).await;
                (next, begun.elapsed())
            },
            release
        );
        let (next, waited) = next;
        assert!(next.is_ok(), "{next:?}");
        assert_eq!(waited, want * MOMENT);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_goes_to_who_waits_longest_and_not_to_who_comes_then() {
    let (host, pool, load) = pool(Protocol::Http2);
    host.takes(1);
    host.is(true);
    let held = pool.lease(&load, LIMIT).await.expect("it is up");
    host.answers_after(2 * LIMIT);
    let first = pool.lease(&load, LIMIT);
    let second = pool.lease(&load, LIMIT);
    let (mut first, mut second) = (pin!(first), pin!(second));
    assert!(futures::poll!(&mut first).is_pending());
    assert!(futures::poll!(&mut second).is_pending());
    drop(held);
    assert!(pool.try_lease(&load).is_none(), "others were first");
    let first = first.await.expect("a stream");
    assert!(first.is_reused() && futures::poll!(&mut second).is_pending());
    drop(first);
    assert!(second.await.is_ok());
    assert!(pool.try_lease(&load).is_some(), "nobody waits any more");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_left_ends_its_connects_and_who_waits_makes_one_of_its_own() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let (host, pool, load) = pool(protocol);
        host.is(true);
        host.answers_after(100 * MOMENT);
        let gone = timeout(20 * MOMENT, pool.lease(&load, LIMIT)).await;
        assert!(gone.is_err(), "{protocol}: it takes longer");
        let waits = async {
            let lease = pool.lease(&load, LIMIT).await;
            lease.expect("it is up")
        };
        let retires = async {
            sleep(20 * MOMENT).await;
            pool.retire();
        };
        let (lease, ()) = tokio::join!(waits, retires);
        assert_eq!(host.dials(), 2, "{protocol}");
        let peers = host.0.peers.lock().len();
        assert_eq!(peers, 1, "{protocol}: that of the request");
        drop(lease);
    }
}

const LIMIT: Duration = Duration::from_secs(1);

/// Nothing more comes after this, on a paused clock.
const MOMENT: Duration = Duration::from_millis(1);
