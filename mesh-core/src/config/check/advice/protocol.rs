//! Routes that speak otherwise than those before and behind them.

use crate::{
    config::{
        check::graph::{Graph, listener_meant},
        draft::{GatewayRouteDraft, RouteDraft, Said, TargetDraft},
    },
    error::{Problems, quoted},
    unit::Protocol,
};

pub(super) fn check(route: &RouteDraft, graph: &Graph<'_>, problems: &mut Problems) {
    let router = graph.routers.get(route.router_name());
    let listeners = router.iter().flat_map(|router| &router.listeners);
    let listeners = listeners.map(|l| (l.port.value, l.protocol));
    let port = route.matches.value.port.as_ref();
    before("router", (&route.protocol, port), listeners, problems);
    for target in &route.targets.value {
        behind(route.protocol.value, target, graph, problems);
    }
}

pub(super) fn of_gateway(route: &GatewayRouteDraft, graph: &Graph<'_>, problems: &mut Problems) {
    let gateway = graph.gateways.get(route.gateway_name());
    let listeners = gateway.iter().flat_map(|gateway| &gateway.listeners);
    let listeners = listeners.map(|l| (l.port.value, l.protocol));
    let port = route.matches.value.port.as_ref();
    before("gateway", (&route.protocol, port), listeners, problems);
}

/// The listeners that a route stands behind, if it speaks otherwise.
fn before(
    holder: &str,
    (spoken, port): (&Said<Protocol>, Option<&Said<i64>>),
    listeners: impl Iterator<Item = (i64, Protocol)>,
    problems: &mut Problems,
) {
    let Said {
        value: spoken,
        place,
    } = spoken;
    let mut listeners = listeners.filter(|(own, _)| port.is_none_or(|port| port.value == *own));
    if let Some((port, other)) = listeners.find(|(_, protocol)| protocol != spoken) {
        let message = format!(
            "the route is for {spoken} and its {holder}'s listener on port {port} speaks {other}: let both say the same"
        );
        problems.warn("protocol-mismatch", place, message);
    }
}

fn behind(spoken: Protocol, target: &TargetDraft, graph: &Graph<'_>, problems: &mut Problems) {
    let Some(node) = graph.nodes.get(target.virtual_node.value.as_str()) else {
        return;
    };
    let Some(listener) = listener_meant(target, node).filter(|l| l.protocol != spoken) else {
        return;
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
