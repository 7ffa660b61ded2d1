//! What refers to what: targets, providers and routers have to be there, and the ports that are meant.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::missing;
use crate::{
    config::draft::{
        Draft, ProviderDraft, RouteDraft, Said, TargetDraft, VirtualNodeDraft, VirtualRouterDraft,
        VirtualServiceDraft,
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

/// Drafts by name.
pub(super) struct Graph<'a> {
    draft: &'a Draft,
    pub(super) nodes: BTreeMap<&'a str, &'a VirtualNodeDraft>,
    pub(super) routers: BTreeMap<&'a str, &'a VirtualRouterDraft>,
    pub(super) services: BTreeSet<&'a str>,
    /// The routes of each router.
    pub(super) routes: BTreeMap<&'a str, Vec<&'a RouteDraft>>,
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
        let mut graph = Self {
            draft,
            nodes: nodes.map(|n| (n.name.value.as_str(), n)).collect(),
            routers: routers.map(|r| (r.name.value.as_str(), r)).collect(),
            services: services.map(|s| s.name.value.as_str()).collect(),
            routes: BTreeMap::new(),
            routed: BTreeSet::new(),
            direct: BTreeMap::new(),
        };
        for route in &draft.routes {
            let routes = graph.routes.entry(route.router_name()).or_default();
            routes.push(route);
        }
        for service in &draft.virtual_services {
            match service.provider.as_ref().map(|provider| &provider.value) {
                Some(ProviderDraft::VirtualRouter(name)) => {
                    graph.routed.insert(name);
                }
                Some(ProviderDraft::VirtualNode(name)) => {
                    graph.direct.insert(name, &service.name.value);
                }
                None => {}
            }
        }
        graph
    }

    fn router_of(&self, route: &RouteDraft, problems: &mut Problems) {
        let Some(Said { value, place }) = &route.router else {
            return;
        };
        match self.routers.get(value.as_str()) {
            Some(router) => match_port(route, router, problems),
            None => self.missing_router("missing-router", value, place, problems),
        }
    }

    fn target(&self, target: &TargetDraft, problems: &mut Problems) {
        let Said { value, place } = &target.virtual_node;
        match self.nodes.get(value.as_str()) {
            Some(node) => target_port(target, node, problems),
            None => self.missing_node("missing-target", value, place, problems),
        }
    }

    fn provider(&self, provider: &Said<ProviderDraft>, problems: &mut Problems) {
        let place = &provider.place;
        match &provider.value {
            ProviderDraft::VirtualNode(name) => match self.nodes.get(name.as_str()) {
                Some(node) => no_listener(node, place, problems),
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
            missing::report(code, "virtual node", name, known, place, problems);
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
            missing::report(code, "virtual router", name, known, place, problems);
        }
    }
}

fn match_port(route: &RouteDraft, router: &VirtualRouterDraft, problems: &mut Problems) {
    let ports = router.listeners.iter().map(|l| l.port.value);
    match &route.matches.value.port {
        Some(Said { value, place }) if router.whole && !ports.clone().any(|port| port == *value) => problems.error(
            "missing-listener",
            place,
            format_args!(
                "the virtual router {} has no listener on port {value}{}",
                quoted(&router.name.value),
                listed(ports)
            ),
        ),
        None if router.listeners.len() > 1 => problems.warn(
            "match-port-missing",
            &route.matches.place,
            format_args!(
                "the virtual router {} has several listeners and the route does not say which one it is for, so it is taken \
                 for all of them; App Mesh asks for a port in the match{}",
                quoted(&router.name.value),
                listed(ports)
            ),
        ),
        _ => {}
    }
}

fn target_port(target: &TargetDraft, node: &VirtualNodeDraft, problems: &mut Problems) {
    let ports = node.listeners.iter().map(|l| l.port.value);
    match &target.port {
        Some(Said { value, place }) if node.whole && !ports.clone().any(|port| port == *value) => problems.error(
            "missing-listener",
            place,
            format_args!(
                "the virtual node {} has no listener on port {value}{}",
                quoted(&node.name.value),
                listed(ports)
            ),
        ),
        None if node.listeners.len() > 1 => problems.warn(
            "target-port-missing",
            &target.virtual_node.place,
            format_args!(
                "the virtual node {} has several listeners and the target does not say which one is meant, so the first \
                 that does not speak TCP is taken; App Mesh asks for the target's port{}",
                quoted(&node.name.value),
                listed(ports)
            ),
        ),
        _ => no_listener(node, &target.virtual_node.place, problems),
    }
}

fn no_listener(node: &VirtualNodeDraft, place: &Place, problems: &mut Problems) {
    if node.whole && node.listeners.is_empty() {
        let message = format!(
            "the virtual node {} takes no requests, because it has no listener: give it one, or name another node",
            quoted(&node.name.value)
        );
        problems.error("missing-listener", place, message);
    }
}

/// The end of a sentence about somebody who has only these ports.
fn listed(ports: impl Iterator<Item = i64> + Clone) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        let mut ports = ports.clone();
        for (n, port) in ports.by_ref().take(LISTED).enumerate() {
            let before = if n == 0 { "; it listens on " } else { ", " };
            write!(f, "{before}{port}")?;
        }
        match ports.count() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    })
}

/// How many ports a sentence holds.
const LISTED: usize = 8;
