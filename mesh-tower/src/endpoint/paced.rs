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
    /// Whether nothing was there when it was read last, so that it rings when something comes.
    drained: bool,
}

impl Paced {
    pub(super) fn new(io: Connection, bell: &Arc<Bell>) -> Self {
        Self {
            io,
            bell: bell.clone(),
            readable: Arc::new(Readable(bell.clone())).into(),
            drained: false,
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
        let this = &mut *self;
        if this.bell.held.load(Ordering::Relaxed) {
            if !this.drained {
                // A full pipe had kept it from being read, and has emptied since: nobody rings for what is there.
                this.bell.readable.store(true, Ordering::SeqCst);
            }
            return Poll::Pending;
        }
        let mut cx = Context::from_waker(&this.readable);
        let read = Pin::new(&mut this.io).poll_read(&mut cx, buf);
        this.drained = read.is_pending();
        read
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

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicU8, task::ready, time::Duration};

    use http::Request;
    use tokio::{
        io::{AsyncWriteExt, DuplexStream},
        time,
    };

    use super::{
        super::{connections::Connections, h2::handshake},
        *,
    };
    use crate::body::Body;

    /// A wire that can be full, and gives what came piece by piece.
    struct Wire {
        inner: DuplexStream,
        state: Arc<AtomicU8>,
    }

    const OPEN: u8 = 0;
    const FULL: u8 = 1;
    /// Until somebody has tried to write.
    const FULL_ONCE: u8 = 2;

    const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

    /// SETTINGS with this MAX_CONCURRENT_STREAMS.
    fn settings(max: u8) -> [u8; 15] {
        [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, max]
    }

    impl AsyncRead for Wire {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let mut piece = [0; PING.len()];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut piece))?;
            buf.put_slice(piece.filled());
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Wire {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            match self.state.load(Ordering::SeqCst) {
                FULL => return Poll::Pending,
                FULL_ONCE => {
                    self.state.store(OPEN, Ordering::SeqCst);
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                _ => {}
            }
            Pin::new(&mut self.inner).poll_write(cx, buf)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_behind_a_ping_is_read_though_the_pipe_was_too_full_for_its_answer() {
        let (inner, mut peer) = tokio::io::duplex(1 << 16);
        let state = Arc::new(AtomicU8::new(OPEN));
        let wire = Wire {
            inner,
            state: state.clone(),
        };
        peer.write_all(&settings(5)).await.expect("written");
        let made = handshake(Connection::new(wire), Duration::from_secs(300), || ()).await;
        let connections = Connections::new();
        let mut stream = connections.add_used(made.expect("HTTP/2"));
        let moment = || time::sleep(Duration::from_millis(1));
        moment().await;
        state.store(FULL, Ordering::SeqCst);
        let upload = Request::post("http://orders.local/").body(Body::from(vec![0; 1 << 15]));
        let mut sender = stream.take_connection().expect("the first request");
        let _answer = tokio::spawn(sender.try_send_request(upload.expect("a request")));
        moment().await;
        state.store(FULL_ONCE, Ordering::SeqCst);
        let frames = [&PING[..], &settings(0)].concat();
        peer.write_all(&frames).await.expect("written");
        moment().await;
        assert!(connections.reserve().is_none(), "no streams any more");
    }
}
