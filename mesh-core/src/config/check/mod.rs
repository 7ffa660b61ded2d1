//! The one place where a draft becomes a mesh: builders and readers all end here.
//!
//! Every rule has a stable code, and all that is broken is reported at once. What could not be read is not missed again:
//! see [`Gaps`](super::draft::Gaps).

mod advice;
mod certificate;
mod expressions;
mod gateway;
mod gateway_route;
mod graph;
mod listener;
mod matching;
mod membership;
mod missing;
mod port_meant;
mod references;
mod route;
mod watched;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Backend, Mesh, Provider, Route, VirtualNode, VirtualRouter, VirtualService,
    draft::{
        BackendDraft, Draft, ProviderDraft, Said, VirtualNodeDraft, VirtualRouterDraft,
        VirtualServiceDraft,
    },
};
use crate::{
    error::{ConfigErrors, Place, Problem, Problems, quoted},
    name::{InvalidName, MeshName, VirtualNodeName, VirtualRouterName, VirtualServiceName},
    unit::{OutOfRange, Port},
};

/// Makes a mesh, and the warnings about it, of what was said.
pub(crate) fn check(
    mut draft: Draft,
    mut problems: Problems,
) -> Result<(Mesh, Vec<Problem>), ConfigErrors> {
    let chosen = membership::choose(&mut draft, &mut problems);
    if draft.allow_missing {
        missing::leave_out(&mut draft, &mut problems);
    }
    expressions::leave_out(&mut draft, &mut problems);
    references::check(&draft, &mut problems);
    advice::check(&draft, &mut problems);
    expressions::check(&draft, &mut problems);
    let virtual_nodes = keyed(draft.virtual_nodes.iter().filter_map(|node| {
        let node = virtual_node(node, &mut problems)?;
        Some((node.name.clone(), node))
    }));
    let mut routes = routes(&draft, &mut problems);
    let virtual_routers = keyed(draft.virtual_routers.iter().filter_map(|router| {
        let routes = routes.remove(&router.name.value).unwrap_or_default();
        let router = virtual_router(router, routes, &mut problems)?;
        Some((router.name.clone(), router))
    }));
    let virtual_services = keyed(draft.virtual_services.iter().filter_map(|service| {
        let service = virtual_service(service, &mut problems)?;
        Some((service.name.clone(), service))
    }));
    let gateways = gateway::all(&draft, &mut problems).into_iter();
    let virtual_gateways = keyed(gateways.map(|gateway| (gateway.name.clone(), gateway)));
    let name = chosen
        .as_ref()
        .and_then(|mesh| named(&mesh.name, MeshName::new, &mut problems));
    let Some((chosen, name)) = chosen.zip(name) else {
        if problems.errors() == 0 {
            let message = "it cannot be told which mesh this is: nothing that is an `AWS::AppMesh::Mesh`, or names one, could be read";
            problems.error("missing-mesh", &draft.start, message);
        }
        return Err(problems.refuse());
    };
    let warnings = problems.finish()?;
    let mesh = Mesh {
        name,
        egress_filter: chosen.egress_filter,
        ip_preference: chosen.ip_preference,
        virtual_nodes,
        virtual_routers,
        virtual_services,
        virtual_gateways,
    };
    Ok((mesh, warnings))
}

fn keyed<K: Ord, V>(values: impl Iterator<Item = (K, V)>) -> BTreeMap<K, V> {
    values.collect()
}

/// Each router's routes, by name.
fn routes(draft: &Draft, problems: &mut Problems) -> BTreeMap<String, Vec<Route>> {
    let mut routes = BTreeMap::<_, Vec<_>>::new();
    for route in &draft.routes {
        let router = route.router_name().to_owned();
        routes
            .entry(router)
            .or_default()
            .extend(route::route(route, problems));
    }
    for of_router in routes.values_mut() {
        of_router.sort_by(|a, b| a.name.cmp(&b.name));
    }
    routes
}

fn virtual_node(draft: &VirtualNodeDraft, problems: &mut Problems) -> Option<VirtualNode> {
    let name = named(&draft.name, VirtualNodeName::new, problems);
    let listeners = listener::of_node(draft, problems);
    certificate::of_policy(draft.client_policy.as_ref(), problems);
    let backends = draft.backends.iter();
    let mut backends: Vec<_> = backends
        .filter_map(|draft| backend(draft, problems))
        .collect();
    let mut seen = BTreeSet::new();
    backends.retain(|backend| seen.insert(backend.virtual_service.clone()));
    let discovery = draft.service_discovery.as_ref();
    Some(VirtualNode {
        name: name?,
        listeners,
        service_discovery: discovery.map(|said| said.value.clone()),
        backends,
        ip_preference: draft.ip_preference,
        client_policy: draft.client_policy.as_ref().map(|said| said.value.clone()),
        access_log: draft.access_log.clone(),
    })
}

fn backend(draft: &BackendDraft, problems: &mut Problems) -> Option<Backend> {
    let policy = draft.client_policy.as_ref();
    certificate::of_policy(policy, problems);
    Some(Backend {
        virtual_service: named(&draft.virtual_service, VirtualServiceName::new, problems)?,
        client_policy: policy.map(|said| said.value.clone()),
    })
}

fn virtual_router(
    draft: &VirtualRouterDraft,
    routes: Vec<Route>,
    problems: &mut Problems,
) -> Option<VirtualRouter> {
    let name = named(&draft.name, VirtualRouterName::new, problems);
    let listeners = listener::of_router(draft, problems);
    Some(VirtualRouter {
        name: name?,
        listeners,
        routes,
    })
}

fn virtual_service(draft: &VirtualServiceDraft, problems: &mut Problems) -> Option<VirtualService> {
    let name = named(&draft.name, VirtualServiceName::new, problems);
    let provider = draft.provider.as_ref().and_then(|said| {
        let place = &said.place;
        match &said.value {
            ProviderDraft::VirtualNode(node) => {
                let node = Said::new(node.clone(), place.clone());
                named(&node, VirtualNodeName::new, problems).map(Provider::VirtualNode)
            }
            ProviderDraft::VirtualRouter(router) => {
                let router = Said::new(router.clone(), place.clone());
                named(&router, VirtualRouterName::new, problems).map(Provider::VirtualRouter)
            }
        }
    });
    Some(VirtualService {
        name: name?,
        provider,
    })
}

fn named<T>(
    said: &Said<String>,
    new: impl FnOnce(&str) -> Result<T, InvalidName>,
    problems: &mut Problems,
) -> Option<T> {
    new(&said.value)
        .map_err(|error| problems.error("invalid-name", &said.place, error.to_string()))
        .ok()
}

/// What a type makes of a number, or a report that it does not take it.
pub(crate) fn within<T>(
    said: &Said<i64>,
    new: impl FnOnce(i64) -> Result<T, OutOfRange>,
    problems: &mut Problems,
) -> Option<T> {
    new(said.value)
        .map_err(|error| problems.error("out-of-range", &said.place, error.to_string()))
        .ok()
}

fn port(said: &Said<i64>, problems: &mut Problems) -> Option<Port> {
    within(said, Port::new, problems)
}

/// Reports a text that is not within 1 to `max` characters.
fn sized(what: &str, text: &str, max: usize, place: &Place, problems: &mut Problems) -> bool {
    let length = text.chars().count();
    let fits = (1..=max).contains(&length);
    if !fits {
        let message = format!(
            "a {what} has 1 to {max} characters, {} has {length}",
            quoted(text)
        );
        problems.error("out-of-range", place, message);
    }
    fits
}

#[cfg(test)]
mod tests;
