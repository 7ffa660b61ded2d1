//! A snapshot under which less is decided, or less is done of what is decided.

use std::sync::Arc;

use super::{ClusterPolicy, ListenerPlan, Plan, PlanId, Snapshot, Source, Sources};
use crate::{
    metric::Outcome,
    mode::Mode,
    retry::{Attempts, Policy, Safety},
    weight::WeightedTargets,
};

impl Snapshot {
    /// Whether what it decides is done.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What would be decided if it were done; `None` unless the mode is [`Mode::Shadow`].
    #[must_use]
    pub fn shadow(&self) -> Option<&Self> {
        self.shadow.as_deref()
    }

    /// This snapshot in that mode; of one that is in another mode already, what was decided there is not known any more.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::{
    ///     Config, Head,
    ///     config::{HeaderMatcher, Mesh, Route, VirtualNode, VirtualRouter, VirtualService},
    ///     mode::Mode,
    ///     unit::Protocol,
    /// };
    ///
    /// let canary = Route::http("canary").header("x-canary", HeaderMatcher::exact("1")).target("v2", 1);
    /// let usual = Route::http("usual").target("v1", 90).target("v2", 10);
    /// let version = |name: &str| VirtualNode::builder(name).listener(80, Protocol::Http).dns(name);
    /// let mesh = Mesh::builder("shop")
    ///     .virtual_node(version("v1"))
    ///     .virtual_node(version("v2"))
    ///     .virtual_node(VirtualNode::builder("web").backend("orders.local"))
    ///     .virtual_router(VirtualRouter::builder("orders").listener(80, Protocol::Http).route(canary).route(usual))
    ///     .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
    ///     .build()?;
    /// let bypassed = Config::from(mesh).node("web")?.compile()?.in_mode(Mode::Bypass);
    ///
    /// let call = bypassed.decide(&Head::get("http://orders.local/").header("x-canary", "1"));
    /// assert_eq!((call.shares()[0].0.as_str(), call.retries()), ("v1", 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn in_mode(self, mode: Mode) -> Self {
        match mode {
            Mode::Enforce => self,
            Mode::Shadow => {
                let plain = self.clone().unrouted();
                Self {
                    mode,
                    shadow: Some(Arc::new(self)),
                    ..plain
                }
            }
            Mode::Bypass => Self {
                mode,
                listeners: self.listeners.iter().map(ListenerPlan::unlimited).collect(),
                cluster_policies: self.cluster_policies.iter().map(unwatched).collect(),
                ..self.unrouted()
            },
        }
    }

    /// Every port with one target and without retries.
    fn unrouted(self) -> Self {
        let mut plans = Vec::new();
        let routes = self.routes.flattened(|plan| {
            let plan = Arc::new(plan.unrouted(PlanId(plans.len())));
            plans.push(plan.clone());
            plan
        });
        Self {
            routes,
            plans: plans.into(),
            ..self
        }
    }
}

impl Plan {
    fn unrouted(&self, id: PlanId) -> Self {
        Self {
            id,
            route: None,
            retry: Policy::none(),
            timeouts: self.timeouts.with_per_try(None),
            targets: WeightedTargets::one(*self.targets.heaviest()),
            sources: Sources {
                retry: Source::Defaults,
                ..self.sources.clone()
            },
            ..self.clone()
        }
    }

    /// Whether a request whose first attempt ended so would be tried again.
    #[must_use]
    pub fn would_retry(&self, safety: Safety, ended: Outcome) -> bool {
        Attempts::new(safety).can_retry(&self.retry) && self.retry.covers(ended, safety)
    }
}

impl ListenerPlan {
    fn unlimited(&self) -> Self {
        Self {
            connection_pool: None,
            ..self.clone()
        }
    }
}

/// Nobody is put out for failing.
fn unwatched(policy: &ClusterPolicy) -> ClusterPolicy {
    ClusterPolicy {
        outlier_detection: None,
        ..policy.clone()
    }
}
