//! What a document is.

use super::{
    api::{self, Unsaid},
    kubernetes,
    node::{Node, Value},
    place::place,
};
use crate::error::{Location, Problems, quoted};

/// The form of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Document {
    Template,
    Kubernetes,
    Api,
}

/// The documents that a root is: the items of a list of the API's JSON, as `jq -s` makes it; else the root alone.
pub(super) fn documents(root: Node, unsaid: &Unsaid) -> Vec<Node> {
    match root {
        Node {
            value: Value::List(items),
            tag: None,
            ..
        } if !items.is_empty() && items.iter().all(|item| is_api(item, unsaid)) => items,
        root => vec![root],
    }
}

/// Which form a document has; `None` for something else, which is reported.
pub(super) fn form(root: &Node, unsaid: &Unsaid, problems: &mut Problems) -> Option<Document> {
    let found = match told(root, unsaid) {
        Ok(form) => return Some(form),
        Err(found) => found,
    };
    let (found, at) = misplaced(root, unsaid).unwrap_or((found, &root.at));
    let message = format!(
        "this is {found}, and App Mesh resources are read from CloudFormation templates (`Resources` of the types \
         `AWS::AppMesh::…`), Kubernetes objects (`apiVersion: {}v1beta2`) and the App Mesh API's JSON (`spec`, with the resource's \
         name)",
        kubernetes::GROUP
    );
    problems.error("unknown-document", &place(at.clone()), message);
    None
}

/// The first thing that a list of the API's JSON may not hold, and where it stands.
fn misplaced<'a>(root: &'a Node, unsaid: &Unsaid) -> Option<(String, &'a Location)> {
    let Value::List(items) = &root.value else {
        return None;
    };
    if !items.iter().any(|item| is_api(item, unsaid)) {
        return None;
    }
    let item = items.iter().find(|item| !is_api(item, unsaid))?;
    let found = match told(item, unsaid) {
        Ok(Document::Template) => "a CloudFormation template".to_owned(),
        Ok(Document::Kubernetes) => "a Kubernetes object".to_owned(),
        Ok(Document::Api) => return None,
        Err(found) => found,
    };
    Some((format!("{found} in a list of the API's JSON"), &item.at))
}

fn is_api(node: &Node, unsaid: &Unsaid) -> bool {
    told(node, unsaid) == Ok(Document::Api)
}

/// The form of a document, or else what it is.
fn told(node: &Node, unsaid: &Unsaid) -> Result<Document, String> {
    match &node.value {
        Value::Map(_) => mapping(node, unsaid),
        Value::List(_) => Err("a list".to_owned()),
        Value::Scalar(_) => Err("plain text".to_owned()),
    }
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
