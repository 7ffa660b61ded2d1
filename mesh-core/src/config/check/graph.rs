//! What refers to what: targets, providers and routers have to be there, and the ports that are meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    config::{
        draft::{
            Draft, ProviderDraft, RouteDraft, Said, TargetDraft, VirtualNodeDraft,
            VirtualRouterDraft,
        },
        spelling::nearest,
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
            missing(code, "virtual node", name, known, place, problems);
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
            missing(code, "virtual router", name, known, place, problems);
        }
    }
}

fn missing<'a>(
    code: &'static str,
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    place: &Place,
    problems: &mut Problems,
) {
    if problems.is_full() {
        return;
    }
    let message = format!(
        "there is no {kind} {} in the mesh{}",
        quoted(name),
        nearest(name, known)
    );
    problems.error(code, place, message);
}

fn match_port(route: &RouteDraft, router: &VirtualRouterDraft, problems: &mut Problems) {
    let ports: Vec<i64> = router.listeners.iter().map(|l| l.port.value).collect();
    match &route.matches.value.port {
        Some(port) if router.whole && !ports.contains(&port.value) => {
            let message = format!(
                "the virtual router {} has no listener on port {}{}",
                quoted(&router.name.value),
                port.value,
                listed(&ports)
            );
            problems.error("missing-listener", &port.place, message);
        }
        None if ports.len() > 1 => {
            let message = format!(
                "the virtual router {} has several listeners and the route does not say which one it is for, so it is taken \
                 for all of them; App Mesh asks for a port in the match{}",
                quoted(&router.name.value),
                listed(&ports)
            );
            problems.warn("match-port-missing", &route.matches.place, message);
        }
        _ => {}
    }
}

fn target_port(target: &TargetDraft, node: &VirtualNodeDraft, problems: &mut Problems) {
    let ports: Vec<i64> = node.listeners.iter().map(|l| l.port.value).collect();
    let name = quoted(&node.name.value);
    match &target.port {
        Some(port) if node.whole && !ports.contains(&port.value) => {
            let message = format!(
                "the virtual node {name} has no listener on port {}{}",
                port.value,
                listed(&ports)
            );
            problems.error("missing-listener", &port.place, message);
        }
        None if ports.len() > 1 => {
            let message = format!(
                "the virtual node {name} has several listeners and the target does not say which one is meant, so the first \
                 is taken; App Mesh asks for the target's port{}",
                listed(&ports)
            );
            problems.warn("target-port-missing", &target.virtual_node.place, message);
        }
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

fn listed(ports: &[i64]) -> String {
    let ports: Vec<String> = ports.iter().map(i64::to_string).collect();
    match ports.len() {
        0 => String::new(),
        _ => format!("; it listens on {}", ports.join(", ")),
    }
}
