//! What only those touch who change a target's endpoints, one at a time.

use std::{borrow::Cow, collections::BTreeMap, net::SocketAddr, sync::Arc, time::Instant};

use mesh_core::outlier::OutlierDetection;

use super::{
    Endpoint, EndpointSet, Load,
    set::{Member, State},
};

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
    pub(crate) fn pardon(&mut self, members: &mut Members<'_>) {
        members.alter_each(|endpoint, state| {
            endpoint.load.succeeded();
            state.ejection.admit();
        });
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

/// The endpoints of a target while what is known of them is changed; copied when something is.
pub(crate) struct Members<'a> {
    endpoints: &'a [Endpoint],
    states: Cow<'a, [State]>,
}

impl<'a> Members<'a> {
    pub(crate) fn of(set: &'a EndpointSet) -> Self {
        Self {
            endpoints: set.endpoints(),
            states: Cow::Borrowed(set.states()),
        }
    }

    pub(crate) fn find(&self, addr: SocketAddr) -> Option<(&'a Endpoint, &State)> {
        let mut members = self.endpoints.iter().zip(&*self.states);
        members.find(|(endpoint, _)| endpoint.addr == addr)
    }

    /// How many are out for their failures, of how many.
    pub(crate) fn out(&self) -> (usize, usize) {
        let out = self.states.iter().filter(|state| state.ejection.is_out());
        (out.count(), self.states.len())
    }

    /// Changes what is known of one; gives its counts, if it is there.
    pub(crate) fn alter(
        &mut self,
        addr: SocketAddr,
        change: impl FnOnce(&mut State),
    ) -> Option<&'a Arc<Load>> {
        let at = self.endpoints.iter().position(|known| known.addr == addr)?;
        self.alter_at(at, change);
        self.endpoints.get(at).map(|endpoint| &endpoint.load)
    }

    pub(crate) fn alter_each(&mut self, mut change: impl FnMut(&'a Endpoint, &mut State)) {
        for (at, endpoint) in self.endpoints.iter().enumerate() {
            self.alter_at(at, |state| change(endpoint, state));
        }
    }

    fn alter_at(&mut self, at: usize, change: impl FnOnce(&mut State)) {
        let Some(&before) = self.states.get(at) else {
            return;
        };
        let mut after = before;
        change(&mut after);
        if after != before
            && let Some(state) = self.states.to_mut().get_mut(at)
        {
            *state = after;
        }
    }

    /// All of them, if anything is another than it was.
    pub(crate) fn changed(self) -> Option<Vec<Member>> {
        match self.states {
            Cow::Borrowed(_) => None,
            Cow::Owned(states) => Some(self.endpoints.iter().cloned().zip(states).collect()),
        }
    }
}
