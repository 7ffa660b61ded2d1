//! Drafts by name, and what belongs to what.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::draft::{
    Draft, GatewayRouteDraft, ListenerDraft, ProviderDraft, RouteDraft, TargetDraft,
    VirtualGatewayDraft, VirtualNodeDraft, VirtualRouterDraft, VirtualServiceDraft,
};
use crate::unit::Protocol;

/// Drafts by name.
pub(super) struct Graph<'a> {
    pub(super) draft: &'a Draft,
    pub(super) nodes: BTreeMap<&'a str, &'a VirtualNodeDraft>,
    pub(super) routers: BTreeMap<&'a str, &'a VirtualRouterDraft>,
    pub(super) services: BTreeMap<&'a str, &'a VirtualServiceDraft>,
    pub(super) gateways: BTreeMap<&'a str, &'a VirtualGatewayDraft>,
    /// The routes of each router.
    pub(super) routes: BTreeMap<&'a str, Vec<&'a RouteDraft>>,
    /// The routes of each gateway.
    pub(super) gateway_routes: BTreeMap<&'a str, Vec<&'a GatewayRouteDraft>>,
    /// Routers that are some service's provider.
    pub(super) routed: BTreeSet<&'a str>,
    /// Nodes that are some service's provider, with that service.
    pub(super) direct: BTreeMap<&'a str, &'a str>,
}

impl<'a> Graph<'a> {
    pub(super) fn of(draft: &'a Draft) -> Self {
        let nodes = draft.virtual_nodes.iter();
        let routers = draft.virtual_routers.iter();
        let services = draft.virtual_services.iter();
        let gateways = draft.virtual_gateways.iter();
        let mut graph = Self {
            draft,
            nodes: nodes.map(|n| (n.name.value.as_str(), n)).collect(),
            routers: routers.map(|r| (r.name.value.as_str(), r)).collect(),
            services: services.map(|s| (s.name.value.as_str(), s)).collect(),
            gateways: gateways.map(|g| (g.name.value.as_str(), g)).collect(),
            routes: BTreeMap::new(),
            gateway_routes: BTreeMap::new(),
            routed: BTreeSet::new(),
            direct: BTreeMap::new(),
        };
        graph.hang_up(draft);
        graph
    }

    /// Whether the route gets any requests: its router is somebody's provider, as far as is known.
    pub(super) fn reaches(&self, route: &RouteDraft) -> bool {
        self.draft.gaps.virtual_services || self.routed.contains(route.router_name())
    }

    /// Routes under what holds them, providers under what they provide for.
    fn hang_up(&mut self, draft: &'a Draft) {
        for route in &draft.routes {
            let routes = self.routes.entry(route.router_name()).or_default();
            routes.push(route);
        }
        for route in &draft.gateway_routes {
            let routes = self.gateway_routes.entry(route.gateway_name());
            routes.or_default().push(route);
        }
        for service in &draft.virtual_services {
            match service.provider.as_ref().map(|provider| &provider.value) {
                Some(ProviderDraft::VirtualRouter(name)) => {
                    self.routed.insert(name);
                }
                Some(ProviderDraft::VirtualNode(name)) => {
                    self.direct.insert(name, &service.name.value);
                }
                None => {}
            }
        }
    }
}

/// The listener of the target's port, else the first that speaks HTTP, else the first.
pub(super) fn listener_meant<'a>(
    target: &TargetDraft,
    node: &'a VirtualNodeDraft,
) -> Option<&'a ListenerDraft> {
    let mut listeners = node.listeners.iter();
    match &target.port {
        Some(port) => listeners.find(|listener| listener.port.value == port.value),
        None => listeners
            .find(|listener| listener.protocol != Protocol::Tcp)
            .or_else(|| node.listeners.first()),
    }
}
