//! The sections of a template: whether they are what they have to be, before anything in them is read.

use std::fmt;

use super::template::{EXTENSIONS, Resource, at, below, transforms};
use crate::{
    config::spelling::nearest,
    error::{Place, Problems, quoted},
    load::{
        merge::MERGE,
        node::{Entry, Node, Value},
    },
};

/// Reports sections, parameters and resources that could only be passed over.
///
/// # Source
/// CloudFormation user guide, "Template sections".
pub(super) fn check(root: &Node, problems: &mut Problems) {
    for section in root.entries() {
        let place = at(section.key.clone(), &section.key_at);
        match section.key.as_str() {
            "Resources" => entries(section, problems, resource),
            "Parameters" => entries(section, problems, parameter),
            "Transform" if transforms(&section.node).all(|name| name == EXTENSIONS) => {}
            "Transform" => {
                let message =
                    "this version runs no macros: the template is read as if it had no `Transform`";
                problems.warn("not-supported-yet", &place, message);
            }
            known if SECTIONS.contains(&known) => {}
            unknown => {
                let known = || SECTIONS.into_iter().chain(["Resources", "Parameters"]);
                // Neither searched nor written where nobody will see it.
                let message = fmt::from_fn(|f| {
                    let (section, hint) = (quoted(unknown), nearest(unknown, known()));
                    write!(
                        f,
                        "a template has no section {section}, so it is passed over{hint}"
                    )
                });
                problems.warn("unknown-section", &place, message);
            }
        }
    }
}

fn entries(section: &Entry, problems: &mut Problems, check: fn(&Entry, &Place, &mut Problems)) {
    if section.node.is_null() || !mapping(&section.node, &section.key, problems) {
        return;
    }
    for entry in section.node.entries() {
        let place = at(
            below(&section.key, &format!(".{}", entry.key)),
            &entry.key_at,
        );
        // Both are told of elsewhere.
        if entry.key != MERGE && !entry.key.starts_with("Fn::") {
            check(entry, &place, problems);
        }
    }
}

fn resource(entry: &Entry, place: &Place, problems: &mut Problems) {
    if !mapping(&entry.node, &entry.key, problems) || entry.node.member(MERGE).is_some() {
        return;
    }
    if Resource::new(entry).is_untyped() {
        let message = format!(
            "the resource {} has no `Type` as `AWS::AppMesh::Mesh` is one, so nobody knows what it is: add it",
            quoted(&entry.key)
        );
        problems.error("missing-property", place, message);
    }
}

fn parameter(entry: &Entry, _: &Place, problems: &mut Problems) {
    if !mapping(&entry.node, &entry.key, problems) {
        return;
    }
    let default = entry.node.member("Default");
    if let Some(default) = default.filter(|node| !node.is_null() && plain_text(node).is_none()) {
        let message = format!(
            "the default of the parameter {} has to be a text or a number: no list, no mapping, no function",
            quoted(&entry.key)
        );
        let place = at(below("Parameters.", &entry.key), &default.at);
        problems.error("wrong-type", &place, message);
    }
}

/// Whether something is a mapping as it stands; else that is reported.
fn mapping(node: &Node, key: &str, problems: &mut Problems) -> bool {
    if matches!((&node.value, &node.tag), (Value::Map(_), None)) {
        return true;
    }
    let message = format!("a mapping of keys and values is due under {}", quoted(key));
    problems.error("wrong-type", &at(key.to_owned(), &node.at), message);
    false
}

fn plain_text(node: &Node) -> Option<&str> {
    node.text().filter(|_| node.tag.is_none())
}

const SECTIONS: [&str; 8] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Rules",
];
