//! What a document is, for those that are not what this version reads.

use super::{
    node::{Node, Value},
    tree::place,
};
use crate::error::{Problems, quoted};

/// Whether the document is a CloudFormation template; what it is instead is reported.
pub(super) fn is_cloudformation(root: &Node, problems: &mut Problems) -> bool {
    let found = match &root.value {
        Value::Map(_) if template(root) => return true,
        Value::Map(_) => mapping(root),
        Value::List(_) => "a list".to_owned(),
        Value::Scalar(_) => "plain text".to_owned(),
    };
    let message = format!(
        "this is {found}, and this version reads CloudFormation: a template with `Resources` of the types \
         `AWS::AppMesh::…`"
    );
    problems.error("not-cloudformation", &place(root.at.clone()), message);
    false
}

fn template(root: &Node) -> bool {
    let known = ["Resources", "AWSTemplateFormatVersion"];
    known.iter().any(|key| root.member(key).is_some())
}

fn mapping(root: &Node) -> String {
    let text = |key| root.member(key).and_then(Node::text);
    if let (Some(version), Some(kind)) = (text("apiVersion"), text("kind")) {
        let whose = match version.starts_with("appmesh.k8s.aws/") {
            true => "an App Mesh object of Kubernetes",
            false => "a Kubernetes object",
        };
        return format!("{whose} ({}, {})", quoted(kind), quoted(version));
    }
    let api = API_KEYS.iter().find(|key| root.member(key).is_some());
    match api {
        Some(key) => format!("the App Mesh API's JSON, by its key `{key}`"),
        None => "a mapping without `Resources`".to_owned(),
    }
}

const API_KEYS: [&str; 10] = [
    "spec",
    "meshName",
    "mesh",
    "virtualNode",
    "virtualNodeName",
    "virtualRouter",
    "virtualService",
    "virtualGateway",
    "route",
    "gatewayRoute",
];
