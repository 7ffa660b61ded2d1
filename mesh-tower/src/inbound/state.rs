//! What the inbound services of one mesh share, however many connections and routes they stand around.

use std::sync::Arc;

use mesh_core::{timeout::Timeouts, unit::Port};

use super::Drain;
use crate::{open::Open, record::Scope, runtime::live::Current};

/// One for each mesh; a clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct InboundState(Arc<Shared>);

#[derive(Clone, Debug)]
struct Shared {
    current: Arc<Current>,
    scope: Arc<Scope>,
    drain: Arc<Drain>,
}

impl InboundState {
    pub(crate) fn new(current: Arc<Current>, scope: Arc<Scope>) -> Self {
        Self(Arc::new(Shared {
            current,
            scope,
            drain: Arc::new(Drain::new()),
        }))
    }

    /// The same state behind a pointer of its own: services are cloned for each request, and requests on different
    /// connections should not have to count on one another's processors.
    pub(crate) fn for_connection(&self) -> Self {
        Self(Arc::new(Shared::clone(&self.0)))
    }

    pub(crate) fn drain(&self) -> &Drain {
        &self.0.drain
    }

    /// The requests that are being answered.
    pub(crate) fn open(&self) -> &Arc<Open> {
        self.0.scope.open()
    }

    pub(super) fn scope(&self) -> &Arc<Scope> {
        &self.0.scope
    }

    /// The limits of the listener that a request came in at. Where nothing tells which one that is, the node's only one is
    /// meant; of several none.
    pub(super) fn timeouts(&self, port: Option<Port>) -> Option<Timeouts> {
        let live = self.0.current.load();
        let listener = match (port, live.snapshot().listeners()) {
            (Some(port), listeners) => listeners.iter().find(|listener| listener.port == port),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        listener.map(|listener| listener.timeouts)
    }
}
