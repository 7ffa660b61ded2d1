//! What would happen to a request, asked without a runtime, a socket or time: for policy tests and for `explain`.
//!
//! Nothing is simulated: the route comes from the table, the draw from
//! [`WeightedTargets::choose`](crate::weight::WeightedTargets::choose) and the retries from
//! [`Attempts::next`](crate::retry::Attempts::next) that production calls.

mod explain;
mod play;

pub use play::{Played, Seed};

use crate::{
    name::{RouteName, VirtualNodeName, VirtualServiceName},
    retry::{Attempts, Safety},
    route::{Head, Mismatch, NoRoute},
    snapshot::{Plan, Snapshot, Verdict},
    timeout::Timeouts,
};

impl Snapshot {
    /// Decides about a request and remembers why; see [`route`](Self::route) for the decision alone.
    #[must_use]
    pub fn decide(&self, head: &Head<'_>) -> Decision<'_> {
        Decision {
            snapshot: self,
            request: format!(
                "{} {}://{}{}",
                head.method(),
                head.scheme(),
                head.authority(),
                head.path()
            ),
            host: head.host().to_owned(),
            safety: Safety::of(head.method(), head.is_grpc()),
            verdict: self.route(head),
            passed: passed(self, head),
        }
    }
}

/// What a snapshot decided about one request.
///
/// # Examples
/// ```
/// use mesh_core::{
///     Config, Defaults,
///     config::{Mesh, VirtualNode, VirtualService},
///     decide::Seed,
///     metric::Outcome,
///     route::Head,
///     unit::Protocol,
/// };
///
/// let mesh = Mesh::builder("shop")
///     .virtual_node(VirtualNode::builder("orders").listener(8080, Protocol::Http).dns("orders.internal"))
///     .virtual_node(VirtualNode::builder("web").backend("orders.local"))
///     .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
///     .build()?;
/// let snapshot = Config::from(mesh).node("web")?.defaults(Defaults::AppMesh).compile()?;
///
/// let decision = snapshot.decide(&Head::get("http://orders.local/basket"));
/// assert_eq!(decision.shares().len(), 1);
/// assert_eq!(decision.retries(), 2);
/// let played = decision.play(Seed(7), [Outcome::Status(503), Outcome::ConnectFailed, Outcome::Status(200)]);
/// assert_eq!((played.attempts(), played.outcome()), (3, Some(Outcome::Status(200))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    snapshot: &'a Snapshot,
    request: String,
    host: String,
    safety: Safety,
    verdict: Verdict<'a>,
    passed: Vec<Passed<'a>>,
}

/// A route that was asked first, and did not take the request.
#[derive(Clone, Copy, Debug)]
struct Passed<'a> {
    route: Option<&'a RouteName>,
    mismatch: Mismatch<'a>,
}

impl<'a> Decision<'a> {
    /// Routed, let through or refused.
    #[must_use]
    pub fn verdict(&self) -> &Verdict<'a> {
        &self.verdict
    }

    /// The route that takes it; `None` also where a node is the provider and there is no route.
    #[must_use]
    pub fn route(&self) -> Option<&'a RouteName> {
        self.plan()?.route.as_ref()
    }

    /// The virtual service that was called, if there is one.
    #[must_use]
    pub fn virtual_service(&self) -> Option<&VirtualServiceName> {
        match &self.verdict {
            Verdict::Route(plan) => Some(&plan.virtual_service),
            Verdict::Refuse(
                NoRoute::NoMatch { virtual_service }
                | NoRoute::AmbiguousPort {
                    virtual_service, ..
                },
            ) => Some(virtual_service),
            Verdict::Refuse(NoRoute::UnknownHost { .. } | NoRoute::NeedsTls { .. })
            | Verdict::PassThrough(_) => None,
        }
    }

    /// Where it may go, and with which probability.
    ///
    /// # Units
    /// 0.0 to 1.0.
    #[must_use]
    pub fn shares(&self) -> Vec<(&'a VirtualNodeName, f64)> {
        let shares = self
            .plan()
            .into_iter()
            .flat_map(|plan| plan.targets.shares());
        let clusters = self.snapshot.clusters();
        let named = |(id, share): (&crate::snapshot::ClusterId, f64)| {
            Some((&clusters.get(id.index())?.virtual_node, share))
        };
        shares.filter_map(named).collect()
    }

    /// How many retries it may get at most; 0 where no outcome of such a request would be retried.
    #[must_use]
    pub fn retries(&self) -> u32 {
        let can_retry = |plan: &&Plan| Attempts::new(self.safety).can_retry(&plan.retry);
        self.plan()
            .filter(can_retry)
            .map_or(0, |plan| plan.retry.max_retries())
    }

    /// How long it may take; `None` if it is not routed.
    #[must_use]
    pub fn timeouts(&self) -> Option<&'a Timeouts> {
        self.plan().map(|plan| &plan.timeouts)
    }

    fn plan(&self) -> Option<&'a Plan> {
        match self.verdict {
            Verdict::Route(plan) => Some(plan),
            _ => None,
        }
    }
}

fn passed<'a>(snapshot: &'a Snapshot, head: &Head<'_>) -> Vec<Passed<'a>> {
    let host = snapshot.routes.virtual_host(head);
    let rules = host
        .and_then(|host| host.rules(head).ok())
        .unwrap_or_default();
    let passed = |rule: &'a crate::route::Rule<_>| {
        let mismatch = rule.check(head).err()?;
        Some(Passed {
            route: rule.name(),
            mismatch,
        })
    };
    rules.iter().map_while(passed).collect()
}

#[cfg(test)]
mod tests;
