//! What would happen to a request, asked without a runtime, a socket or time: for policy tests and for `explain`.
//!
//! Nothing is simulated: the route comes from the table, the draw from
//! [`WeightedTargets::choose`](crate::weight::WeightedTargets::choose) and the retries from
//! [`Attempts::next`](crate::retry::Attempts::next) that production calls.

mod account;
mod as_json;
mod entry;
mod explain;
mod json;
mod listener;
mod play;
mod tried;

pub use account::{EffectiveLimit, TargetShare};
pub use entry::{Entry, SentOn};
pub use play::{Played, Seed};
pub use tried::{Asked, Tried};

use crate::{
    name::{RouteName, VirtualNodeName, VirtualServiceName},
    retry::{Attempts, Safety},
    route::{Head, NoRoute},
    snapshot::{Plan, Snapshot, Verdict},
    timeout::Timeouts,
    unit::Port,
};

impl Snapshot {
    /// Decides about a request and remembers why; see [`route`](Self::route) for the decision alone.
    ///
    /// Of a [gateway](Self::gateway), the request comes in on the listener whose port it names, else on the first one.
    #[must_use]
    pub fn decide(&self, head: &Head<'_>) -> Decision<'_> {
        let mut ports = self.listeners().iter().map(|listener| listener.port);
        let first = ports.clone().next();
        let named = ports.find(|port| Some(port.get()) == head.port());
        match (self.gateway(), named.or(first)) {
            (Some(_), Some(port)) => self.decide_at(head, port),
            _ => self.decided(head, None, self.route(head)),
        }
    }

    /// Decides about a request that came into the gateway on this port; see [`enter`](Self::enter) for the decision alone.
    #[must_use]
    pub fn decide_at(&self, head: &Head<'_>, port: Port) -> Decision<'_> {
        let entry = Entry::new(self, head, port);
        let entered = match self.enter(head, port) {
            Ok(entered) => entered,
            Err(reason) => return self.decided(head, Some(entry), Verdict::Refuse(reason)),
        };
        let (called, sent) = (entered.virtual_service, &entered.head);
        let verdict = entered.verdict.clone();
        Decision {
            called: called.map(|name| Called::new(name, sent)),
            tried: called.map_or_else(Vec::new, |name| tried::at(self, name, sent)),
            ..self.decided(head, Some(entry.taken(&entered)), verdict)
        }
    }

    fn decided<'a>(
        &'a self,
        head: &Head<'_>,
        entry: Option<Entry<'a>>,
        verdict: Verdict<'a>,
    ) -> Decision<'a> {
        let host = self.routes.virtual_host(head);
        let name = host.filter(|_| entry.is_none()).map(|host| host.name());
        Decision {
            snapshot: self,
            request: Request::of(head),
            safety: Safety::of(head.method(), head.is_grpc()),
            entry,
            called: name.map(|name| Called::new(name, head)),
            tried: name.map_or_else(Vec::new, |name| tried::at(self, name, head)),
            verdict,
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
    request: Request,
    safety: Safety,
    entry: Option<Entry<'a>>,
    called: Option<Called<'a>>,
    tried: Vec<Tried<'a>>,
    verdict: Verdict<'a>,
}

/// What was asked about.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    scheme: String,
    authority: String,
    host: String,
    path: String,
    query: Option<String>,
}

impl Request {
    fn of(head: &Head<'_>) -> Self {
        Self {
            method: head.method().to_string(),
            scheme: head.scheme().to_owned(),
            authority: head.authority().to_owned(),
            host: head.host().to_owned(),
            path: head.path().to_owned(),
            query: head.query().map(str::to_owned),
        }
    }
}

/// The virtual service whose routes were asked, and by what it was found.
#[derive(Clone, Debug)]
struct Called<'a> {
    name: &'a VirtualServiceName,
    authority: String,
    port: Option<u16>,
}

impl<'a> Called<'a> {
    fn new(name: &'a VirtualServiceName, head: &Head<'_>) -> Self {
        Self {
            name,
            authority: head.authority().to_owned(),
            port: head.port(),
        }
    }
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

    /// The virtual service that was called, if there is one; through a gateway, the one that the request is sent on to.
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
            Verdict::Refuse(_) | Verdict::PassThrough(_) => None,
        }
    }

    /// How it came in; `None` unless the snapshot is a gateway's.
    #[must_use]
    pub fn entry(&self) -> Option<&Entry<'a>> {
        self.entry.as_ref()
    }

    /// The routes of the virtual service in the order in which they are asked, and what became of each.
    #[must_use]
    pub fn tried(&self) -> &[Tried<'a>] {
        &self.tried
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

#[cfg(test)]
mod tests;
