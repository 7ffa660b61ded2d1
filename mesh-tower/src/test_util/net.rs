//! The simulated network: who is where, what lies between them, and who is connected.

use std::{
    collections::BTreeMap,
    future::pending,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Weak,
        atomic::{AtomicU16, Ordering},
    },
};

use futures::future::BoxFuture;
use mesh_core::fault::Share;
use parking_lot::Mutex;
use tokio::{sync::Notify, time};

use super::{
    Link, Place,
    event::{EventKind, Journal},
    link::Links,
    wire::{Wire, connection},
};
use crate::connect::{Accept, Bind, Connection, Dial, MemoryNetwork};

/// Shared by everybody who is on it.
#[derive(Debug)]
pub(super) struct Net {
    network: MemoryNetwork,
    places: BTreeMap<IpAddr, Place>,
    links: Mutex<Links>,
    wires: Mutex<Vec<Weak<Wire>>>,
    healed: Notify,
    journal: Arc<Journal>,
    next_port: AtomicU16,
}

impl Net {
    pub(super) fn new(
        places: BTreeMap<IpAddr, Place>,
        seed: u64,
        journal: Arc<Journal>,
    ) -> Arc<Self> {
        Arc::new(Self {
            network: MemoryNetwork::new(),
            places,
            links: Mutex::new(Links::new(seed)),
            wires: Mutex::default(),
            healed: Notify::new(),
            journal,
            next_port: AtomicU16::new(EPHEMERAL),
        })
    }

    pub(super) fn place(&self, addr: SocketAddr) -> Option<&Place> {
        self.places.get(&addr.ip())
    }

    pub(super) fn note(&self, kind: EventKind) {
        self.journal.note(kind);
    }

    pub(super) fn link(&self, from: &Place, to: &Place) -> Link {
        self.links.lock().between(from, to)
    }

    pub(super) fn is_cut(&self, from: &Place, to: &Place) -> bool {
        self.links.lock().is_cut(from, to)
    }

    pub(super) fn draw(&self, share: Share) -> bool {
        self.links.lock().draw(share)
    }

    pub(super) fn set_link(&self, from: Place, to: Place, link: Link) {
        self.links.lock().set(from, to, link);
    }

    pub(super) fn partition(&self, one: Place, other: Place) {
        self.links.lock().cut(one, other);
    }

    pub(super) fn heal(&self, one: &Place, other: &Place) {
        self.links.lock().heal(one, other);
        self.healed.notify_waiters();
        for wire in self.open() {
            wire.wake();
        }
    }

    /// Breaks every connection of these.
    pub(super) fn cut_off(&self, place: &Place) {
        for wire in self.open() {
            if wire.ends().iter().any(|end| place.covers(end)) {
                wire.break_off();
            }
        }
    }

    fn open(&self) -> Vec<Arc<Wire>> {
        self.wires.lock().iter().filter_map(Weak::upgrade).collect()
    }

    fn keep(&self, wire: &Arc<Wire>) {
        let mut wires = self.wires.lock();
        wires.retain(|wire| wire.strong_count() > 0);
        wires.push(Arc::downgrade(wire));
    }

    async fn until_whole(&self, from: &Place, to: &Place) {
        loop {
            let healed = self.healed.notified();
            if !self.is_cut(from, to) {
                return;
            }
            healed.await;
        }
    }

    fn port(&self) -> u16 {
        // Wraps round as a system's does; nobody looks for a peer by its port.
        self.next_port
            .fetch_add(1, Ordering::Relaxed)
            .max(EPHEMERAL)
    }
}

/// The network as one place sees it.
#[derive(Clone, Debug)]
pub(super) struct Attached {
    pub(super) net: Arc<Net>,
    pub(super) place: Place,
    pub(super) ip: IpAddr,
}

impl Attached {
    /// Asks for a connection as TCP does: one way to ask, and back for the answer.
    async fn connect(self, addr: SocketAddr) -> io::Result<Connection> {
        let Self { net, place, ip } = self;
        let Some(to) = net.place(addr).cloned() else {
            return Err(io::ErrorKind::ConnectionRefused.into());
        };
        let back = net.link(&to, &place).latency;
        let from = place;
        let link = net.link(&from, &to);
        if net.draw(link.loss) {
            net.note(EventKind::Lost { from, to });
            return pending().await;
        }
        net.until_whole(&from, &to).await;
        let round = link.latency + back;
        if !round.is_zero() {
            time::sleep(round).await;
        }
        let (wire, ours, theirs) = connection(&net, [from.clone(), to.clone()]);
        let peer = SocketAddr::from((ip, net.port()));
        if let Err(refused) = net.network.bring(theirs, peer, addr).await {
            net.note(EventKind::Refused { from, to });
            return Err(refused);
        }
        net.keep(&wire);
        net.note(EventKind::Connected { from, to });
        Ok(ours)
    }
}

impl Dial for Attached {
    fn dial(&self, to: SocketAddr) -> BoxFuture<'static, io::Result<Connection>> {
        Box::pin(self.clone().connect(to))
    }
}

impl Bind for Attached {
    fn bind(&self, at: SocketAddr) -> BoxFuture<'static, io::Result<Box<dyn Accept>>> {
        self.net.network.bind(at)
    }
}

/// The lowest port that a connection comes from.
const EPHEMERAL: u16 = 49_152;
