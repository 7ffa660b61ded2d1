//! The endpoints of a target at one moment.

use std::{net::SocketAddr, sync::Arc};

use mesh_core::{
    balance::{Admission, Standing},
    health::Health,
    outlier::Ejection,
};

use super::{Load, Pool};

/// One address of a target.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) addr: SocketAddr,
    pub(crate) load: Arc<Load>,
    pub(crate) pool: Arc<Pool>,
}

/// What is known for or against an endpoint. Replaced with the set, so that no reader sees it disagree with whom attempts go to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct State {
    pub(crate) health: Health,
    pub(crate) ejection: Ejection,
    /// Whether somebody took it out by hand.
    pub(crate) withdrawn: bool,
}

impl State {
    fn standing(&self) -> Standing {
        match self.health {
            _ if self.withdrawn => Standing::Withdrawn,
            _ if self.ejection.is_out() => Standing::Ailing,
            Health::Well => Standing::Usable,
            Health::Unknown => Standing::Unheard,
            _ => Standing::Ailing,
        }
    }
}

/// An endpoint with what is known of it.
pub(crate) type Member = (Endpoint, State);

/// All addresses of a target, as discovery last told them, and which of them take attempts; replaced whole, read once per
/// attempt.
#[derive(Debug, Default)]
pub(crate) struct EndpointSet {
    /// Those that take attempts come first.
    endpoints: Box<[Endpoint]>,
    /// In the same order; apart, because no request reads them.
    states: Box<[State]>,
    usable: usize,
    admission: Admission,
    answered: bool,
}

impl EndpointSet {
    /// These, in their order as far as they take attempts; `answered` says whether discovery told so.
    pub(crate) fn new(members: Vec<Member>, answered: bool) -> Self {
        let admission = Admission::of(members.iter().map(|(_, state)| state.standing()));
        let (mut usable, others): (Vec<_>, Vec<_>) = members
            .into_iter()
            .partition(|(_, state)| admission.admits(state.standing()));
        let count = usable.len();
        usable.extend(others);
        let (endpoints, states): (Vec<_>, Vec<_>) = usable.into_iter().unzip();
        Self {
            endpoints: endpoints.into_boxed_slice(),
            states: states.into_boxed_slice(),
            usable: count,
            admission,
            answered,
        }
    }

    /// Whether discovery has answered at all. Until it has, a request may wait; afterwards, an empty set is the answer.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered
    }

    /// Those that take attempts: none only if there are no endpoints.
    pub(crate) fn usable(&self) -> &[Endpoint] {
        self.endpoints.get(..self.usable).unwrap_or_default()
    }

    /// Whether what is known against endpoints is ignored.
    pub(crate) fn admission(&self) -> Admission {
        self.admission
    }

    /// All endpoints, in the order of [`states`](Self::states).
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// What is known of each endpoint.
    pub(crate) fn states(&self) -> &[State] {
        &self.states
    }

    /// All endpoints, with what is known of each.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&Endpoint, &State)> {
        self.endpoints.iter().zip(&self.states)
    }
}
