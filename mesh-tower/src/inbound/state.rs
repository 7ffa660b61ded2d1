//! What the inbound services of one mesh share, however many connections and routes they stand around.

use std::{collections::BTreeMap, sync::Arc};

use mesh_core::{
    limit::{ConnectionPool, Limit},
    mode::Mode,
    snapshot::ListenerPlan,
    timeout::Timeouts,
    unit::Port,
};
use parking_lot::Mutex;

use super::Drain;
use crate::{gate::Gate, open::Open, record::Scope, runtime::live::Current};

/// One for each mesh; a clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct InboundState(Arc<Shared>);

#[derive(Clone, Debug)]
struct Shared {
    current: Arc<Current>,
    scope: Arc<Scope>,
    drain: Arc<Drain>,
    gates: Arc<Gates>,
    /// That of the listener where requests come in,
    gate: Arc<Gate>,
    /// and which one that is.
    port: Option<Port>,
}

/// Who is in and who waits at each listener, whatever its limits are and become.
#[derive(Debug, Default)]
struct Gates(Mutex<BTreeMap<Option<Port>, Arc<Gate>>>);

impl Gates {
    fn at(&self, port: Option<Port>) -> Arc<Gate> {
        self.0.lock().entry(port).or_default().clone()
    }
}

/// What applies to the requests of one listener.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) timeouts: Timeouts,
    /// How many may be in the application and wait for it; `None`: any number.
    pub(super) limit: Option<Limit>,
    pub(super) mode: Mode,
}

impl InboundState {
    pub(crate) fn new(current: Arc<Current>, scope: Arc<Scope>) -> Self {
        let gates = Arc::new(Gates::default());
        let live = current.load();
        let only = ListenerPlan::at(live.snapshot().listeners(), None).map(|plan| plan.port);
        drop(live);
        Self(Arc::new(Shared {
            current,
            scope,
            drain: Arc::new(Drain::new()),
            gate: gates.at(only),
            port: only,
            gates,
        }))
    }

    /// The state for those who come in at this listener, which can end before the mesh.
    pub(crate) fn for_listener(&self, port: Port) -> Self {
        Self(Arc::new(Shared {
            gate: self.0.gates.at(Some(port)),
            port: Some(port),
            drain: self.0.drain.part(),
            ..Shared::clone(&self.0)
        }))
    }

    /// The same state behind a pointer of its own, for a connection: services are cloned for each request, and requests on
    /// different connections should not have to count on one another's processors.
    pub(crate) fn for_connection(&self) -> Self {
        Self(Arc::new(Shared::clone(&self.0)))
    }

    pub(crate) fn drain(&self) -> &Drain {
        &self.0.drain
    }

    /// The requests that are being answered.
    pub(crate) fn open(&self) -> &Open {
        self.0.scope.open()
    }

    pub(super) fn scope(&self) -> &Arc<Scope> {
        &self.0.scope
    }

    /// How many requests wait to be let in, at all listeners together.
    pub(crate) fn waiting(&self) -> usize {
        let gates = self.0.gates.0.lock();
        gates.values().map(|gate| gate.counts().1).sum()
    }

    /// Lets those who wait look again, one by one, at what the configuration in force allows.
    pub(crate) fn recall(&self) {
        // Called without the lock: who is woken may come back for it.
        let gates = self.0.gates.0.lock().clone();
        for (port, gate) in gates {
            gate.recall(self.terms(port).and_then(|terms| terms.limit));
        }
    }

    /// Where the requests of this listener come in, which is one of several if it is somebody else's server that knows it.
    pub(super) fn gate(&self, port: Option<Port>) -> Arc<Gate> {
        match port {
            Some(_) if port != self.0.port => self.0.gates.at(port),
            _ => self.0.gate.clone(),
        }
    }

    /// What applies at the listener that a request came in at. Where nothing tells which one that is, the node's only one is
    /// meant; of several none.
    pub(super) fn terms(&self, port: Option<Port>) -> Option<Terms> {
        let live = self.0.current.load();
        ListenerPlan::at(live.snapshot().listeners(), port).map(|plan| Terms {
            timeouts: plan.timeouts,
            limit: plan.connection_pool.and_then(ConnectionPool::limit),
            mode: live.snapshot().mode(),
        })
    }
}
