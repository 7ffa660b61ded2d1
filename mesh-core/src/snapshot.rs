//! One configuration, compiled for one virtual node: immutable, shared, read once per request.

mod bypass;
mod outside;

use std::sync::Arc;

use crate::{
    balance,
    defaults::Defaults,
    health::HealthCheck,
    limit::ConnectionPool,
    mode::Mode,
    name::{MeshName, RouteName, VirtualNodeName, VirtualServiceName},
    outlier::OutlierDetection,
    retry,
    route::{Head, NoRoute, OutsideHost, RouteTable},
    timeout::Timeouts,
    unit::{IpPreference, Port, Protocol},
    weight::WeightedTargets,
};

/// Everything a node needs to decide about requests, made by [`compile`](crate::compile::compile).
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) mesh: MeshName,
    pub(crate) virtual_node: VirtualNodeName,
    pub(crate) defaults: Defaults,
    pub(crate) allow_all: bool,
    pub(crate) routes: RouteTable<Arc<Plan>>,
    pub(crate) plans: Box<[Arc<Plan>]>,
    pub(crate) clusters: Box<[ClusterSpec]>,
    pub(crate) cluster_policies: Box<[ClusterPolicy]>,
    pub(crate) listeners: Box<[ListenerPlan]>,
    pub(crate) access_log: Option<Box<str>>,
    pub(crate) mode: Mode,
    /// What would be decided if it were done.
    pub(crate) shadow: Option<Arc<Self>>,
}

impl Snapshot {
    /// The mesh it was compiled from.
    #[must_use]
    pub fn mesh(&self) -> &MeshName {
        &self.mesh
    }

    /// The node it was compiled for.
    #[must_use]
    pub fn virtual_node(&self) -> &VirtualNodeName {
        &self.virtual_node
    }

    /// What applies where the configuration is silent.
    #[must_use]
    pub fn defaults(&self) -> Defaults {
        self.defaults
    }

    /// Where the node takes requests.
    #[must_use]
    pub fn listeners(&self) -> &[ListenerPlan] {
        &self.listeners
    }

    /// The file to which a line is written for each request, as it was configured; `None`: none is written.
    ///
    /// # Source
    /// App Mesh user guide, "Envoy access logging": `/dev/stdout` stands for the process's own output.
    #[must_use]
    pub fn access_log(&self) -> Option<&str> {
        self.access_log.as_deref()
    }

    /// Every plan that a request can get; a [`PlanId`] is an index into it.
    ///
    /// In the order of the node's backends, their ports and the router's routes: the same configuration gives the same order.
    #[must_use]
    pub fn plans(&self) -> &[Arc<Plan>] {
        &self.plans
    }

    /// Every group of endpoints that a route can lead to; a [`ClusterId`] is an index into it.
    #[must_use]
    pub fn clusters(&self) -> &[ClusterSpec] {
        &self.clusters
    }

    /// How the endpoints of each cluster are chosen and watched, in the order of [`clusters`](Self::clusters).
    #[must_use]
    pub fn cluster_policies(&self) -> &[ClusterPolicy] {
        &self.cluster_policies
    }

    /// Chooses how an endpoint is picked behind every listener of a virtual node.
    pub fn set_balance(&mut self, virtual_node: &str, algorithm: balance::Algorithm) {
        let clusters = self.clusters.iter().zip(&mut self.cluster_policies);
        for (_, policy) in clusters.filter(|(spec, _)| spec.virtual_node.as_str() == virtual_node) {
            policy.balance = algorithm;
        }
    }

    /// The virtual services the node may call, in order of name.
    pub fn virtual_services(&self) -> impl Iterator<Item = &VirtualServiceName> {
        self.routes.virtual_services()
    }

    /// The virtual service that was probably meant by a host that is none of the node's backends.
    #[must_use]
    pub fn nearest(&self, host: &str) -> Option<&VirtualServiceName> {
        self.routes.nearest(host)
    }

    /// Finds what to do with a request.
    #[must_use]
    pub fn route(&self, head: &Head<'_>) -> Verdict<'_> {
        match self.routes.virtual_host(head) {
            Some(host) => host.find(head).map_or_else(Verdict::Refuse, Verdict::Route),
            None => self.egress(head),
        }
    }
}

/// What a snapshot says about a request; a caller that leaves one out does not route, so this enum stays exhaustive.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<'a> {
    /// A route took it.
    Route(&'a Arc<Plan>),
    /// Its host is none of the node's backends and the egress filter lets it out: unrouted, without retries.
    PassThrough(OutsideHost),
    /// Nothing took it.
    Refuse(NoRoute),
}

/// One route, compiled: which targets under which policies.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// Its position in [`Snapshot::plans`]; none, if it is of a host [outside](Self::outside).
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
    /// Which of its policies were written, and which are defaults.
    pub sources: Sources,
}

/// Where the policies of a [`Plan`] come from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Sources {
    /// The retry policy's.
    pub retry: Source,
    /// The request limit's.
    pub request: Source,
    /// The idle limit's.
    pub idle: Source,
}

/// Where a policy comes from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Source {
    /// From the [`Defaults`]: the route is silent.
    #[default]
    Defaults,
    /// From the route.
    Route,
}

impl Source {
    pub(crate) fn of<T>(written: Option<&T>) -> Self {
        if written.is_some() {
            Self::Route
        } else {
            Self::Defaults
        }
    }
}

/// An index into [`Snapshot::plans`]; means nothing in another snapshot.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PlanId(pub(crate) usize);

impl PlanId {
    /// The position in [`Snapshot::plans`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// An index into [`Snapshot::clusters`]; means nothing in another snapshot.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClusterId(pub(crate) usize);

impl ClusterId {
    /// The position in [`Snapshot::clusters`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }
}

/// The identity of a group of endpoints: what stays equal from one snapshot to the next keeps its connections and counts.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct ClusterSpec {
    /// The virtual node behind it.
    pub virtual_node: VirtualNodeName,
    /// The node's listener.
    pub port: Port,
    /// What is spoken there.
    pub protocol: Protocol,
    /// How endpoints are found.
    pub discovery: Discovery,
}

/// How the endpoints of a cluster are chosen and watched. Not part of its identity: numbers may change without losing counts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClusterPolicy {
    /// Which endpoint takes an attempt.
    pub balance: balance::Algorithm,
    /// When an endpoint is left out for its failures; `None`: never.
    pub outlier_detection: Option<OutlierDetection>,
    /// How endpoints are asked whether they are well; `None`: they are not.
    pub health_check: Option<HealthCheck>,
}

/// How a cluster's endpoints are found.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Discovery {
    /// A host name; `all` says whether every address of an answer is an endpoint, or the first only.
    Dns {
        /// The name, as written.
        hostname: String,
        /// Whether every address counts.
        all: bool,
        /// Which addresses are used.
        ip_preference: Option<IpPreference>,
    },
    /// An AWS Cloud Map service.
    CloudMap {
        /// The namespace.
        namespace: String,
        /// The service in it.
        service: String,
        /// What an instance's attributes must be, all of them.
        attributes: Vec<(String, String)>,
        /// Which addresses are used.
        ip_preference: Option<IpPreference>,
    },
}

/// A port that the node takes requests on, compiled.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ListenerPlan {
    /// The port.
    pub port: Port,
    /// What is spoken on it.
    pub protocol: Protocol,
    /// How long the application may take.
    pub timeouts: Timeouts,
    /// How much is let in at a time; `None`: everything.
    pub connection_pool: Option<ConnectionPool>,
}

impl ListenerPlan {
    /// The listener on this port. Where nothing tells which port is meant, it is the only one's; of several none.
    #[must_use]
    pub fn at(listeners: &[Self], port: Option<Port>) -> Option<&Self> {
        match (port, listeners) {
            (Some(port), listeners) => listeners.iter().find(|listener| listener.port == port),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}
