//! A template's sections, by name.

use std::collections::BTreeMap;

pub(super) use crate::load::place::{at, below};
use crate::{
    config::ResourceKind,
    error::Place,
    load::{
        node::{Entry, Node},
        schema::TYPES,
    },
};

/// What of a template App Mesh resources can reach.
pub(super) struct Template<'a> {
    pub(super) parameters: BTreeMap<&'a str, &'a Entry>,
    pub(super) resources: BTreeMap<&'a str, Resource<'a>>,
    /// The values that the caller gave.
    pub(super) values: &'a BTreeMap<String, String>,
}

/// One resource of a template.
#[derive(Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) id: &'a str,
    pub(super) entry: &'a Entry,
    /// Its type; empty if it has none, or nothing that could be one.
    pub(super) kind: &'a str,
    pub(super) properties: Option<&'a Entry>,
    /// There for App Mesh resources.
    pub(super) app_mesh: Option<AppMesh>,
}

#[derive(Clone, Copy)]
pub(super) struct AppMesh {
    pub(super) kind: ResourceKind,
    /// The property that names the resource.
    pub(super) name: &'static str,
}

impl<'a> Template<'a> {
    pub(super) fn new(root: &'a Node, values: &'a BTreeMap<String, String>) -> Self {
        let parameters = section(root, "Parameters");
        let resources = section(root, "Resources");
        Self {
            parameters: parameters
                .map(|entry| (entry.key.as_str(), entry))
                .collect(),
            resources: resources
                .map(|entry| (entry.key.as_str(), Resource::new(entry)))
                .collect(),
            values,
        }
    }

    /// What a name in the template can stand for.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.parameters.keys().chain(self.resources.keys()).copied()
    }
}

impl<'a> Resource<'a> {
    pub(super) fn new(entry: &'a Entry) -> Self {
        let kind = entry.node.member("Type").filter(|node| node.tag.is_none());
        let kind = kind.and_then(Node::text).filter(|text| text.contains("::"));
        let kind = kind.unwrap_or_default();
        let known = TYPES.iter().find(|(name, _, _)| *name == kind);
        let properties = entry.node.entries().iter();
        Self {
            id: &entry.key,
            entry,
            kind,
            properties: properties
                .into_iter()
                .find(|entry| entry.key == "Properties"),
            app_mesh: known.map(|(_, kind, name)| AppMesh { kind: *kind, name }),
        }
    }

    /// Whether nobody knows what it is, which is reported once, with its section.
    pub(super) fn is_untyped(&self) -> bool {
        self.kind.is_empty()
    }

    pub(super) fn property(&self, name: &str) -> Option<&'a Node> {
        self.properties?.node.member(name)
    }

    pub(super) fn path(&self) -> String {
        below("Resources.", self.id)
    }

    pub(super) fn place(&self) -> Place {
        at(self.path(), &self.entry.key_at)
    }
}

fn section<'a>(root: &'a Node, name: &str) -> impl Iterator<Item = &'a Entry> {
    root.member(name).map_or(&[][..], Node::entries).iter()
}
