//! What a document is.

use super::{
    api::{self, Unsaid},
    kubernetes,
    node::{Node, Value},
    place::place,
};
use crate::error::{Problems, quoted};

/// The form of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Document {
    Template,
    Kubernetes,
    Api,
}

/// Which form a document has; `None` for something else, which is reported.
pub(super) fn form(root: &Node, unsaid: &Unsaid, problems: &mut Problems) -> Option<Document> {
    let found = match &root.value {
        Value::Map(_) => match mapping(root, unsaid) {
            Ok(form) => return Some(form),
            Err(found) => found,
        },
        Value::List(_) => "a list".to_owned(),
        Value::Scalar(_) => "plain text".to_owned(),
    };
    let message = format!(
        "this is {found}, and App Mesh resources are read from CloudFormation templates (`Resources` of the types \
         `AWS::AppMesh::…`), Kubernetes objects (`apiVersion: {}v1beta2`) and the App Mesh API's JSON (`spec`, with the resource's \
         name)",
        kubernetes::GROUP
    );
    problems.error("unknown-document", &place(root.at.clone()), message);
    None
}

/// Whether a document is a CloudFormation template.
pub(super) fn is_template(root: &Node) -> bool {
    let sections = ["Resources", "AWSTemplateFormatVersion"];
    sections.iter().any(|key| root.member(key).is_some())
}

fn mapping(root: &Node, unsaid: &Unsaid) -> Result<Document, String> {
    let there = |key: &str| root.member(key).is_some();
    let text = |key| root.member(key).and_then(Node::text);
    if is_template(root) {
        return Ok(Document::Template);
    }
    if there("apiVersion") && there("kind") {
        return Ok(Document::Kubernetes);
    }
    if api::is_api(root, unsaid) {
        return Ok(Document::Api);
    }
    if there("containerDefinitions") {
        let family = text("family").unwrap_or_default();
        return Err(format!("the ECS task definition {}", quoted(family)));
    }
    let first = root.entries().first().map(|entry| quoted(&entry.key));
    Err(match first {
        Some(key) => format!("a mapping that begins with {key}"),
        None => "an empty mapping".to_owned(),
    })
}
