//! What drives an HTTP/2 connection: both halves of it in one task.

use std::{
    future::Future,
    io, mem,
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::{FutureExt, future::BoxFuture, task::AtomicWaker};
use hyper::{client::conn::http2, rt::Executor};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::oneshot,
};

use super::streams::Shared;
use crate::{body::Body, connect::Connection};

/// Carries a connection until its last sender and its last stream are gone.
///
/// The library drives a connection by two futures, one that takes requests and one that moves frames. Here they are one task:
/// so what the peer says (its limit of streams, its goodbye) is known before the next request is taken, and nobody has to be
/// woken for it.
///
/// A goodbye that came in between while a request is handed over would cost it: the library drops it, and the peer may execute
/// it all the same. So nothing is read then. A request that fails with a goodbye is therefore known to be above the last stream
/// that the peer has looked at: [`outcome`](crate::connect::outcome) relies on it.
pub(super) struct Driver {
    pub(super) requests: Option<http2::Connection<TokioIo<Paced>, Body, Tasks>>,
    pub(super) wire: Option<BoxFuture<'static, ()>>,
    pub(super) bell: Arc<Bell>,
    pub(super) shared: Weak<Shared>,
    pub(super) max: usize,
    pub(super) settled: Option<oneshot::Sender<()>>,
    pub(super) lost: Option<Box<dyn FnOnce() + Send>>,
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let bell = self.bell.clone();
        let waker = Waker::from(bell.clone());
        let mut ours = Context::from_waker(&waker);
        bell.listen(cx.waker());
        self.move_frames(&mut ours);
        self.take_requests(&mut ours);
        // A request that was taken rings, and has to be written before anything else is read.
        bell.hold(true);
        for _ in 0..ROUNDS {
            if !bell.was_rung() {
                break;
            }
            self.move_frames(&mut ours);
            self.take_requests(&mut ours);
        }
        bell.hold(false);
        if let (None, None) = (&self.requests, &self.wire) {
            return Poll::Ready(());
        }
        bell.rest(cx.waker());
        Poll::Pending
    }
}

impl Driver {
    fn move_frames(&mut self, cx: &mut Context<'_>) {
        if let Some(wire) = &mut self.wire
            && wire.as_mut().poll(cx).is_ready()
        {
            self.wire = None;
        }
    }

    fn take_requests(&mut self, cx: &mut Context<'_>) {
        let Some(requests) = &mut self.requests else {
            return;
        };
        // How it ended is told to each request that was open.
        if Pin::new(&mut *requests).poll(cx).is_ready() {
            self.requests = None;
            self.lose();
            return;
        }
        let max = requests.current_max_send_streams();
        if max != self.max {
            self.max = max;
            self.publish();
        }
    }

    fn lose(&mut self) {
        let shared = self.shared.upgrade();
        if let Some(lost) = self.lost.take()
            && shared.is_some_and(|shared| shared.was_used())
        {
            lost();
        }
    }

    fn publish(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.limit(self.max);
        }
        if let Some(settled) = self.settled.take() {
            // Nobody listens if the request that dialled was dropped.
            let _ = settled.send(());
        }
    }
}

/// Runs the tasks of one connection, which end with it; the first one is the connection's own, and its driver's.
#[derive(Clone, Default)]
pub(super) struct Tasks(Arc<Mutex<Wire>>);

#[derive(Default)]
enum Wire {
    #[default]
    Awaited,
    Here(BoxFuture<'static, ()>),
    Taken,
}

impl Tasks {
    pub(super) fn take_wire(&self) -> Option<BoxFuture<'static, ()>> {
        match mem::replace(&mut *self.0.lock(), Wire::Taken) {
            Wire::Here(wire) => Some(wire),
            Wire::Awaited | Wire::Taken => None,
        }
    }
}

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        let mut wire = self.0.lock();
        match *wire {
            Wire::Awaited => *wire = Wire::Here(task.map(drop).boxed()),
            Wire::Here(_) | Wire::Taken => drop(tokio::spawn(task)),
        }
    }
}

/// Who is woken when a half of the connection can go on: the task, unless it is at it.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: AtomicBool,
    /// Whether the task is at it and will look again.
    busy: AtomicBool,
    /// Whether nothing is to be read for the moment.
    held: AtomicBool,
    /// Whether something came since it was last read.
    readable: AtomicBool,
    task: AtomicWaker,
}

impl Bell {
    /// The task is at it.
    fn listen(&self, task: &Waker) {
        self.task.register(task);
        self.busy.store(true, Ordering::SeqCst);
        self.readable.store(false, Ordering::SeqCst);
        self.rung.store(false, Ordering::SeqCst);
    }

    fn was_rung(&self) -> bool {
        self.rung.swap(false, Ordering::SeqCst)
    }

    fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Relaxed);
    }

    /// The task will not look again by itself; it does if it was rung for since it looked last, or something came that was not
    /// to be read.
    fn rest(&self, task: &Waker) {
        self.busy.store(false, Ordering::SeqCst);
        if self.rung.load(Ordering::SeqCst) || self.readable.load(Ordering::SeqCst) {
            task.wake_by_ref();
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        if !self.busy.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

/// Rings when something has come.
struct Readable(Arc<Bell>);

impl Wake for Readable {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.readable.store(true, Ordering::SeqCst);
        self.0.wake_by_ref();
    }
}

/// A connection that is not read while that is held up.
#[derive(Debug)]
pub(super) struct Paced {
    io: Connection,
    bell: Arc<Bell>,
    readable: Waker,
}

impl Paced {
    pub(super) fn new(io: Connection, bell: &Arc<Bell>) -> Self {
        Self {
            io,
            bell: bell.clone(),
            readable: Arc::new(Readable(bell.clone())).into(),
        }
    }

    /// What cannot be written any more is lost, and no reason to stop: what the peer said before it hung up is still to be
    /// read, such as answers, and which streams it has not looked at. Then the connection ends, for it reads to its end.
    fn or_lost<T>(&self, written: Poll<io::Result<T>>, all: T) -> Poll<io::Result<T>> {
        match written {
            Poll::Ready(Err(_)) => {
                self.bell.readable.store(true, Ordering::SeqCst);
                Poll::Ready(Ok(all))
            }
            written => written,
        }
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.bell.held.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        let this = &mut *self;
        let mut cx = Context::from_waker(&this.readable);
        Pin::new(&mut this.io).poll_read(&mut cx, buf)
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.or_lost(written, buf.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.or_lost(written, bufs.iter().map(|buf| buf.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.or_lost(flushed, ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// How many requests are taken in one go: then others get their turn on the processor.
const ROUNDS: usize = 64;
