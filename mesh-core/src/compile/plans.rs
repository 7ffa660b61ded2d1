//! The plans of a snapshot, each under its number.

use std::sync::Arc;

use crate::snapshot::{Plan, PlanId};

/// The plans made so far; the id of each is how many there were before it.
#[derive(Debug, Default)]
pub(super) struct Plans(Vec<Arc<Plan>>);

impl Plans {
    pub(super) fn add(&mut self, plan: impl FnOnce(PlanId) -> Plan) -> Arc<Plan> {
        let plan = Arc::new(plan(PlanId(self.0.len())));
        self.0.push(plan.clone());
        plan
    }

    pub(super) fn into_boxed(self) -> Box<[Arc<Plan>]> {
        self.0.into()
    }
}
