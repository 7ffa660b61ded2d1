//! What can be read about a target's endpoints from outside.

use std::{net::SocketAddr, time::Instant};

use mesh_core::health::Health;

use super::{Destination, set::State};

/// One endpoint of a virtual node, as it stood when it was asked for.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use mesh_tower::{Mesh, Target};
///
/// let mesh = Mesh::builder().service("orders:8080", Target::dns("orders"));
/// let mesh = mesh.endpoint("orders", "10.0.0.1:8080").start().await?;
/// for endpoint in mesh.endpoints("orders") {
///     println!("{} has {} requests in flight", endpoint.addr, endpoint.in_flight);
///     assert!(endpoint.takes_attempts && endpoint.ejected.is_none());
/// }
/// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EndpointState {
    /// Where it is.
    pub addr: SocketAddr,
    /// Requests whose responses have not ended.
    pub in_flight: usize,
    /// What its checks say.
    pub health: Health,
    /// Why it was put out, if it was.
    pub ejected: Option<Ejected>,
    /// Whether attempts go there: also where something is known against it, if too little is known for the others.
    pub takes_attempts: bool,
}

/// Why an endpoint was put out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Ejected {
    /// Somebody took it out ([`Mesh::eject`](crate::Mesh::eject)), until they bring it back.
    ByHand,
    /// It failed too often in a row.
    Outlier {
        /// When its time is over; the next sweep then brings it back. `None`: not in any time that can be told.
        until: Option<Instant>,
    },
}

impl Ejected {
    /// The word for it in events and in metrics.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ByHand => "by hand",
            Self::Outlier { .. } => "consecutive failures",
        }
    }
}

impl Destination {
    /// Every endpoint, in order of address.
    pub(crate) fn list(&self) -> Vec<EndpointState> {
        let set = self.cluster.endpoints();
        let usable = set.usable().len();
        let members = set.members().enumerate();
        let mut list: Vec<_> = members
            .map(|(index, (endpoint, state))| EndpointState {
                addr: endpoint.addr,
                in_flight: endpoint.load.in_flight(),
                health: state.health,
                ejected: self.ejected(state),
                takes_attempts: index < usable,
            })
            .collect();
        list.sort_by_key(|endpoint| endpoint.addr);
        list
    }

    fn ejected(&self, state: &State) -> Option<Ejected> {
        let detection = self.policy.outlier_detection.as_ref();
        match state {
            State {
                withdrawn: true, ..
            } => Some(Ejected::ByHand),
            State { ejection, .. } => ejection.is_out().then(|| Ejected::Outlier {
                until: detection.and_then(|detection| ejection.until(detection)),
            }),
        }
    }
}
