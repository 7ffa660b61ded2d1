//! A connection's bytes, and what must not be released before the connection is closed.

use std::{
    any::Any,
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::sync::Mutex;

/// Anything that bytes can be read from and written to.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// One connection. Whatever [`held`](Self::held) was given is released when it closes.
pub(crate) struct Connection {
    io: Box<dyn Io>,
    held: Arc<Held>,
    /// Whether something was read since something was written.
    heard: bool,
    /// Those who wait for the cut, to read and to write.
    cut: Option<Box<[Cut; 2]>>,
}

type Cut = Pin<Box<WaitForCancellationFutureOwned>>;

impl Connection {
    pub(crate) fn new(io: impl Io + 'static) -> Self {
        Self {
            io: Box::new(io),
            held: Arc::default(),
            heard: false,
            cut: None,
        }
    }

    pub(crate) fn held(&self) -> &Arc<Held> {
        &self.held
    }

    fn wrote(&mut self) {
        self.heard = false;
        self.held.unclaimed.store(false, Ordering::Relaxed);
    }

    /// Ready once it was cut, if it is one that can be.
    fn poll_cut(&mut self, half: usize, cx: &mut Context<'_>) -> Poll<io::Error> {
        match self.held.can_be_cut.load(Ordering::Acquire) {
            true => self.poll_cut_of(half, cx),
            false => Poll::Pending,
        }
    }

    #[cold]
    fn poll_cut_of(&mut self, half: usize, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(token) = self.held.cut.get() else {
            return Poll::Pending;
        };
        let waiting = || Box::pin(token.clone().cancelled_owned());
        let halves = self
            .cut
            .get_or_insert_with(|| Box::new([waiting(), waiting()]));
        let Some(cut) = halves.get_mut(half) else {
            return Poll::Pending;
        };
        ready!(cut.as_mut().poll(cx));
        let reason = "the mesh has stopped, and cut the connection";
        Poll::Ready(io::Error::new(io::ErrorKind::ConnectionAborted, reason))
    }
}

const READ: usize = 0;
const WRITE: usize = 1;

impl Drop for Connection {
    fn drop(&mut self) {
        self.held.close();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(cut) = self.poll_cut(READ, cx) {
            return Poll::Ready(Err(cut));
        }
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.io).poll_read(cx, buf));
        let more = read.is_ok() && buf.filled().len() > before;
        if !more && self.heard {
            self.held.torn.store(true, Ordering::Relaxed);
        }
        if more && !self.heard {
            self.heard = true;
            self.held.unclaimed.store(true, Ordering::Relaxed);
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(cut) = self.poll_cut(WRITE, cx) {
            return Poll::Ready(Err(cut));
        }
        self.wrote();
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(cut) = self.poll_cut(WRITE, cx) {
            return Poll::Ready(Err(cut));
        }
        self.wrote();
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// What lives as long as a connection: the guard of a request that became a tunnel (101, CONNECT) ends here, because no
/// body of it is ever read to an end.
#[derive(Default)]
pub(crate) struct Held {
    state: Mutex<State>,
    torn: AtomicBool,
    unclaimed: AtomicBool,
    /// What cuts the connection,
    cut: OnceLock<CancellationToken>,
    /// once nobody else does.
    can_be_cut: AtomicBool,
}

enum State {
    Open(Vec<Box<dyn Any + Send>>),
    Closed,
}

impl Held {
    /// Keeps it until the connection closes; drops it now if that has happened.
    pub(crate) fn hold(&self, thing: impl Any + Send) {
        if let State::Open(things) = &mut *self.state.lock() {
            things.push(Box::new(thing));
        }
    }

    /// Whether the peer ended the connection after it had begun to answer what was written last. An HTTP library says the
    /// same of this as of no answer at all.
    pub(crate) fn is_torn(&self) -> bool {
        self.torn.load(Ordering::Relaxed)
    }

    /// Whether bytes have come, since something was written, that no request's head [claims](Self::claim).
    pub(crate) fn is_unclaimed(&self) -> bool {
        self.unclaimed.load(Ordering::Relaxed)
    }

    /// What has come since something was written begins with a request's head.
    pub(crate) fn claim(&self) {
        self.unclaimed.store(false, Ordering::Relaxed);
    }

    /// Names what cuts the connection once nobody else does, because it was [let go](Self::let_go). Of two the first counts.
    pub(crate) fn cut_by(&self, cut: CancellationToken) {
        // Only who makes the connection says so.
        let _ = self.cut.set(cut);
    }

    /// It is in other hands than those of the mesh's own server: whoever reads or writes it learns of the cut.
    pub(crate) fn let_go(&self) {
        self.can_be_cut.store(true, Ordering::Release);
    }

    fn close(&self) {
        // Taken out first: what is dropped may want to look at the connection.
        let things = std::mem::replace(&mut *self.state.lock(), State::Closed);
        drop(things);
    }
}

impl Default for State {
    fn default() -> Self {
        Self::Open(Vec::new())
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_cut_ends_what_was_let_go_and_nothing_else() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        for let_go in [true, false] {
            let (ours, mut theirs) = tokio::io::duplex(8);
            let (mut connection, cut) = (Connection::new(ours), CancellationToken::new());
            connection.held().cut_by(cut.clone());
            if let_go {
                connection.held().let_go();
            }
            let reading = tokio::spawn(async move { (connection.read_u8().await, connection) });
            tokio::task::yield_now().await;
            cut.cancel();
            tokio::task::yield_now().await;
            assert_eq!(reading.is_finished(), let_go, "who waits is woken");
            theirs.write_all(b"a").await.expect("room");
            let (read, mut connection) = reading.await.expect("no panic");
            assert_eq!(read.is_err(), let_go);
            assert_eq!(connection.write_all(b"a").await.is_err(), let_go);
        }
    }

    #[test]
    fn what_is_held_goes_with_the_connection_and_not_before() {
        let (ours, _theirs) = tokio::io::duplex(1);
        let connection = Connection::new(ours);
        let (held, token) = (connection.held().clone(), Arc::new(()));
        held.hold(token.clone());
        assert_eq!(Arc::strong_count(&token), 2);
        drop(connection);
        assert_eq!(Arc::strong_count(&token), 1);
        held.hold(token.clone());
        assert_eq!(
            Arc::strong_count(&token),
            1,
            "a closed connection keeps nothing"
        );
    }
}

#[cfg(all(test, mesh_loom))]
mod loom_models {
    use loom::thread;

    use super::*;
    use crate::sync::{explore, join};

    #[test]
    fn what_is_held_while_the_connection_closes_is_not_kept() {
        explore(|| {
            let (held, guard) = (Arc::new(Held::default()), Arc::new(()));
            let threads = [guard.clone(), guard.clone()].map(|guard| {
                let held = held.clone();
                thread::spawn(move || held.hold(guard))
            });
            held.close();
            join(threads);
            assert_eq!(Arc::strong_count(&guard), 1);
        });
    }
}
