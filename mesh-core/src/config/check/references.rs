//! What refers to what: targets, providers, routers and gateways have to be there.

use std::collections::BTreeMap;

use super::{
    graph::Graph,
    missing,
    port_meant::{Listeners, match_port, no_listener, target_port},
};
use crate::{
    config::draft::{
        Draft, GatewayRouteDraft, ProviderDraft, RouteDraft, Said, TargetDraft, VirtualServiceDraft,
    },
    error::{Place, Problems, quoted},
};

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let graph = Graph::of(draft);
    for route in &draft.routes {
        graph.router_of(route, problems);
        for target in &route.targets.value {
            graph.target(target, problems);
        }
    }
    for route in &draft.gateway_routes {
        graph.gateway_of(route, problems);
        graph.service_of(route, problems);
    }
    for service in &draft.virtual_services {
        if let Some(provider) = &service.provider {
            graph.provider(provider, problems);
        }
    }
    alike(&draft.virtual_services, problems);
}

/// Hosts are compared without their case, so of two such services one could not be called.
fn alike(services: &[VirtualServiceDraft], problems: &mut Problems) {
    let mut seen: BTreeMap<String, &Said<String>> = BTreeMap::new();
    for VirtualServiceDraft { name, .. } in services {
        let first = seen.entry(name.value.to_ascii_lowercase()).or_insert(name);
        if first.value != name.value {
            let message = format_args!(
                "the virtual service {} has the name of {} ({}) but for the case of its letters, which calls do not tell \
                 apart: rename or remove one of them",
                quoted(&name.value),
                quoted(&first.value),
                first.place.shown_from(&name.place)
            );
            problems.error("duplicate-name", &name.place, message);
        }
    }
}

impl Graph<'_> {
    fn router_of(&self, route: &RouteDraft, problems: &mut Problems) {
        let Some(Said { value, place }) = &route.router else {
            return;
        };
        match self.routers.get(value.as_str()) {
            Some(router) => match_port(&route.matches, &Listeners::of_router(router), problems),
            None => self.missing_router("missing-router", value, place, problems),
        }
    }

    fn target(&self, target: &TargetDraft, problems: &mut Problems) {
        let Said { value, place } = &target.virtual_node;
        match self.nodes.get(value.as_str()) {
            Some(node) => {
                let listeners = Listeners::of_node(node);
                target_port(target.port.as_ref(), place, &listeners, problems);
            }
            None => self.missing_node("missing-target", value, place, problems),
        }
    }

    fn gateway_of(&self, route: &GatewayRouteDraft, problems: &mut Problems) {
        let Some(Said { value, place }) = &route.gateway else {
            return;
        };
        match self.gateways.get(value.as_str()) {
            Some(gateway) => match_port(&route.matches, &Listeners::of_gateway(gateway), problems),
            None if self.draft.gaps.virtual_gateways => {}
            None => {
                let known = self.gateways.keys().copied();
                let gateway = ("virtual gateway", value.as_str());
                missing::report("missing-gateway", gateway, known, place, problems);
            }
        }
    }

    fn service_of(&self, route: &GatewayRouteDraft, problems: &mut Problems) {
        let Some(Said { value, place }) = &route.virtual_service else {
            return;
        };
        match self.services.get(value.as_str()) {
            Some(service) => {
                if let Some(listeners) = self.listeners_of(service) {
                    target_port(route.target_port.as_ref(), place, &listeners, problems);
                }
            }
            None if self.draft.gaps.virtual_services => {}
            None => {
                let known = self.services.keys().copied();
                let service = ("virtual service", value.as_str());
                missing::report("missing-virtual-service", service, known, place, problems);
            }
        }
    }

    /// Those of a service's provider, if it is there.
    fn listeners_of(&self, service: &VirtualServiceDraft) -> Option<Listeners<'_>> {
        match &service.provider.as_ref()?.value {
            ProviderDraft::VirtualNode(name) => self
                .nodes
                .get(name.as_str())
                .map(|node| Listeners::of_node(node)),
            ProviderDraft::VirtualRouter(name) => {
                let router = self.routers.get(name.as_str());
                router.map(|router| Listeners::of_router(router))
            }
        }
    }

    fn provider(&self, provider: &Said<ProviderDraft>, problems: &mut Problems) {
        let place = &provider.place;
        match &provider.value {
            ProviderDraft::VirtualNode(name) => match self.nodes.get(name.as_str()) {
                Some(node) => no_listener(&Listeners::of_node(node), place, problems),
                None => self.missing_node("missing-provider", name, place, problems),
            },
            ProviderDraft::VirtualRouter(name) if !self.routers.contains_key(name.as_str()) => {
                self.missing_router("missing-provider", name, place, problems);
            }
            ProviderDraft::VirtualRouter(_) => {}
        }
    }

    fn missing_node(&self, code: &'static str, name: &str, place: &Place, problems: &mut Problems) {
        if !self.draft.gaps.virtual_nodes {
            let known = self.nodes.keys().copied();
            missing::report(code, ("virtual node", name), known, place, problems);
        }
    }

    fn missing_router(
        &self,
        code: &'static str,
        name: &str,
        place: &Place,
        problems: &mut Problems,
    ) {
        if !self.draft.gaps.virtual_routers {
            let known = self.routers.keys().copied();
            missing::report(code, ("virtual router", name), known, place, problems);
        }
    }
}
