//! CloudFormation templates: their App Mesh resources into a draft.
//!
//! Functions are resolved first, then the properties are held against their [`schema`], then they are read. Other
//! resources are looked at only where an App Mesh resource refers to them.

mod arn;
mod attribute;
mod call;
mod condition;
mod conform;
mod constraint;
mod encode;
mod function;
mod import;
mod list;
mod listener;
mod mapping;
mod parameter;
mod reference;
mod resolve;
mod resolved;
mod route;
mod schema;
mod section;
mod shape;
mod spec;
mod substitute;
mod template;
mod twice;

use std::collections::BTreeMap;

pub(super) use self::{import::IMPORT, reference::is_pseudo, twice::Seen};
use self::{
    resolve::Resolve,
    resolved::Resolved,
    shape::Kind,
    template::{AppMesh, Resource, Template, at},
};
use super::node::{Entry, Node};
use crate::{
    config::{
        draft::{Draft, Said},
        spelling::nearest,
    },
    error::{Problems, quoted},
};

/// Reads a template's App Mesh resources into the draft and returns how many there are that were not seen before.
pub(super) fn read(
    root: &Node,
    values: &BTreeMap<String, String>,
    draft: &mut Draft,
    seen: &mut Seen,
    problems: &mut Problems,
) -> usize {
    section::check(root, problems);
    let template = Template::new(root, values);
    let mut resolve = Resolve::new(&template, problems);
    let mut resources = 0;
    for entry in root.member("Resources").map_or(&[][..], Node::entries) {
        let Some(resource) = template.resources.get(entry.key.as_str()).copied() else {
            continue;
        };
        match resource.app_mesh {
            Some(app_mesh) => match resolve.is_there(resource) {
                Some(true) => {
                    let new = app_mesh_resource(resource, app_mesh, &mut resolve, draft, seen);
                    resources += usize::from(new);
                }
                Some(false) => {}
                None => {
                    resources += 1;
                    draft.gaps.everything();
                }
            },
            None if resource.is_untyped() && !resource.id.starts_with("Fn::") => {
                draft.gaps.everything()
            }
            None => foreign(resource, resolve.problems),
        }
    }
    seen.asked.append(&mut resolve.asked);
    resources
}

/// The names that a value can be given for: parameters and resources.
pub(super) fn names(root: &Node) -> impl Iterator<Item = &str> {
    let sections = ["Parameters", "Resources"].into_iter();
    let entries = sections.flat_map(|section| root.member(section).map_or(&[][..], Node::entries));
    entries.map(|entry| entry.key.as_str())
}

/// A resource with its properties, ready to be read.
pub(super) struct Read<'a> {
    kind: &'a str,
    properties: Resolved,
    name: Said<String>,
    /// Whether that is its name; else the name could not be read, and its logical id stands for it.
    named: bool,
    mesh: Option<Said<String>>,
    /// Whether nothing was wrong with it.
    whole: bool,
}

/// Reads one resource; whether it counts, which the same one in another document does not.
fn app_mesh_resource<'a>(
    resource: Resource<'a>,
    app_mesh: AppMesh,
    resolve: &mut Resolve<'a, '_>,
    draft: &mut Draft,
    seen: &mut Seen,
) -> bool {
    let left_out = lost_with(resource).is_some() || route::is_left_out(resource);
    let read = checked(resource, app_mesh, left_out, resolve);
    let problems = &mut *resolve.problems;
    if let Some(counts) = seen.has(&read, app_mesh.shape.what, problems) {
        return counts;
    }
    if left_out {
        draft.left_out.extend(read.mesh.clone());
    }
    if lost_with(resource).is_none() {
        spec::read(read, draft, problems);
    }
    true
}

/// The resource with its properties resolved and held against their shape.
fn checked<'a>(
    resource: Resource<'a>,
    app_mesh: AppMesh,
    left_out: bool,
    resolve: &mut Resolve<'a, '_>,
) -> Read<'a> {
    let before = (resolve.problems.errors(), resolve.lost);
    attributes(resource, resolve.problems);
    let properties = resolve.properties(resource, &Kind::Object(app_mesh.shape), left_out);
    let lost = resolve.lost;
    let problems = &mut *resolve.problems;
    let place = match resource.properties {
        Some(entry) => at(properties.place.path.clone(), &entry.key_at),
        None => resource.place(),
    };
    if let Some(lost) = lost_with(resource) {
        conform::left_out(&properties, app_mesh.shape, &place, problems);
        let message = format!("this version has no gateways yet: {lost}");
        problems.warn("not-supported-yet", &resource.place(), message);
    } else {
        conform::object(&properties, app_mesh.shape, &place, problems);
    }
    let name = properties.text(&[app_mesh.name]);
    let named = name.is_some() || properties.at(&[app_mesh.name]).is_none();
    Read {
        kind: resource.kind,
        mesh: properties.text(&["MeshName"]),
        name: name.unwrap_or_else(|| Said::new(resource.id.to_owned(), resource.place())),
        named,
        whole: (problems.errors(), lost) == before,
        properties,
    }
}

/// What is not done because this is a gateway's; `None` for everything else.
fn lost_with(resource: Resource<'_>) -> Option<&'static str> {
    let gateway = GATEWAYS.iter().find(|(kind, _)| *kind == resource.kind);
    gateway.map(|(_, lost)| *lost)
}

/// What stands beside `Type` and `Properties`.
fn attributes(resource: Resource<'_>, problems: &mut Problems) {
    for Entry { key, key_at, .. } in resource.entry.node.entries() {
        let place = at(format!("{}.{key}", resource.path()), key_at);
        if !ATTRIBUTES.contains(&key.as_str()) {
            let message = format!(
                "a resource has no attribute {}{}",
                quoted(key),
                nearest(key, ATTRIBUTES.into_iter())
            );
            problems.error("unknown-property", &place, message);
        }
    }
}

/// Resources of other kinds are none of ours, unless they were meant to be.
fn foreign(resource: Resource<'_>, problems: &mut Problems) {
    if resource.id.starts_with("Fn::") {
        let message = format!(
            "this version does not compute {} yet, so it cannot tell which resources come of it: write them out",
            quoted(resource.id)
        );
        problems.error("unsupported-for-each", &resource.place(), message);
    } else if resource
        .kind
        .to_ascii_lowercase()
        .starts_with("aws::appmesh::")
    {
        let known = schema::TYPES.iter().map(|(kind, _, _)| *kind);
        let message = format!(
            "there is no resource type {}{}",
            quoted(resource.kind),
            nearest(resource.kind, known)
        );
        problems.error("unknown-type", &resource.place(), message);
    }
}

const GATEWAYS: [(&str, &str); 2] = [
    (
        "AWS::AppMesh::VirtualGateway",
        "nothing is served at its listeners; keep the gateway that you have",
    ),
    (
        "AWS::AppMesh::GatewayRoute",
        "its route is left out; keep the gateway that you have",
    ),
];
const ATTRIBUTES: [&str; 9] = [
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "CreationPolicy",
    "DeletionPolicy",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];
