//! The room that decides whether a request may come in, and when.

use mesh_core::{
    mode::{Mode, Shadowed},
    timeout::Timeouts,
};

use super::{InboundState, drain::Phase, queued::Queued};
use crate::{
    call::Call,
    conn_info::ConnInfo,
    error::Cause,
    gate::{Entry, Permit},
};

/// What becomes of a request that comes in.
#[derive(Debug)]
pub(super) enum Entrance {
    In {
        /// `None` where nothing is limited.
        permit: Option<Permit>,
        /// Its listener's; `None` for a listener that nobody knows.
        timeouts: Option<Timeouts>,
    },
    /// Boxed, for few requests wait.
    Wait(Box<Queued>),
    Refused(Cause),
}

/// Refuses, lets wait, or lets in.
///
/// A listener with a connection pool takes so many requests at a time; of those beyond, so many wait, in the order in which
/// they came, and the others are answered at once. A request counts until its response's body, or the tunnel that it became,
/// has ended. Requests that came in while there was no limit are not counted under one that is written later.
///
/// # Source
/// App Mesh `VirtualNodeConnectionPool`, as Envoy 1.40 kept it where requests came in one after the other.
pub(super) fn enter(state: &InboundState, call: &Call) -> Entrance {
    if state.drain().phase() == Phase::Stopped {
        return Entrance::Refused(Cause::Stopping);
    }
    let port = call.conn_info().map(ConnInfo::port);
    let Some(terms) = state.terms(port) else {
        return admitted(None, None);
    };
    let timeouts = terms.timeouts;
    let Some(limit) = terms.limit else {
        return admitted(None, Some(timeouts));
    };
    match state.gate(port).enter(limit) {
        Entry::In(permit) => admitted(Some(permit), Some(timeouts)),
        _ if terms.mode == Mode::Shadow => {
            state.scope().shadow().note(Shadowed::Limit);
            tracing::debug!(?limit, "shadow: the request would have to wait, or be shed");
            admitted(None, Some(timeouts))
        }
        Entry::Shed { waiting } => Entrance::Refused(Cause::Overflow { waiting }),
        Entry::Wait(place) => {
            let queued = Queued::new(place, state.clone(), call, timeouts);
            Entrance::Wait(Box::new(queued))
        }
    }
}

fn admitted(permit: Option<Permit>, timeouts: Option<Timeouts>) -> Entrance {
    Entrance::In { permit, timeouts }
}
