//! HTTP/2 connections of one endpoint: requests share them up to the peer's stream limit, then another is opened.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use futures::task::AtomicWaker;
use hyper::{
    client::conn::http2::{self, SendRequest},
    rt::Executor,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::{body::Body, connect::Connection, error::ConnectError};

/// One connection and how many streams it carries.
#[derive(Debug)]
pub(crate) struct Shared {
    send: SendRequest<Body>,
    open: AtomicUsize,
    /// The peer's limit, published by the connection's task: nobody else can ask for it.
    max: AtomicUsize,
}

/// One stream of a connection, reserved until dropped.
#[derive(Debug)]
pub(crate) struct Stream(Arc<Shared>);

impl Stream {
    pub(crate) fn sender(&self) -> SendRequest<Body> {
        self.0.send.clone()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The connections that take new streams.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: Mutex<Option<Vec<Arc<Shared>>>>,
    /// One dialler at a time: a burst of requests opens one connection, not one each.
    dialling: tokio::sync::Mutex<()>,
}

impl Connections {
    pub(crate) fn new() -> Self {
        Self {
            open: Mutex::new(Some(Vec::new())),
            dialling: tokio::sync::Mutex::default(),
        }
    }

    /// A stream on the connection that carries the fewest, if any is below its limit.
    pub(crate) fn reserve(&self) -> Option<Stream> {
        let mut open = self.open.lock();
        let open = open.as_mut()?;
        open.retain(|shared| !shared.send.is_closed());
        let free = |shared: &&Arc<Shared>| {
            shared.send.is_ready()
                && shared.open.load(Ordering::Acquire) < shared.max.load(Ordering::Acquire)
        };
        let least = open
            .iter()
            .filter(free)
            .min_by_key(|shared| shared.open.load(Ordering::Acquire))?;
        least.open.fetch_add(1, Ordering::AcqRel);
        Some(Stream(least.clone()))
    }

    /// A stream, on a new connection if need be, and whether the connection is older than this request.
    pub(crate) async fn reserve_or_dial<F>(
        &self,
        dial: impl FnOnce() -> F,
    ) -> Result<(Stream, bool), ConnectError>
    where
        F: Future<Output = Result<Connection, ConnectError>>,
    {
        let _one = self.dialling.lock().await;
        if let Some(stream) = self.reserve() {
            return Ok((stream, true));
        }
        let shared = handshake(dial().await?).await?;
        // Counted before it is published, or another request could take the last stream in between.
        shared.open.fetch_add(1, Ordering::AcqRel);
        if let Some(open) = &mut *self.open.lock() {
            open.push(shared.clone());
        }
        Ok((Stream(shared), false))
    }

    /// No new streams; each connection closes with its last one.
    pub(crate) fn close(&self) {
        let open = self.open.lock().take();
        drop(open);
    }
}

/// Starts HTTP/2 on a connection and waits for the peer's settings, for only they tell how many streams it takes.
async fn handshake(connection: Connection) -> Result<Arc<Shared>, ConnectError> {
    let moved = Arc::new(Moved::default());
    let (send, driver) = http2::Builder::new(Tasks(moved.clone()))
        .timer(TokioTimer::new())
        .initial_max_send_streams(UNKNOWN)
        .handshake(TokioIo::new(connection))
        .await
        .map_err(ConnectError::Handshake)?;
    let shared = Arc::new(Shared {
        send,
        open: AtomicUsize::new(0),
        max: AtomicUsize::new(UNKNOWN),
    });
    let (settled, settings) = oneshot::channel();
    let publish = Arc::downgrade(&shared);
    // The task ends with the connection's last sender.
    tokio::spawn(async move {
        let mut driver = pin!(driver);
        let mut settled = Some(settled);
        poll_fn(|cx| {
            moved.waker.register(cx.waker());
            let polled = driver.as_mut().poll(cx);
            let max = driver.current_max_send_streams();
            if let Some(shared) = publish.upgrade() {
                shared.max.store(max, Ordering::Release);
            }
            if max != UNKNOWN
                && let Some(settled) = settled.take()
            {
                // Nobody listens if the request that dialled was dropped.
                let _ = settled.send(());
            }
            polled
        })
        .await
    });
    settings.await.map_err(|_| ConnectError::Closed)?;
    Ok(shared)
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

    use super::*;

    /// SETTINGS with this MAX_CONCURRENT_STREAMS.
    fn settings(max: u8) -> [u8; 15] {
        [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, max]
    }

    /// GOAWAY without an error, above all streams.
    const GOAWAY: [u8; 17] = [
        0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0,
    ];

    /// A connection to a peer that takes five streams; and the peer.
    async fn connected() -> (Connections, DuplexStream) {
        let (ours, mut peer) = tokio::io::duplex(4096);
        let connections = Connections::new();
        peer.write_all(&settings(5)).await.expect("written");
        let stream = connections
            .reserve_or_dial(|| async { Ok(Connection::new(ours)) })
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
