//! Ports by which App Mesh told things apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    config::{
        check::graph::{Graph, listener_meant},
        draft::{ProviderDraft, RouteDraft, Said, VirtualServiceDraft},
    },
    error::{Place, Problems, quoted},
    unit::Protocol,
};

/// Targets of one route that listen on different ports.
///
/// # Source
/// aws-app-mesh-examples, issue 93: such a route vanished without a word.
pub(super) fn different(route: &RouteDraft, graph: &Graph<'_>, problems: &mut Problems) {
    let targets = route.targets.value.iter();
    let ports = targets.filter_map(|target| {
        let node = graph.nodes.get(target.virtual_node.value.as_str())?;
        let listener = listener_meant(target, node)?;
        target.port.is_none().then_some(listener.port.value)
    });
    let ports: BTreeSet<i64> = ports.collect();
    let mut ports = ports.into_iter();
    if let (Some(one), Some(other)) = (ports.next(), ports.next()) {
        let message = format!(
            "the targets of the route {} listen on different ports ({one}, {other}), of which App Mesh lost the route: write the \
             port at each target",
            quoted(&route.name.value)
        );
        problems.warn("target-ports-differ", &route.targets.place, message);
    }
}

/// Two backends of bytes on one port: by nothing else could their connections be told apart.
pub(super) fn shared_by_bytes(graph: &Graph<'_>, problems: &mut Problems) {
    let services = graph.services.iter();
    let ports = services.map(|(name, service)| (*name, of_bytes(service, graph)));
    let ports: BTreeMap<&str, Vec<i64>> = ports.filter(|(_, ports)| !ports.is_empty()).collect();
    for node in &graph.draft.virtual_nodes {
        let mut taken: BTreeMap<i64, &str> = BTreeMap::new();
        for Said { value, place } in node.backends.iter().map(|backend| &backend.virtual_service) {
            let name = value.as_str();
            for port in ports.get(name).map_or(&[][..], Vec::as_slice) {
                let first = *taken.entry(*port).or_insert(name);
                if first != name {
                    shared((first, name), *port, place, problems);
                }
            }
        }
    }
}

fn shared((first, second): (&str, &str), port: i64, place: &Place, problems: &mut Problems) {
    let message = format_args!(
        "the backends {} and {} both take bytes on port {port}, by which alone App Mesh told connections apart: let them listen \
         on different ports",
        quoted(first),
        quoted(second)
    );
    problems.warn("tcp-port-shared", place, message);
}

/// The first ports on which a service is called for bytes.
fn of_bytes(service: &VirtualServiceDraft, graph: &Graph<'_>) -> Vec<i64> {
    let provider = service.provider.as_ref().map(|said| &said.value);
    let (node, router) = match provider {
        Some(ProviderDraft::VirtualNode(name)) => (graph.nodes.get(name.as_str()), None),
        Some(ProviderDraft::VirtualRouter(name)) => (None, graph.routers.get(name.as_str())),
        None => (None, None),
    };
    let of_node = node.into_iter().flat_map(|node| &node.listeners);
    let of_router = router.into_iter().flat_map(|router| &router.listeners);
    let listeners = of_node.map(|l| (l.port.value, l.protocol));
    let listeners = listeners.chain(of_router.map(|l| (l.port.value, l.protocol)));
    let bytes = listeners.filter(|(_, protocol)| *protocol == Protocol::Tcp);
    bytes.map(|(port, _)| port).take(PORTS).collect()
}

/// How many ports of a service are looked at.
const PORTS: usize = 16;
