//! Where a listener's connections come in, until the mesh drains or has the listener no more.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time;

use super::{Accepted, Bound, Room};
use crate::{
    conn_info::ConnInfo,
    connect::Connection,
    inbound::{InboundState, Phase, Tracked},
    runtime::clock,
};

/// A listener that takes connections.
#[derive(Debug)]
pub(crate) struct Door {
    state: InboundState,
    /// For as many connections as may be open, at all of the mesh's listeners together.
    room: Arc<Room>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    bound: Bound,
    /// When it closes at the latest; known once the drain has begun.
    closes: Option<Instant>,
    /// As long as it is open, somebody may come: the drain waits for it.
    _tracked: Tracked,
}

impl Door {
    pub(crate) fn new(bound: Bound, state: &InboundState, room: Arc<Room>) -> Self {
        let state = state.for_listener(bound.port);
        let open = Open {
            bound,
            closes: None,
            _tracked: state.drain().track(),
        };
        Self {
            state,
            room,
            open: Some(open),
        }
    }

    /// The state of those who come in here, with a drain of their own.
    pub(crate) fn state(&self) -> &InboundState {
        &self.state
    }

    /// The next connection. None once the mesh drains; or once the listener alone has drained, and nothing of it is open any
    /// more. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Accepted> {
        if let Some(open) = &mut self.open {
            if let Some(accepted) = open.next(&self.state, &self.room).await {
                return Some(accepted);
            }
            self.open = None;
        }
        self.state.drain().finish_part().await;
        None
    }
}

impl Open {
    /// None when it is to be closed.
    async fn next(&mut self, state: &InboundState, room: &Arc<Room>) -> Option<Accepted> {
        let closes = match self.closes {
            Some(closes) => closes,
            None => tokio::select! {
                accepted = accept(&mut self.bound, state, room) => return Some(accepted),
                () = state.drain().reached(Phase::Draining) => {
                    *self.closes.insert(clock::now() + LONGEST_LAST_CALL)
                }
            },
        };
        // Those who have connected and were not taken yet would be reset when the listener closes, requests and all.
        let patient = LAST_CALL.min(closes.saturating_duration_since(clock::now()));
        let accepted = accept(&mut self.bound, state, room);
        time::timeout(patient, accepted).await.ok()
    }
}

/// The next connection, however often it takes to ask, once there is room for it. Cancel safe.
async fn accept(bound: &mut Bound, state: &InboundState, room: &Arc<Room>) -> Accepted {
    if room.is_full() {
        tracing::warn!(port = %bound.port, open = room.open(), "as many connections are open as may be; others wait to be taken");
        room.freed().await;
    }
    let mut pause = SHORTEST_PAUSE;
    loop {
        match bound.accept.accept().await {
            Ok((io, peer)) => {
                // Tied to the bytes and not to a task, which an upgrade outlives; and from now on, not from the task's first poll.
                io.held().hold((state.drain().track(), room.take()));
                io.held().cut_by(state.drain().cut().clone());
                return accepted(io, peer, bound);
            }
            Err(error) => {
                // A peer that went away, or no descriptors left: neither is mended by asking again at once.
                tracing::warn!(%error, port = %bound.port, ?pause, "cannot accept a connection");
                time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

fn accepted(io: Connection, peer: SocketAddr, bound: &Bound) -> Accepted {
    let held = io.held().clone();
    let info = ConnInfo::new(peer, bound.local_addr(), bound.port, held);
    Accepted {
        io,
        info: Arc::new(info),
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long the listener is still listened to when the drain begins: until nobody has come for this long,
const LAST_CALL: Duration = Duration::from_millis(5);

/// and no longer than this.
const LONGEST_LAST_CALL: Duration = Duration::from_millis(100);
