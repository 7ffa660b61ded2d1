//! A template's sections, by name.

use std::collections::BTreeMap;

use super::mapping::{Mappings, mappings};
pub(super) use crate::load::place::{at, below};
use crate::{
    config::ResourceKind,
    error::Place,
    load::{
        node::{Entry, Node, Value},
        schema::TYPES,
    },
};

/// What of a template App Mesh resources can reach.
pub(super) struct Template<'a> {
    pub(super) parameters: BTreeMap<&'a str, &'a Entry>,
    pub(super) resources: BTreeMap<&'a str, Resource<'a>>,
    pub(super) conditions: BTreeMap<&'a str, &'a Entry>,
    pub(super) mappings: Mappings<'a>,
    /// Whether it asks for `AWS::LanguageExtensions`.
    pub(super) extended: bool,
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
        let named = |name| section(root, name).iter();
        Self {
            parameters: named("Parameters")
                .map(|entry| (entry.key.as_str(), entry))
                .collect(),
            resources: named("Resources")
                .map(|entry| (entry.key.as_str(), Resource::new(entry)))
                .collect(),
            conditions: named("Conditions")
                .map(|entry| (entry.key.as_str(), entry))
                .collect(),
            mappings: mappings(section(root, "Mappings")),
            extended: root
                .member("Transform")
                .is_some_and(|node| transforms(node).any(|name| name == EXTENSIONS)),
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

    /// What says whether it is there.
    pub(super) fn condition(&self) -> Option<&'a Node> {
        self.entry.node.member("Condition")
    }

    pub(super) fn path(&self) -> String {
        below("Resources.", self.id)
    }

    pub(super) fn place(&self) -> Place {
        at(self.path(), &self.entry.key_at)
    }
}

fn section<'a>(root: &'a Node, name: &str) -> &'a [Entry] {
    root.member(name).map_or(&[][..], Node::entries)
}

/// The macros that a `Transform` names; one with arguments has none here.
pub(super) fn transforms(node: &Node) -> impl Iterator<Item = &str> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    items.iter().map(|item| item.text().unwrap_or_default())
}

/// The macro whose functions are computed here.
pub(super) const EXTENSIONS: &str = "AWS::LanguageExtensions";
