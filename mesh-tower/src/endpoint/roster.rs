//! What only those touch who change a target's endpoints, one at a time.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Instant};

use mesh_core::outlier::OutlierDetection;

use super::{Endpoint, Load, set::State};

/// The endpoints of a target and what is known of each, while they are changed.
pub(crate) type Members = Vec<(Endpoint, State)>;

/// What outlives a set of endpoints.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Addresses that left, until they are forgotten.
    pub(crate) gone: BTreeMap<SocketAddr, Gone>,
    /// The numbers in force, for the task that sweeps; requests bring their own.
    pub(crate) detection: Option<OutlierDetection>,
    /// Whether there is such a task.
    pub(crate) sweeping: bool,
    /// How often an endpoint was put out.
    pub(crate) ejections: u64,
}

impl Roster {
    /// Brings back who is out for its failures, and forgives all of them.
    pub(crate) fn pardon(&mut self, members: &mut Members) {
        for (endpoint, state) in members {
            endpoint.load.succeeded();
            state.ejection.admit();
        }
        for gone in self.gone.values_mut() {
            gone.load.succeeded();
            gone.state.ejection.admit();
        }
    }

    /// Forgets who left long enough ago. Who is out comes back first, and what was done by hand is undone by hand.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.gone.retain(|_, gone| {
            gone.until > now || gone.state.withdrawn || gone.state.ejection.is_out()
        });
    }
}

/// An address that left the set.
#[derive(Debug)]
pub(crate) struct Gone {
    pub(crate) load: Arc<Load>,
    pub(crate) state: State,
    pub(crate) until: Instant,
}

/// The state of an address, in the set or gone from it.
pub(crate) fn state_of<'a>(
    roster: &'a mut Roster,
    members: &'a mut Members,
    addr: SocketAddr,
) -> Option<(&'a Arc<Load>, &'a mut State)> {
    let member = members.iter_mut().find(|(known, _)| known.addr == addr);
    match member {
        Some((endpoint, state)) => Some((&endpoint.load, state)),
        None => roster
            .gone
            .get_mut(&addr)
            .map(|gone| (&gone.load, &mut gone.state)),
    }
}
