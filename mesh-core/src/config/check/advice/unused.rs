//! Routers that nobody reaches, and routers and gateways that lead nowhere.

use crate::{
    config::{
        check::graph::Graph,
        draft::{RouteDraft, Said},
    },
    error::{Problems, quoted},
};

pub(super) fn check(graph: &Graph<'_>, problems: &mut Problems) {
    routers(graph, problems);
    gateways(graph, problems);
}

fn routers(graph: &Graph<'_>, problems: &mut Problems) {
    let draft = graph.draft;
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

fn gateways(graph: &Graph<'_>, problems: &mut Problems) {
    let gaps = &graph.draft.gaps.left_out_gateway_routes;
    // A route that may be anybody's.
    if graph.gateway_routes.contains_key("") || gaps.contains("") {
        return;
    }
    for gateway in &graph.draft.virtual_gateways {
        let Said { value, place } = &gateway.name;
        let led = graph.gateway_routes.contains_key(value.as_str()) || gaps.contains(value);
        if !led && gateway.whole {
            let message = format!(
                "the gateway {} has no routes, so every request it gets is answered 404: add a gateway route, or load the file \
                 that has it",
                quoted(value)
            );
            problems.warn("gateway-without-routes", place, message);
        }
    }
}
