//! The node's own listeners: bound at the start and when a configuration brings others, handed to whoever serves on them,
//! and drained when a configuration has them no more.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use mesh_core::{metric::Number, snapshot::Snapshot};
use parking_lot::Mutex;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::binding::Binding;
use crate::{
    error::Error,
    inbound::InboundState,
    serve::{Bound, Door, Room},
};

/// The listeners of a mesh.
#[derive(Debug)]
pub(super) struct Listeners {
    binding: Binding,
    inbound: InboundState,
    room: Arc<Room>,
    known: Mutex<Known>,
    /// Held while they are changed: of two configurations that come at once, the later one finds what the first has left.
    pub(super) changing: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Known {
    places: BTreeMap<u16, Place>,
    /// Those that nobody serves on yet.
    free: BTreeMap<u16, Door>,
    /// The mesh's own server, if it runs.
    server: Option<UnboundedSender<Door>>,
    /// Whether nobody will serve any more.
    over: bool,
}

#[derive(Debug)]
struct Place {
    addr: SocketAddr,
    /// That of those who come in there.
    inbound: InboundState,
}

/// What another configuration changes: bound already, and not public yet.
#[derive(Debug, Default)]
pub(super) struct Change {
    new: Vec<Bound>,
    gone: Vec<u16>,
}

impl Listeners {
    pub(super) fn new(
        binding: Binding,
        bound: Vec<Bound>,
        inbound: InboundState,
        max: usize,
    ) -> Self {
        let listeners = Self {
            binding,
            inbound,
            room: Arc::new(Room::new(max)),
            known: Mutex::default(),
            changing: Arc::default(),
        };
        for bound in bound {
            listeners.open(bound);
        }
        listeners
    }

    pub(super) fn addrs(&self) -> BTreeMap<u16, SocketAddr> {
        let known = self.known.lock();
        let places = known.places.iter();
        places.map(|(port, place)| (*port, place.addr)).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.lock().places.is_empty()
    }

    /// Nobody will serve on those that are left, and on those to come.
    pub(super) fn close(&self) {
        let mut known = self.known.lock();
        known.over = true;
        known.server = None;
        let free = std::mem::take(&mut known.free);
        drop(known);
        drop(free);
    }

    /// All that nobody has yet, and those to come; none if there is none yet.
    pub(super) fn take_all(&self) -> Option<UnboundedReceiver<Door>> {
        let mut known = self.known.lock();
        if known.free.is_empty() {
            return None;
        }
        let (server, doors) = mpsc::unbounded_channel();
        for door in std::mem::take(&mut known.free).into_values() {
            // The other end is in the next line but one.
            let _ = server.send(door);
        }
        known.server = Some(server);
        Some(doors)
    }

    /// The one on this port, if nobody has it yet, and where it is bound.
    pub(super) fn take(&self, port: u16) -> Option<(Door, SocketAddr)> {
        let mut known = self.known.lock();
        let addr = known.places.get(&port)?.addr;
        Some((known.free.remove(&port)?, addr))
    }

    /// Binds what another configuration has more, before it is in force: what cannot be bound refuses it.
    pub(super) async fn prepare(&self, snapshot: &Snapshot) -> Result<Change, Error> {
        let known: Vec<_> = {
            let known = self.known.lock();
            if known.over {
                return Ok(Change::default());
            }
            known.places.keys().copied().collect()
        };
        let new = self.binding.bind(snapshot, &known).await?;
        let listens = |port: &u16| {
            let mut listeners = snapshot.listeners().iter();
            listeners.any(|plan| plan.port.get() == *port)
        };
        let gone = known.into_iter().filter(|port| !listens(port)).collect();
        Ok(Change { new, gone })
    }

    /// Opens what was bound, and drains what is gone; nobody waits for that.
    pub(super) fn change(&self, Change { new, gone }: Change, within: Duration) {
        for bound in new {
            tracing::info!(port = %bound.port, addr = %bound.local_addr(), "the node has another listener");
            self.open(bound);
        }
        for port in gone {
            tracing::info!(
                port,
                ?within,
                "the node has a listener no more; it is drained"
            );
            self.drain(port, within);
        }
    }

    fn open(&self, bound: Bound) {
        let (port, addr) = (bound.port.get(), bound.local_addr());
        let door = Door::new(bound, &self.inbound, self.room.clone());
        let inbound = door.state().clone();
        let mut known = self.known.lock();
        if known.over {
            return;
        }
        known.places.insert(port, Place { addr, inbound });
        let unserved = match &known.server {
            Some(server) => server.send(door).err().map(|unsent| unsent.0),
            None => Some(door),
        };
        known.free.extend(unserved.map(|door| (port, door)));
    }

    fn drain(&self, port: u16, within: Duration) {
        let mut known = self.known.lock();
        let (place, free) = (known.places.remove(&port), known.free.remove(&port));
        drop(known);
        drop(free);
        if let Some(place) = place {
            place.inbound.drain().begin(within);
        }
    }

    pub(super) fn numbers(&self) -> [Number; 2] {
        [
            Number::gauge(
                "mesh_inbound_connections",
                "Connections that the node's listeners have taken and that are open.",
                u64::try_from(self.room.open()).unwrap_or(u64::MAX),
            ),
            Number::counter(
                "mesh_inbound_connections_cut_total",
                "Connections that were still open at the end of the time to drain, and were cut.",
                self.inbound.drain().cuts(),
            ),
        ]
    }
}
