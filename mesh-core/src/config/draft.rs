//! A mesh as somebody said it: nothing checked, every value with its place.
//!
//! The builder and every reader end here, and [`check`](super::check) makes a [`Mesh`](super::Mesh) of it or says why not.

use std::collections::BTreeSet;

use super::{EgressFilter, HeaderMatcher, PathMatch, QueryParameter, RetryPolicy};
use super::{ServiceDiscovery, Timeout};
use crate::{
    error::Place,
    health::HealthCheck,
    limit::ConnectionPool,
    outlier::OutlierDetection,
    unit::{IpPreference, Protocol},
};

/// A value and where it was said.
#[derive(Clone, Debug)]
pub(crate) struct Said<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

impl<T> Said<T> {
    pub(crate) fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Said<U> {
        Said::new(f(self.value), self.place)
    }
}

/// All that was said, of one mesh or of several.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// The mesh to take, where the documents hold several.
    pub(crate) wanted: Option<String>,
    /// Whether what refers to something that is not there is left out, with a warning.
    pub(crate) allow_missing: bool,
    /// Where to report what no line says.
    pub(crate) start: Place,
    pub(crate) meshes: Vec<MeshDraft>,
    pub(crate) virtual_nodes: Vec<VirtualNodeDraft>,
    pub(crate) virtual_routers: Vec<VirtualRouterDraft>,
    pub(crate) routes: Vec<RouteDraft>,
    pub(crate) virtual_services: Vec<VirtualServiceDraft>,
    /// The meshes that resources belong to which are left out on purpose, and said so.
    pub(crate) left_out: Vec<Said<String>>,
    pub(crate) gaps: Gaps,
}

impl Draft {
    /// How many resources were said.
    pub(crate) fn resources(&self) -> usize {
        let routed = self.virtual_routers.len() + self.routes.len();
        self.meshes.len() + self.virtual_nodes.len() + routed + self.virtual_services.len()
    }

    /// The meshes that are defined or, if none is, named.
    pub(crate) fn mesh_names(&self) -> BTreeSet<String> {
        let mut names: Vec<&Said<String>> = self.meshes.iter().map(|mesh| &mesh.name).collect();
        if names.is_empty() {
            names.extend(self.memberships());
        }
        names.into_iter().map(|name| name.value.clone()).collect()
    }

    /// Which mesh each resource says it belongs to.
    pub(crate) fn memberships(&self) -> impl Iterator<Item = &Said<String>> {
        let nodes = self.virtual_nodes.iter().map(|node| &node.mesh);
        let routers = self.virtual_routers.iter().map(|router| &router.mesh);
        let routes = self.routes.iter().map(|route| &route.mesh);
        let services = self.virtual_services.iter().map(|service| &service.mesh);
        nodes
            .chain(routers)
            .chain(routes)
            .chain(services)
            .filter_map(Option::as_ref)
            .chain(&self.left_out)
    }
}

/// What could not be read and so cannot be missed: keeps one mistake from being reported twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gaps {
    pub(crate) meshes: bool,
    pub(crate) virtual_nodes: bool,
    pub(crate) virtual_routers: bool,
    pub(crate) virtual_services: bool,
    /// Routers of which a route was left out on purpose, and said so.
    pub(crate) left_out_routes: BTreeSet<String>,
}

impl Gaps {
    /// A document could not be read: anything may have been in it.
    pub(crate) fn everything(&mut self) {
        self.meshes = true;
        self.virtual_nodes = true;
        self.virtual_routers = true;
        self.virtual_services = true;
    }
}

#[derive(Clone, Debug)]
pub(crate) struct MeshDraft {
    pub(crate) name: Said<String>,
    pub(crate) egress_filter: EgressFilter,
    pub(crate) ip_preference: Option<IpPreference>,
}

#[derive(Clone, Debug)]
pub(crate) struct VirtualNodeDraft {
    /// `None`: the only mesh there is.
    pub(crate) mesh: Option<Said<String>>,
    pub(crate) name: Said<String>,
    pub(crate) listeners: Vec<ListenerDraft>,
    pub(crate) service_discovery: Option<Said<ServiceDiscovery>>,
    pub(crate) ip_preference: Option<IpPreference>,
    pub(crate) backends: Vec<Said<String>>,
    pub(crate) access_log: Option<Said<String>>,
    /// Whether everything in it could be read; else what it lacks is not reported.
    pub(crate) whole: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ListenerDraft {
    pub(crate) port: Said<i64>,
    pub(crate) protocol: Protocol,
    pub(crate) timeout: Timeout,
    pub(crate) health_check: Option<HealthCheckDraft>,
    pub(crate) outlier_detection: Option<Said<OutlierDetection>>,
    pub(crate) connection_pool: Option<Said<ConnectionPool>>,
}

/// A health check whose ranges hold; whether it fits its listener is still to be seen.
#[derive(Clone, Debug)]
pub(crate) struct HealthCheckDraft {
    pub(crate) check: HealthCheck,
    pub(crate) path_place: Place,
    pub(crate) port_place: Place,
}

#[derive(Clone, Debug)]
pub(crate) struct VirtualRouterDraft {
    pub(crate) mesh: Option<Said<String>>,
    pub(crate) name: Said<String>,
    pub(crate) listeners: Vec<RouterListenerDraft>,
    pub(crate) whole: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct RouterListenerDraft {
    pub(crate) port: Said<i64>,
    pub(crate) protocol: Protocol,
}

#[derive(Clone, Debug)]
pub(crate) struct RouteDraft {
    pub(crate) mesh: Option<Said<String>>,
    /// `None`: it could not be read.
    pub(crate) router: Option<Said<String>>,
    pub(crate) name: Said<String>,
    pub(crate) priority: Option<Said<i64>>,
    pub(crate) protocol: Said<Protocol>,
    pub(crate) matches: Said<MatchDraft>,
    pub(crate) targets: Said<Vec<TargetDraft>>,
    pub(crate) retry_policy: Option<Said<RetryPolicy>>,
    pub(crate) timeout: Said<Timeout>,
    pub(crate) whole: bool,
}

impl RouteDraft {
    /// The name of its router; nothing for one that could not be read.
    pub(crate) fn router_name(&self) -> &str {
        self.router.as_ref().map_or("", |said| &said.value)
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct MatchDraft {
    pub(crate) path: Option<Said<PathMatch>>,
    pub(crate) method: Option<Said<String>>,
    pub(crate) scheme: Option<Said<String>>,
    pub(crate) port: Option<Said<i64>>,
    /// A gRPC route's metadata as well.
    pub(crate) headers: Vec<HeaderDraft>,
    pub(crate) query_parameters: Vec<Said<QueryParameter>>,
    pub(crate) service_name: Option<Said<String>>,
    pub(crate) method_name: Option<Said<String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct HeaderDraft {
    pub(crate) name: Said<String>,
    pub(crate) invert: bool,
    pub(crate) matcher: Option<Said<HeaderMatcher>>,
}

#[derive(Clone, Debug)]
pub(crate) struct TargetDraft {
    pub(crate) virtual_node: Said<String>,
    pub(crate) weight: Said<i64>,
    pub(crate) port: Option<Said<i64>>,
}

#[derive(Clone, Debug)]
pub(crate) struct VirtualServiceDraft {
    pub(crate) mesh: Option<Said<String>>,
    pub(crate) name: Said<String>,
    pub(crate) provider: Option<Said<ProviderDraft>>,
}

#[derive(Clone, Debug)]
pub(crate) enum ProviderDraft {
    VirtualNode(String),
    VirtualRouter(String),
}
