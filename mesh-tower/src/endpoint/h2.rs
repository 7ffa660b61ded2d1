//! HTTP/2 connections of one endpoint: requests share them up to the peer's stream limit, then another is opened.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Waker,
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
    let settling = Arc::new(Settling::default());
    let (send, driver) = http2::Builder::new(Tasks(settling.clone()))
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
            settling.wake(cx.waker());
            let polled = driver.as_mut().poll(cx);
            let max = driver.current_max_send_streams();
            if let Some(shared) = publish.upgrade() {
                shared.max.store(max, Ordering::Release);
            }
            if max != UNKNOWN
                && let Some(settled) = settled.take()
            {
                settling.done();
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

/// Wakes the task that publishes the stream limit, until the limit is known: settings are read by a task of the HTTP
/// library's own, which tells nobody.
#[derive(Debug, Default)]
struct Settling {
    publisher: AtomicWaker,
    done: AtomicBool,
}

impl Settling {
    fn wake(&self, publisher: &Waker) {
        if !self.done.load(Ordering::Acquire) {
            self.publisher.register(publisher);
        }
    }

    fn done(&self) {
        self.done.store(true, Ordering::Release);
    }

    fn progressed(&self) {
        if !self.done.load(Ordering::Acquire) {
            self.publisher.wake();
        }
    }
}

/// Runs the tasks of one connection, which end with it.
#[derive(Clone, Debug)]
struct Tasks(Arc<Settling>);

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        let settling = self.0.clone();
        tokio::spawn(async move {
            let mut task = pin!(task);
            poll_fn(|cx| {
                let polled = task.as_mut().poll(cx);
                settling.progressed();
                polled
            })
            .await
        });
    }
}

/// Before the peer's settings have come, no stream may be opened.
const UNKNOWN: usize = 0;
