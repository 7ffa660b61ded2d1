//! A mesh as somebody said it: nothing checked, every value with its place.
//!
//! The builder and every reader end here, and [`check`](super::check) makes a [`Mesh`](super::Mesh) of it or says why not.

use std::{collections::BTreeSet, time::Duration};

use super::{
    AccessLog, ClientPolicy, EgressFilter, HeaderMatcher, HostnameMatch, ListenerTls, PathMatch,
    QueryParameter, RetryPolicy, Rewrite, ServiceDiscovery, Timeout,
};
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
    pub(crate) virtual_gateways: Vec<VirtualGatewayDraft>,
    pub(crate) gateway_routes: Vec<GatewayRouteDraft>,
    pub(crate) gaps: Gaps,
}

impl Draft {
    /// How many resources were said.
    pub(crate) fn resources(&self) -> usize {
        let routed = self.virtual_routers.len() + self.routes.len();
        let entered = self.virtual_gateways.len() + self.gateway_routes.len();
        self.meshes.len()
            + self.virtual_nodes.len()
            + routed
            + self.virtual_services.len()
            + entered
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
        let gateways = self.virtual_gateways.iter().map(|gateway| &gateway.mesh);
        let gateway_routes = self.gateway_routes.iter().map(|route| &route.mesh);
        nodes
            .chain(routers)
            .chain(routes)
            .chain(services)
            .chain(gateways)
            .chain(gateway_routes)
            .filter_map(Option::as_ref)
    }
}

/// What could not be read and so cannot be missed: keeps one mistake from being reported twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gaps {
    pub(crate) meshes: bool,
    pub(crate) virtual_nodes: bool,
    pub(crate) virtual_routers: bool,
    pub(crate) virtual_services: bool,
    pub(crate) virtual_gateways: bool,
    /// Routers of which a route was left out or could not be read, and said so.
    pub(crate) left_out_routes: BTreeSet<String>,
    /// Gateways of which a route was left out or could not be read, and said so.
    pub(crate) left_out_gateway_routes: BTreeSet<String>,
}

impl Gaps {
    /// A document could not be read: anything may have been in it.
    pub(crate) fn everything(&mut self) {
        self.meshes = true;
        self.virtual_nodes = true;
        self.virtual_routers = true;
        self.virtual_services = true;
        self.virtual_gateways = true;
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
    pub(crate) backends: Vec<BackendDraft>,
    pub(crate) client_policy: Option<Said<ClientPolicy>>,
    pub(crate) access_log: Option<AccessLog>,
    /// Whether the rules of the Kubernetes webhook apply, which took no backend twice.
    pub(crate) strict: bool,
    /// Whether everything in it could be read; else what it lacks is not reported.
    pub(crate) whole: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct BackendDraft {
    pub(crate) virtual_service: Said<String>,
    pub(crate) client_policy: Option<Said<ClientPolicy>>,
}

/// A listener of a node or, without the limits of time and the outlier detection, of a gateway.
#[derive(Clone, Debug)]
pub(crate) struct ListenerDraft {
    pub(crate) port: Said<i64>,
    pub(crate) protocol: Protocol,
    pub(crate) timeout: TimeoutDraft,
    pub(crate) tls: Option<Said<ListenerTls>>,
    pub(crate) health_check: Option<HealthCheckDraft>,
    pub(crate) outlier_detection: Option<Said<OutlierDetection>>,
    pub(crate) connection_pool: Option<Said<ConnectionPool>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct TimeoutDraft {
    pub(crate) per_request: Option<Said<Duration>>,
    pub(crate) idle: Option<Said<Duration>>,
}

impl TimeoutDraft {
    /// Both said at one place.
    pub(crate) fn of(timeout: Timeout, place: &Place) -> Self {
        let said = |limit| Said::new(limit, place.clone());
        Self {
            per_request: timeout.per_request.map(said),
            idle: timeout.idle.map(said),
        }
    }

    /// What was said, without its places.
    pub(crate) fn timeout(&self) -> Timeout {
        Timeout {
            per_request: self.per_request.as_ref().map(|said| said.value),
            idle: self.idle.as_ref().map(|said| said.value),
        }
    }
}

/// A health check whose ranges hold; whether it fits its listener is still to be seen.
#[derive(Clone, Debug)]
pub(crate) struct HealthCheckDraft {
    pub(crate) check: HealthCheck,
    pub(crate) place: Place,
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
    pub(crate) timeout: TimeoutDraft,
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
    /// Whether the rules of the Kubernetes webhook apply, which took no match without a path (or, of a gateway, a host).
    pub(crate) strict: bool,
    /// A gateway route's alone.
    pub(crate) hostname: Option<Said<HostnameMatch>>,
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

#[derive(Clone, Debug)]
pub(crate) struct VirtualGatewayDraft {
    pub(crate) mesh: Option<Said<String>>,
    pub(crate) name: Said<String>,
    pub(crate) listeners: Vec<ListenerDraft>,
    pub(crate) client_policy: Option<Said<ClientPolicy>>,
    pub(crate) access_log: Option<AccessLog>,
    pub(crate) whole: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct GatewayRouteDraft {
    pub(crate) mesh: Option<Said<String>>,
    /// `None`: it could not be read.
    pub(crate) gateway: Option<Said<String>>,
    pub(crate) name: Said<String>,
    pub(crate) priority: Option<Said<i64>>,
    pub(crate) protocol: Said<Protocol>,
    pub(crate) matches: Said<MatchDraft>,
    /// `None`: it could not be read.
    pub(crate) virtual_service: Option<Said<String>>,
    pub(crate) target_port: Option<Said<i64>>,
    pub(crate) rewrite: Said<Rewrite>,
    pub(crate) whole: bool,
}

impl GatewayRouteDraft {
    /// The name of its gateway; nothing for one that could not be read.
    pub(crate) fn gateway_name(&self) -> &str {
        self.gateway.as_ref().map_or("", |said| &said.value)
    }
}
