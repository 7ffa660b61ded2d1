//! HTTP/2 connections: what the peer says about its streams is known before the next request.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::task::AtomicWaker;
use hyper::{
    client::conn::http2::{self, SendRequest},
    rt::Executor,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::oneshot;

use super::streams::{Multiplexed, Shared};
use crate::{body::Body, connect::Connection, error::ConnectError};

impl Multiplexed for SendRequest<Body> {
    fn is_ready(&self) -> bool {
        self.is_ready()
    }

    fn is_closed(&self) -> bool {
        self.is_closed()
    }
}

/// Starts HTTP/2 on a connection and waits for the peer's settings, for only they tell how many streams it takes.
pub(crate) async fn handshake(
    connection: Connection,
) -> Result<Arc<Shared<SendRequest<Body>>>, ConnectError> {
    let moved = Arc::new(Moved::default());
    let (send, driver) = http2::Builder::new(Tasks(moved.clone()))
        .timer(TokioTimer::new())
        .initial_max_send_streams(UNKNOWN)
        .handshake(TokioIo::new(connection))
        .await
        .map_err(ConnectError::Handshake)?;
    let shared = Arc::new(Shared::new(send, UNKNOWN));
    let (settled, settings) = oneshot::channel();
    tokio::spawn(drive(driver, moved, Arc::downgrade(&shared), settled));
    settings.await.map_err(|_| ConnectError::Closed)?;
    Ok(shared)
}

/// Carries a connection's streams until its last sender is gone, and publishes what the peer says about their number.
async fn drive(
    driver: http2::Connection<TokioIo<Connection>, Body, Tasks>,
    moved: Arc<Moved>,
    shared: Weak<Shared<SendRequest<Body>>>,
    settled: oneshot::Sender<()>,
) {
    let mut driver = pin!(driver);
    let mut settled = Some(settled);
    // How it ended is told to each request that was open.
    let _ = poll_fn(|cx| {
        moved.waker.register(cx.waker());
        let polled = driver.as_mut().poll(cx);
        let max = driver.current_max_send_streams();
        if let Some(shared) = shared.upgrade() {
            shared.limit(max);
        }
        if max != UNKNOWN
            && let Some(settled) = settled.take()
        {
            // Nobody listens if the request that dialled was dropped.
            let _ = settled.send(());
        }
        polled
    })
    .await;
}

/// Wakes the task that hands requests to the connection, whenever the connection's own task has moved: that one reads the
/// peer's settings and its goodbye, and tells nobody. Without it, requests would still go to a connection that takes none
/// any more, and some would wait there for good.
#[derive(Debug, Default)]
struct Moved {
    waker: AtomicWaker,
    watched: AtomicBool,
}

/// Runs the tasks of one connection, which end with it.
#[derive(Clone, Debug)]
struct Tasks(Arc<Moved>);

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        // The first one is the connection's own; the others are its requests'.
        if self.0.watched.swap(true, Ordering::AcqRel) {
            tokio::spawn(task);
            return;
        }
        let moved = self.0.clone();
        tokio::spawn(async move {
            let mut task = pin!(task);
            poll_fn(|cx| {
                let polled = task.as_mut().poll(cx);
                moved.waker.wake();
                polled
            })
            .await
        });
    }
}

/// Before the peer's settings have come, no stream may be opened.
const UNKNOWN: usize = 0;

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
        time,
    };

    use super::{super::streams::Connections, *};

    /// SETTINGS with this MAX_CONCURRENT_STREAMS.
    fn settings(max: u8) -> [u8; 15] {
        [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, max]
    }

    /// GOAWAY without an error, above all streams.
    const GOAWAY: [u8; 17] = [
        0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0,
    ];

    /// A connection to a peer that takes five streams; and the peer.
    async fn connected() -> (Connections<SendRequest<Body>>, DuplexStream) {
        let (ours, mut peer) = tokio::io::duplex(4096);
        let connections = Connections::new();
        peer.write_all(&settings(5)).await.expect("written");
        let stream = connections
            .reserve_or_dial(|| handshake(Connection::new(ours)))
            .await;
        assert!(stream.is_ok());
        let mut preface = [0; 24];
        peer.read_exact(&mut preface).await.expect("HTTP/2");
        assert!(connections.reserve().is_some());
        (connections, peer)
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_peer_says_between_requests_is_known_before_the_next_one() {
        for (what, frame) in [("no streams", &settings(0)[..]), ("goodbye", &GOAWAY)] {
            let (connections, mut peer) = connected().await;
            peer.write_all(frame).await.expect("written");
            time::sleep(time::Duration::from_millis(1)).await;
            assert!(connections.reserve().is_none(), "{what}");
        }
    }
}
