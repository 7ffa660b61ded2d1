//! What App Mesh takes and what then does something else than its author expects: warnings.

use std::{collections::BTreeMap, time::Duration};

use super::graph::{Graph, listener_meant};
use crate::{
    config::{
        PathMatch, Timeout,
        draft::{Draft, MatchDraft, RouteDraft, Said, VirtualNodeDraft},
    },
    error::{Place, Problems, quoted},
    unit::Protocol,
};

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let graph = Graph::of(draft);
    for node in &draft.virtual_nodes {
        backends(node, &graph, draft, problems);
    }
    routers(draft, &graph, problems);
    for route in &draft.routes {
        protocols(route, &graph, problems);
        timeouts(route, &graph, problems);
    }
    shadowed(&draft.routes, problems);
}

fn backends(node: &VirtualNodeDraft, graph: &Graph<'_>, draft: &Draft, problems: &mut Problems) {
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for Said { value, place } in node.backends.iter().map(|backend| &backend.virtual_service) {
        let known = graph.services.contains_key(value.as_str());
        if let Some(first) = seen.get(value.as_str()) {
            let message = format!(
                "the backend {} is there already ({}); it counts once",
                quoted(value),
                first.shown()
            );
            problems.warn("duplicate-backend", place, message);
        } else if !known && !draft.gaps.virtual_services {
            let message = format!(
                "there is no virtual service {} in the mesh, so calls to this backend find no route until there is one",
                quoted(value)
            );
            problems.warn("missing-backend", place, message);
        }
        seen.entry(value).or_insert(place);
    }
}

fn routers(draft: &Draft, graph: &Graph<'_>, problems: &mut Problems) {
    for router in &draft.virtual_routers {
        let Said { value, place } = &router.name;
        let name = value.as_str();
        let routes = graph.routes.get(name).map_or(&[][..], Vec::as_slice);
        let left_out = draft.gaps.left_out_routes.contains(name);
        let used = draft.gaps.virtual_services || graph.routed.contains(name);
        if !used {
            let message = format!(
                "no virtual service has the router {} as its provider, so it is never used{}",
                quoted(name),
                bypassed(routes, graph)
            );
            problems.warn("router-never-used", place, message);
        } else if routes.is_empty() && !left_out && router.whole {
            let message = format!(
                "the router {} has no routes, so every call it gets is answered 404",
                quoted(name)
            );
            problems.warn("router-without-routes", place, message);
        }
    }
}

/// Who gets the traffic instead, where a service goes straight to a node that the router's routes name.
fn bypassed(routes: &[&RouteDraft], graph: &Graph<'_>) -> String {
    let mut targets = routes.iter().flat_map(|route| &route.targets.value);
    let direct = targets.find_map(|target| {
        let node = target.virtual_node.value.as_str();
        graph.direct.get(node).map(|service| (*service, node))
    });
    let Some((service, node)) = direct else {
        return ", nor are its routes: make it a virtual service's provider, or remove it"
            .to_owned();
    };
    let retries = routes.iter().any(|route| route.retry_policy.is_some());
    let policy = if retries { "retry policy" } else { "policies" };
    format!(
        ": the provider of the virtual service {} is the node {} itself, so the {policy} of the router's routes never acts; \
         make the router the provider",
        quoted(service),
        quoted(node)
    )
}

fn protocols(route: &RouteDraft, graph: &Graph<'_>, problems: &mut Problems) {
    let Said {
        value: spoken,
        place,
    } = &route.protocol;
    let port = route.matches.value.port.as_ref().map(|port| port.value);
    let router = graph.routers.get(route.router_name());
    let listeners = router.iter().flat_map(|router| &router.listeners);
    let mut listeners = listeners.filter(|l| port.is_none_or(|port| port == l.port.value));
    if let Some(other) = listeners.find(|listener| listener.protocol != *spoken) {
        let message = format!(
            "the route is for {spoken} and its router's listener on port {} speaks {}: let both say the same",
            other.port.value, other.protocol
        );
        problems.warn("protocol-mismatch", place, message);
    }
    for target in &route.targets.value {
        let Some(node) = graph.nodes.get(target.virtual_node.value.as_str()) else {
            continue;
        };
        let Some(listener) = listener_meant(target, node).filter(|l| l.protocol != *spoken) else {
            continue;
        };
        let message = format!(
            "the route is for {spoken} and its target {} speaks {} on port {}: let both say the same",
            quoted(&node.name.value),
            listener.protocol,
            listener.port.value
        );
        let place = &target.virtual_node.place;
        match listener.protocol {
            Protocol::Tcp => problems.error("protocol-mismatch", place, message),
            _ => problems.warn("protocol-mismatch", place, message),
        }
    }
}

fn timeouts(route: &RouteDraft, graph: &Graph<'_>, problems: &mut Problems) {
    let Some(Said {
        value: limit,
        place,
    }) = &route.timeout.per_request
    else {
        return;
    };
    let limit = *limit;
    if let Some(retry) = &route.retry_policy {
        let wanted = retry
            .value
            .per_retry_timeout
            .saturating_mul(retry.value.max_retries);
        if !limit.is_zero() && limit < wanted {
            let message = format!(
                "the request's limit of {limit:?} ends before {} retries of {:?} each can: raise the one or lower the other",
                retry.value.max_retries, retry.value.per_retry_timeout
            );
            problems.warn("timeout-below-retries", place, message);
        }
    }
    for target in &route.targets.value {
        let node = graph.nodes.get(target.virtual_node.value.as_str());
        let meant = node.and_then(|node| listener_meant(target, node));
        if meant.is_some_and(|listener| cuts(listener.timeout.timeout(), limit)) {
            let message = format!(
                "the route lets a request take {}, and the listener of {} ends it sooner ({DEFAULT_REQUEST:?} where nothing is \
                 written): raise the listener's limit too",
                unlimited(limit),
                quoted(&target.virtual_node.value)
            );
            problems.warn("listener-timeout-shorter", place, message);
        }
    }
}

fn cuts(listener: Timeout, route: Duration) -> bool {
    let own = listener.per_request.unwrap_or(DEFAULT_REQUEST);
    let beyond_default = route.is_zero() || route > DEFAULT_REQUEST;
    beyond_default && !own.is_zero() && (route.is_zero() || own < route)
}

fn unlimited(limit: Duration) -> String {
    match limit {
        Duration::ZERO => "any time".to_owned(),
        limit => format!("{limit:?}"),
    }
}

/// Routes whose conditions are the same in every respect: the later one never gets a request.
fn shadowed(routes: &[RouteDraft], problems: &mut Problems) {
    let mut seen: BTreeMap<(&str, String), &RouteDraft> = BTreeMap::new();
    for route in routes.iter().filter(|route| route.whole) {
        let key = (route.router_name(), conditions(route));
        if let Some(first) = seen.get(&key) {
            let message = format!(
                "the route {} takes just what the route {} takes, at the same priority, so one of them never gets a \
                 request: give them different priorities or conditions",
                quoted(&route.name.value),
                quoted(&first.name.value)
            );
            problems.warn("same-conditions", &route.name.place, message);
        }
        seen.entry(key).or_insert(route);
    }
}

fn conditions(route: &RouteDraft) -> String {
    let MatchDraft {
        path,
        method,
        scheme,
        port,
        headers,
        query_parameters,
        service_name,
        method_name,
        ..
    } = &route.matches.value;
    let priority = route.priority.as_ref().map(|said| said.value);
    let path = path.as_ref().map(|said| &said.value);
    let everything = PathMatch::Prefix("/".to_owned());
    let path = path.unwrap_or(&everything);
    let method = method.as_ref().map(|said| &said.value);
    let scheme = scheme.as_ref().map(|said| &said.value);
    let port = port.as_ref().map(|said| said.value);
    let grpc = [service_name, method_name].map(|name| name.as_ref().map(|said| &said.value));
    let grpc = (route.protocol.value == Protocol::Grpc).then_some(grpc);
    let headers = headers.iter().map(|header| {
        let matcher = header.matcher.as_ref().map(|said| &said.value);
        (
            header.name.value.to_ascii_lowercase(),
            header.invert,
            matcher,
        )
    });
    let headers: Vec<_> = headers.collect();
    let query: Vec<_> = query_parameters.iter().map(|said| &said.value).collect();
    format!("{priority:?} {path:?} {method:?} {scheme:?} {port:?} {headers:?} {query:?} {grpc:?}")
}

/// App Mesh's limit where nothing is written.
const DEFAULT_REQUEST: Duration = Duration::from_secs(15);
