//! A connection whose bytes are on their way for a while.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{self, Instant, Sleep},
};

use super::{Place, event::EventKind, net::Net, stream::ByteStream};
use crate::connect::Connection;

/// Both ends of a connection, of which the first one made it.
pub(super) fn connection(net: &Arc<Net>, ends: [Place; 2]) -> (Arc<Wire>, Connection, Connection) {
    let wire = Arc::new(Wire {
        net: net.clone(),
        ends,
        state: Mutex::default(),
    });
    let end = |side| {
        Connection::new(End {
            wire: wire.clone(),
            side,
            due: Box::pin(time::sleep_until(Instant::now())),
        })
    };
    let (ours, theirs) = (end(Side::Dialler), end(Side::Listener));
    (wire, ours, theirs)
}

/// A connection, seen from the network.
#[derive(Debug)]
pub(super) struct Wire {
    net: Arc<Net>,
    ends: [Place; 2],
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    forth: ByteStream,
    back: ByteStream,
    broken: bool,
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Dialler,
    Listener,
}

impl Wire {
    pub(super) fn ends(&self) -> &[Place; 2] {
        &self.ends
    }

    /// Both sides look again at what they wait for.
    pub(super) fn wake(&self) {
        let mut state = self.state.lock();
        state.forth.wake();
        state.back.wake();
    }

    pub(super) fn break_off(&self) {
        self.state.lock().broken = true;
        self.wake();
    }

    /// Who writes on this side, and who reads it.
    fn way(&self, writer: Side) -> (&Place, &Place) {
        let [dialler, listener] = &self.ends;
        match writer {
            Side::Dialler => (dialler, listener),
            Side::Listener => (listener, dialler),
        }
    }

    fn arrival(&self, writer: Side) -> Instant {
        let (from, to) = self.way(writer);
        Instant::now() + self.net.link(from, to).latency
    }

    /// Whether the link breaks the connection now.
    fn is_reset(&self, writer: Side) -> bool {
        let (from, to) = self.way(writer);
        let reset = self.net.draw(self.net.link(from, to).resets);
        if reset {
            let (from, to) = (from.clone(), to.clone());
            self.net.note(EventKind::Reset { from, to });
            self.break_off();
        }
        reset
    }
}

impl State {
    fn written_by(&mut self, side: Side) -> &mut ByteStream {
        match side {
            Side::Dialler => &mut self.forth,
            Side::Listener => &mut self.back,
        }
    }

    fn check(&self) -> io::Result<()> {
        match self.broken {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

/// One end of a connection.
#[derive(Debug)]
struct End {
    wire: Arc<Wire>,
    side: Side,
    due: Pin<Box<Sleep>>,
}

impl End {
    fn other(&self) -> Side {
        match self.side {
            Side::Dialler => Side::Listener,
            Side::Listener => Side::Dialler,
        }
    }

    /// What has arrived, or when something will.
    fn receive(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> io::Result<Result<(), Option<Instant>>> {
        let (from, to) = self.wire.way(self.other());
        let cut = self.wire.net.is_cut(from, to);
        let mut state = self.wire.state.lock();
        state.check()?;
        let way = state.written_by(self.other());
        Ok(match cut {
            true => way.stall(cx),
            false => way.receive(cx, buf),
        })
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut state = self.wire.state.lock();
        state.check()?;
        state.written_by(self.side).poll_room(cx)
    }
}

impl AsyncRead for End {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let arrival = match self.receive(cx, buf)? {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(None) => return Poll::Pending,
                Err(Some(arrival)) => arrival,
            };
            self.due.as_mut().reset(arrival);
            ready!(self.due.as_mut().poll(cx));
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let room = ready!(self.poll_room(cx))?;
        if self.wire.is_reset(self.side) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let bytes = bytes.get(..room).unwrap_or(bytes);
        let arrival = self.wire.arrival(self.side);
        let mut state = self.wire.state.lock();
        state.written_by(self.side).send(bytes, arrival);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let arrival = self.wire.arrival(self.side);
        self.wire.state.lock().written_by(self.side).close(arrival);
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let arrival = self.wire.arrival(self.side);
        let mut state = self.wire.state.lock();
        state.written_by(self.side).close(arrival);
        state.written_by(self.other()).leave();
    }
}
