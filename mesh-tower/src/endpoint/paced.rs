//! What holds up the reading of a connection, and who is woken when it can go on.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connect::Connection;

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
    pub(super) fn listen(&self, task: &Waker) {
        self.task.register(task);
        self.busy.store(true, Ordering::SeqCst);
        self.readable.store(false, Ordering::SeqCst);
        self.rung.store(false, Ordering::SeqCst);
    }

    pub(super) fn was_rung(&self) -> bool {
        self.rung.swap(false, Ordering::SeqCst)
    }

    pub(super) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Relaxed);
    }

    /// The task will not look again by itself; it does if it was rung for since it looked last, or something came that was not
    /// to be read.
    pub(super) fn rest(&self, task: &Waker) {
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
