//! One configuration, compiled for one virtual node or gateway: immutable, shared, read once per request.

mod bypass;
mod cluster;
mod gateway;
mod listener;
mod log_format;
mod needs_tls;
mod outside;
mod plan;
mod source;
mod tls;
pub(crate) mod words;

use std::sync::Arc;

pub use self::{
    cluster::{ClusterFacts, ClusterId, ClusterPolicy, ClusterSpec, Discovery},
    gateway::{Entered, Gateway, GatewayPlan, PathRewrite},
    listener::{ListenerPlan, ListenerSources},
    log_format::LogFormat,
    needs_tls::NeedsTls,
    plan::{Plan, PlanId},
    source::{Source, Sources},
    tls::{Certificate, ClientValidation, ListenerTlsPlan, ServerValidation, Trust, UpstreamTls},
};

use crate::{
    balance,
    defaults::Defaults,
    mode::Mode,
    name::{MeshName, VirtualNodeName, VirtualServiceName},
    route::{Head, NoRoute, OutsideHost, RouteTable},
};

/// Everything a node, or a gateway, needs to decide about requests, made by [`compile`](crate::compile::compile).
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
    pub(crate) cluster_facts: Box<[ClusterFacts]>,
    pub(crate) listeners: Box<[ListenerPlan]>,
    /// What takes requests into the mesh; `None`: it is a node's.
    pub(crate) gateway: Option<Arc<Gateway>>,
    pub(crate) access_log: Option<Box<str>>,
    pub(crate) log_format: Option<LogFormat>,
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

    /// The node it was compiled for; of a [gateway](Self::gateway), a name that is the gateway's.
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

    /// How those lines are written; `None`: as Envoy does where nothing is said.
    #[must_use]
    pub fn log_format(&self) -> Option<&LogFormat> {
        self.log_format.as_ref()
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

    /// What is known of each cluster beside that, in the order of [`clusters`](Self::clusters).
    #[must_use]
    pub fn cluster_facts(&self) -> &[ClusterFacts] {
        &self.cluster_facts
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
