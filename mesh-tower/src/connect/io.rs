//! A connection's bytes, and what must not be released before the connection is closed.

use std::{
    any::Any,
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

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
}

impl Connection {
    pub(crate) fn new(io: impl Io + 'static) -> Self {
        Self {
            io: Box::new(io),
            held: Arc::default(),
            heard: false,
        }
    }

    pub(crate) fn held(&self) -> &Arc<Held> {
        &self.held
    }
}

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
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.io).poll_read(cx, buf));
        let more = read.is_ok() && buf.filled().len() > before;
        if !more && self.heard {
            self.held.torn.store(true, Ordering::Relaxed);
        }
        self.heard |= more;
        Poll::Ready(read)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.heard = false;
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.heard = false;
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
