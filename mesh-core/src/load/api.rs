//! The App Mesh API's JSON: input of its create and update calls, output of the others, and bare specs.

use super::{
    conform::{self, NoReferences, Rules},
    node::{Entry, Node, Value},
    place::{at, place},
    plain::plain,
    read::Read,
    resolved::Resolved,
    schema,
    shape::{Form, Kind},
};
use crate::{
    config::{ResourceKind, draft::Said},
    error::{Place, Problems, quoted},
};

/// What the command line said that a file does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsaid {
    pub(super) kind: Option<ResourceKind>,
    /// The resource's name; before a slash, that of the router or the gateway it is a part of.
    pub(super) name: Option<String>,
}

/// Whether a mapping can be one of the API's.
pub(super) fn is_api(root: &Node, unsaid: &Unsaid) -> bool {
    let mut keys = root.entries().iter().map(|entry| entry.key.as_str());
    of_name(root).is_some()
        || keys.any(|key| key == "spec" || wrapped(key).is_some() || listed(key))
        || is_content(root, unsaid)
}

/// Whether a mapping is what the command line takes as its `--spec`, of the kind that was said.
fn is_content(root: &Node, unsaid: &Unsaid) -> bool {
    let spec = unsaid
        .kind
        .and_then(|kind| schema::of(kind).property("spec", Form::Api));
    let Some(Kind::Object(shape)) = spec.map(|spec| &spec.kind) else {
        return false;
    };
    let known = |key: &str| shape.property(key, Form::Api).is_some();
    let entries = root.entries();
    root.member("spec").is_none()
        && (entries.is_empty() || entries.iter().any(|entry| known(&entry.key)))
}

/// The resource whose spec this is.
fn around(spec: &Node) -> Node {
    let entry = Entry {
        key: "spec".to_owned(),
        key_at: spec.at.clone(),
        node: spec.clone(),
    };
    Node {
        value: Value::Map(vec![entry]),
        tag: None,
        at: spec.at.clone(),
    }
}

/// Reads one resource; `None` if it cannot be told what it is, which is reported.
pub(super) fn read(
    root: &Node,
    unsaid: &Unsaid,
    lenient: bool,
    problems: &mut Problems,
) -> Option<Read> {
    if let Some(entry) = root.entries().iter().find(|entry| listed(&entry.key)) {
        let message = format!(
            "this is the output of a list call ({}), which has no specs: take that of a describe call for each resource",
            quoted(&entry.key)
        );
        problems.error(
            "list-output",
            &at(entry.key.clone(), &entry.key_at),
            message,
        );
        return None;
    }
    let wrapper = root.entries().iter().find_map(|entry| {
        let kind = wrapped(&entry.key)?;
        (!entry.node.entries().is_empty()).then_some((kind, &entry.node))
    });
    let whole = is_content(root, unsaid).then(|| around(root));
    let root = whole.as_ref().unwrap_or(root);
    let (kind, resource) = match wrapper {
        Some((kind, resource)) => (kind, resource),
        None => (kind(root, unsaid, problems)?, root),
    };
    let unsaid = match wrapper {
        Some(_) => &Unsaid::default(),
        None => unsaid,
    };
    Some(checked(resource, kind, (unsaid, lenient), problems))
}

fn checked(
    resource: &Node,
    kind: ResourceKind,
    (unsaid, lenient): (&Unsaid, bool),
    problems: &mut Problems,
) -> Read {
    let before = problems.errors();
    let form = Form::Api;
    let shape = schema::of(kind);
    let written = plain(resource, "", problems);
    let named_at = place(resource.at.clone());
    conform::object(
        &written,
        shape,
        &named_at,
        Rules { form, lenient },
        problems,
    );
    let properties = conform::canonical(&written, shape, form, &NoReferences, problems);
    deleted(&properties, problems);
    let (parent, name) = names(&properties, kind, unsaid, &named_at);
    if name.is_none() {
        let message = format!(
            "this {} has no name, which `{}` would give: say it (in Rust `Reader::bare`, for validate `--kind {kind} --name NAME`)",
            kind.api(),
            kind.name()
        );
        problems.error("missing-name", &named_at, message);
    }
    Read {
        kind,
        form,
        mesh: match kind {
            ResourceKind::Mesh => None,
            _ => properties.text(&["meshName"]),
        },
        parent,
        named: name.is_some(),
        name: name.unwrap_or_else(|| Said::new(kind.api().to_owned(), named_at)),
        whole: problems.errors() == before,
        properties,
    }
}

/// What the resource is a part of, and its own name: as it says them, else as the command line does.
fn names(
    properties: &Resolved,
    kind: ResourceKind,
    unsaid: &Unsaid,
    place: &Place,
) -> (Option<Said<String>>, Option<Said<String>>) {
    let given = unsaid.name.as_deref();
    let (parent, name) = match (kind.parent(), given.and_then(|given| given.split_once('/'))) {
        (Some(_), Some((parent, name))) => (Some(parent), Some(name)),
        _ => (None, given),
    };
    let said = |name: &str| Said::new(name.to_owned(), place.clone());
    let own_parent = kind.parent().and_then(|key| properties.text(&[key]));
    let own = properties.text(&[kind.name()]);
    (
        own_parent.or_else(|| parent.map(said)),
        own.or_else(|| name.map(said)),
    )
}

fn kind(root: &Node, unsaid: &Unsaid, problems: &mut Problems) -> Option<ResourceKind> {
    if let Some(kind) = of_name(root).or(unsaid.kind) {
        return Some(kind);
    }
    let spec = root.member("spec");
    let empty = spec.is_some_and(|spec| spec.entries().is_empty());
    // All others have names of their own beside the mesh's.
    let mesh = (empty && root.member("meshName").is_some()).then_some(ResourceKind::Mesh);
    if let Some(kind) = spec.and_then(of_spec).or(mesh) {
        return Some(kind);
    }
    let message = "this spec can be that of several kinds of resources, and nothing in the file says which: say it (in Rust \
                   `Reader::bare`, for validate `--kind KIND --name NAME`)";
    let place = place(spec.unwrap_or(root).at.clone());
    problems.error("unknown-kind", &place, message);
    None
}

/// The kind that a resource's own name tells.
fn of_name(root: &Node) -> Option<ResourceKind> {
    // A route names its router too.
    let kinds = [
        ResourceKind::GatewayRoute,
        ResourceKind::Route,
        ResourceKind::VirtualNode,
        ResourceKind::VirtualService,
        ResourceKind::VirtualGateway,
        ResourceKind::VirtualRouter,
    ];
    let there = |key| root.member(key).is_some();
    let spec = root.member("spec");
    let part = spec
        .and_then(of_spec)
        .filter(|kind| kind.parent().is_some());
    let named = kinds.into_iter().find(|kind| there(kind.name()));
    // What was described has its name, so it lacks no other; what is to be created may have it on the command line.
    let of_mesh = |spec: &Node| {
        let described = there("metadata") || there("status");
        of_spec(spec) == Some(ResourceKind::Mesh) || described && spec.entries().is_empty()
    };
    let mesh = there("meshName") && spec.is_none_or(of_mesh);
    // `virtualRouterName` beside a route's spec is the route's router.
    let mesh = mesh.then_some(ResourceKind::Mesh);
    part.or(named).or(mesh)
}

/// The kind that a spec can only be of.
fn of_spec(spec: &Node) -> Option<ResourceKind> {
    let there = |key: &str| spec.member(key).is_some();
    if ["httpRoute", "http2Route", "grpcRoute", "tcpRoute"]
        .into_iter()
        .any(there)
    {
        let routes = spec.entries().iter();
        let mut actions = routes.filter_map(|route| route.node.member("action"));
        let targets = actions.any(|action| action.member("target").is_some());
        return Some(match targets {
            true => ResourceKind::GatewayRoute,
            false => ResourceKind::Route,
        });
    }
    let discovery = spec.member("serviceDiscovery");
    let of_mesh = |node: &Node| node.member("ipPreference").is_some();
    match () {
        () if there("provider") => Some(ResourceKind::VirtualService),
        () if there("egressFilter") || discovery.is_some_and(of_mesh) => Some(ResourceKind::Mesh),
        () if discovery.is_some() || there("backends") => Some(ResourceKind::VirtualNode),
        () => None,
    }
}

/// The kind of a describe call's output, by the key around it.
fn wrapped(key: &str) -> Option<ResourceKind> {
    let mut kinds = ResourceKind::ALL.into_iter();
    kinds.find(|kind| *kind != ResourceKind::BackendGroup && kind.api() == key)
}

fn listed(key: &str) -> bool {
    matches!(
        key,
        "meshes"
            | "virtualNodes"
            | "virtualRouters"
            | "routes"
            | "virtualServices"
            | "virtualGateways"
            | "gatewayRoutes"
    )
}

fn deleted(properties: &Resolved, problems: &mut Problems) {
    let status = properties.text(&["status", "status"]);
    if let Some(Said { place, .. }) = status.filter(|said| said.value == "DELETED") {
        let message = "this is what a delete call answered; the resource is taken as if it were still there: leave the file out \
                       if it is not";
        problems.warn("deleted-resource", &place, message);
    }
}
