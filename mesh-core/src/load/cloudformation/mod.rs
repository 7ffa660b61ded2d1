//! CloudFormation templates: their App Mesh resources, with every function's value in its place.
//!
//! Functions are resolved first, then the properties are held against their shape. Other resources are looked at only
//! where an App Mesh resource refers to them.

mod arn;
mod attribute;
mod call;
mod condition;
mod constraint;
mod encode;
mod function;
mod import;
mod list;
mod mapping;
mod parameter;
mod reference;
mod resolve;
mod section;
mod substitute;
mod template;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub(super) use self::{import::IMPORT, reference::is_pseudo};
use self::{
    resolve::Resolve,
    template::{AppMesh, Resource, Template, at},
};
use super::{
    conform::{self, NoReferences, Rules},
    node::{Entry, Node},
    read::Read,
    schema,
    shape::{Form, Kind},
};
use crate::{
    config::{ResourceKind, draft::Said, spelling::nearest},
    error::{Problems, quoted},
};

/// What a template gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) resources: Vec<Read>,
    /// Whether something is there of which nobody knows what it is.
    pub(super) unknown: bool,
    /// The names of values that only the caller can give, as far as they were asked for.
    pub(super) asked: BTreeSet<String>,
}

/// Reads a template's App Mesh resources.
pub(super) fn read(
    root: &Node,
    values: &BTreeMap<String, String>,
    lenient: bool,
    problems: &mut Problems,
) -> Found {
    section::check(root, problems);
    let template = Template::new(root, values);
    let mut resolve = Resolve::new(&template, problems);
    let mut found = Found::default();
    for entry in root.member("Resources").map_or(&[][..], Node::entries) {
        let Some(resource) = template.resources.get(entry.key.as_str()).copied() else {
            continue;
        };
        match resource.app_mesh {
            Some(app_mesh) => match resolve.is_there(resource) {
                Some(true) => {
                    let read = app_mesh_resource(resource, app_mesh, lenient, &mut resolve);
                    found.resources.push(read);
                }
                Some(false) => {}
                None => found.unknown = true,
            },
            None if resource.is_untyped() && !resource.id.starts_with("Fn::") => {
                found.unknown = true;
            }
            None => foreign(resource, resolve.problems),
        }
    }
    found.asked = resolve.asked;
    found
}

/// The names that a value can be given for: parameters and resources.
pub(super) fn names(root: &Node) -> impl Iterator<Item = &str> {
    let sections = ["Parameters", "Resources"].into_iter();
    let entries = sections.flat_map(|section| root.member(section).map_or(&[][..], Node::entries));
    entries.map(|entry| entry.key.as_str())
}

/// The resource with its properties resolved, held against their shape and under the API's names.
fn app_mesh_resource<'a>(
    resource: Resource<'a>,
    app_mesh: AppMesh,
    lenient: bool,
    resolve: &mut Resolve<'a, '_>,
) -> Read {
    let before = (resolve.problems.errors(), resolve.lost);
    attributes(resource, resolve.problems);
    let shape = schema::of(app_mesh.kind);
    let properties = resolve.properties(resource, &Kind::Object(shape));
    let lost = resolve.lost;
    let problems = &mut *resolve.problems;
    let place = match resource.properties {
        Some(entry) => at(properties.place.path.clone(), &entry.key_at),
        None => resource.place(),
    };
    let form = Form::CloudFormation;
    conform::object(
        &properties,
        shape,
        &place,
        Rules { form, lenient },
        problems,
    );
    let properties = conform::canonical(&properties, shape, form, &NoReferences, problems);
    let own = app_mesh.kind.name();
    let name = properties.text(&[own]);
    let named = name.is_some() || properties.at(&[own]).is_none();
    Read {
        kind: app_mesh.kind,
        form,
        mesh: match app_mesh.kind {
            ResourceKind::Mesh => None,
            _ => properties.text(&["meshName"]),
        },
        parent: app_mesh
            .kind
            .parent()
            .and_then(|parent| properties.text(&[parent])),
        name: name.unwrap_or_else(|| Said::new(resource.id.to_owned(), resource.place())),
        named,
        whole: (problems.errors(), lost) == before,
        properties,
    }
}

/// What stands beside `Type` and `Properties`.
fn attributes(resource: Resource<'_>, problems: &mut Problems) {
    for Entry { key, key_at, .. } in resource.entry.node.entries() {
        let place = at(format!("{}.{key}", resource.path()), key_at);
        if !ATTRIBUTES.contains(&key.as_str()) {
            let hint = fmt::from_fn(|f| f.write_str(&nearest(key, ATTRIBUTES.into_iter())));
            let message =
                fmt::from_fn(|f| write!(f, "a resource has no attribute {}{hint}", quoted(key)));
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
        let known = || schema::TYPES.iter().map(|(name, _, _)| *name);
        let hint = fmt::from_fn(|f| f.write_str(&nearest(resource.kind, known())));
        let message = fmt::from_fn(|f| {
            let kind = quoted(resource.kind);
            write!(f, "there is no resource type {kind}{hint}")
        });
        problems.error("unknown-type", &resource.place(), message);
    }
}

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
