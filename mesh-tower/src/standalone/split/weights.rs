//! Which target gets which share.

use std::sync::Arc;

use http::Request;
use mesh_core::{
    rng::Rng,
    snapshot::{Plan, Snapshot},
    weight::{NoTargets, WeightedTargets},
};

use crate::standalone::policy::{PolicySource, policies};

/// The shares of targets, by name: those of a list, or those of a route. A clone shares them.
///
/// # Units
/// Weights are relative and need not sum to 100; 0 gets nothing.
///
/// # Examples
/// ```
/// use mesh_tower::standalone::Weights;
///
/// let weights = Weights::new([("orders-v1", 90), ("orders-v2", 10)])?;
/// # let _ = weights;
/// # Ok::<(), mesh_core::weight::NoTargets>(())
/// ```
#[derive(Clone, Debug)]
pub struct Weights(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Value(Arc<WeightedTargets<Box<str>>>),
    Plan {
        plan: Arc<Plan>,
        snapshot: Arc<Snapshot>,
    },
}

impl Weights {
    /// Takes the names of targets with their weights, in any order.
    ///
    /// # Errors
    /// [`NoTargets`] if no weight is above 0.
    pub fn new<N: Into<Box<str>>>(
        targets: impl IntoIterator<Item = (N, u32)>,
    ) -> Result<Self, NoTargets> {
        let targets = targets
            .into_iter()
            .map(|(name, weight)| (name.into(), weight));
        Ok(Self(Kind::Value(Arc::new(WeightedTargets::new(targets)?))))
    }

    /// `plan` is of `snapshot`.
    pub(in crate::standalone) fn of_plan(plan: Arc<Plan>, snapshot: Arc<Snapshot>) -> Self {
        Self(Kind::Plan { plan, snapshot })
    }

    /// Draws a target; `None` never happens, unless a plan came with another snapshot than its own.
    pub(super) fn choose<R: Rng + ?Sized>(&self, rng: &mut R) -> Option<&str> {
        match &self.0 {
            Kind::Value(targets) => Some(targets.choose(rng)),
            Kind::Plan { plan, snapshot } => {
                let id = plan.targets.choose(rng).index();
                Some(snapshot.clusters().get(id)?.virtual_node.as_str())
            }
        }
    }
}

policies!(Weights);
