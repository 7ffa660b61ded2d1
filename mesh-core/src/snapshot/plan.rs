//! One route, compiled.

use super::{ClusterId, Sources};
use crate::{
    name::{RouteName, VirtualServiceName},
    retry,
    timeout::Timeouts,
    weight::WeightedTargets,
};

/// One route, compiled: which targets under which policies.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// Its position in [`Snapshot::plans`](crate::Snapshot::plans); none, if it is of a host [outside](Self::outside).
    pub id: PlanId,
    /// The virtual service that was called.
    pub virtual_service: VirtualServiceName,
    /// The route that took the request; `None` where a node is the provider and no route exists.
    pub route: Option<RouteName>,
    /// When a failed attempt is tried again.
    pub retry: retry::Policy,
    /// How long it all may take.
    pub timeouts: Timeouts,
    /// Where it goes.
    pub targets: WeightedTargets<ClusterId>,
    /// Where its policies were written, and which are defaults.
    pub sources: Sources,
}

/// An index into [`Snapshot::plans`](crate::Snapshot::plans); means nothing in another snapshot.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PlanId(pub(crate) usize);

impl PlanId {
    /// The position in [`Snapshot::plans`](crate::Snapshot::plans).
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}
