//! Which mesh is meant, what belongs to it, and names that are taken twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{
    config::{
        EgressFilter,
        draft::{Draft, MeshDraft, Said},
        spelling::nearest,
    },
    error::{Place, Problems, quoted},
};

/// Leaves in the draft only what belongs to the mesh that is taken, and returns that mesh.
pub(super) fn choose(draft: &mut Draft, problems: &mut Problems) -> Option<MeshDraft> {
    duplicate("mesh", draft.meshes.iter().map(|mesh| &mesh.name), problems);
    memberships(draft, problems);
    let mesh = chosen(draft, problems)?;
    let name = mesh.name.value.clone();
    let ours = |said: &Option<Said<String>>| said.as_ref().is_none_or(|said| said.value == name);
    draft.virtual_nodes.retain(|node| ours(&node.mesh));
    draft.virtual_routers.retain(|router| ours(&router.mesh));
    draft.routes.retain(|route| ours(&route.mesh));
    draft.virtual_services.retain(|service| ours(&service.mesh));
    draft.virtual_gateways.retain(|gateway| ours(&gateway.mesh));
    draft.gateway_routes.retain(|route| ours(&route.mesh));
    duplicates(draft, problems);
    Some(mesh)
}

/// Members of meshes that nobody defined, where somebody did define one: they are left out.
fn memberships(draft: &Draft, problems: &mut Problems) {
    if draft.meshes.is_empty() || draft.gaps.meshes {
        return;
    }
    let names = draft.meshes.iter().map(|mesh| mesh.name.value.as_str());
    let names: BTreeSet<&str> = names.collect();
    for Said { value, place } in draft.memberships() {
        if names.contains(value.as_str()) || draft.wanted.as_ref() == Some(value) {
            continue;
        }
        let hint = fmt::from_fn(|f| f.write_str(&nearest(value, names.iter().copied())));
        let message = format_args!(
            "what belongs to the mesh {} is left out, because there is no such mesh here{hint}",
            quoted(value)
        );
        problems.warn("missing-mesh", place, message);
    }
}

fn chosen(draft: &mut Draft, problems: &mut Problems) -> Option<MeshDraft> {
    if draft.gaps.meshes {
        return None;
    }
    let mut names: Vec<&Said<String>> = draft.meshes.iter().map(|mesh| &mesh.name).collect();
    if names.is_empty() || draft.wanted.is_some() {
        names.extend(draft.memberships());
    }
    let mut distinct: BTreeMap<&str, &Place> = BTreeMap::new();
    for name in names {
        distinct.entry(&name.value).or_insert(&name.place);
    }
    let listed = distinct.keys().take(LISTED).map(|name| quoted(name));
    let listed: Vec<String> = listed.collect();
    let (name, place) = match (&draft.wanted, distinct.len()) {
        // Kubernetes' objects and the API's JSON need not name it.
        (Some(wanted), 0) if !draft.gaps.meshes => (wanted.clone(), draft.start.clone()),
        (Some(wanted), _) => match distinct.get_key_value(wanted.as_str()) {
            Some((name, place)) => ((*name).to_owned(), (*place).clone()),
            None => {
                let known = listed.join(", ");
                let message = format!("there is no mesh {} here, only {known}", quoted(wanted));
                problems.error("missing-mesh", &draft.start, message);
                return None;
            }
        },
        (None, 0) => return none(draft, problems),
        (None, 1) => distinct
            .first_key_value()
            .map(|(name, place)| ((*name).to_owned(), (*place).clone()))?,
        (None, _) => {
            let message = format!(
                "there are {} meshes here, {}{}: say which one to take (in Rust `Reader::mesh`, or `Reader::read_each` for all; for validate `--mesh NAME`)",
                distinct.len(),
                listed.join(", "),
                if distinct.len() > LISTED {
                    " and more"
                } else {
                    ""
                }
            );
            let place = distinct
                .values()
                .next()
                .map_or_else(Place::default, |p| (*p).clone());
            problems.error("several-meshes", &place, message);
            return None;
        }
    };
    let position = draft.meshes.iter().position(|mesh| mesh.name.value == name);
    Some(match position {
        Some(position) => draft.meshes.swap_remove(position),
        None => undefined(name, place, problems),
    })
}

fn none(draft: &Draft, problems: &mut Problems) -> Option<MeshDraft> {
    if draft.gaps.meshes {
        return None;
    }
    if draft.resources() == 0 {
        if problems.errors() == 0 {
            let message = "there is no mesh here: nothing is an `AWS::AppMesh::Mesh`, or names one";
            problems.error("missing-mesh", &draft.start, message);
        }
        return None;
    }
    let message = format!(
        "nothing here names the mesh, so it is called {UNNAMED}, in metrics and traces too: load the `Mesh` as well, or name it \
         (in Rust `Reader::mesh`, for validate `--mesh NAME`)"
    );
    problems.warn("mesh-not-named", &draft.start, message);
    let name = Said::new(UNNAMED.to_owned(), draft.start.clone());
    Some(MeshDraft {
        name,
        egress_filter: EgressFilter::default(),
        ip_preference: None,
    })
}

fn undefined(name: String, place: Place, problems: &mut Problems) -> MeshDraft {
    let message = format!(
        "the mesh {} is named and nowhere defined, so its egress filter is taken as DROP_ALL: \
         load the template that has its `AWS::AppMesh::Mesh` as well",
        quoted(&name)
    );
    problems.warn("mesh-not-defined", &place, message);
    MeshDraft {
        name: Said::new(name, place),
        egress_filter: EgressFilter::default(),
        ip_preference: None,
    }
}

fn duplicates(draft: &Draft, problems: &mut Problems) {
    let nodes = draft.virtual_nodes.iter().map(|node| &node.name);
    duplicate("virtual node", nodes, problems);
    let routers = draft.virtual_routers.iter().map(|router| &router.name);
    duplicate("virtual router", routers, problems);
    let services = draft.virtual_services.iter().map(|service| &service.name);
    duplicate("virtual service", services, problems);
    let gateways = draft.virtual_gateways.iter().map(|gateway| &gateway.name);
    duplicate("virtual gateway", gateways, problems);
    let routes = draft.routes.iter();
    each_once(
        "route",
        routes.map(|r| (r.router_name(), &r.name)),
        problems,
    );
    let routes = draft.gateway_routes.iter();
    let routes = routes.map(|r| (r.gateway_name(), &r.name));
    each_once("gateway route", routes, problems);
}

/// Names that have to differ within what holds them.
fn each_once<'a>(
    kind: &str,
    names: impl Iterator<Item = (&'a str, &'a Said<String>)>,
    problems: &mut Problems,
) {
    let mut held = BTreeMap::<&str, Vec<&Said<String>>>::new();
    for (holder, name) in names {
        held.entry(holder).or_default().push(name);
    }
    for (holder, names) in held {
        let what = format!("{kind} of {}", quoted(holder));
        duplicate(&what, names.into_iter(), problems);
    }
}

fn duplicate<'a>(
    what: &str,
    names: impl Iterator<Item = &'a Said<String>>,
    problems: &mut Problems,
) {
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for name in names {
        if let Some(first) = seen.insert(&name.value, &name.place) {
            let message = format!(
                "there is a {what} named {} already ({}): rename or remove one of them",
                quoted(&name.value),
                first.shown_from(&name.place)
            );
            problems.error("duplicate-name", &name.place, message);
        }
    }
}

/// The name of a mesh that nobody named.
const UNNAMED: &str = "default";
/// How many names a sentence holds.
const LISTED: usize = 8;
