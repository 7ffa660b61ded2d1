//! Label selectors.

use std::collections::BTreeMap;

use crate::load::node::{Entry, Node, Value};

/// An object's labels.
pub(super) type Labels = BTreeMap<String, String>;

/// The labels that an object bears.
pub(super) fn labels(object: &Node) -> Labels {
    let labels = object.member("metadata").and_then(|m| m.member("labels"));
    labels.map(texts).unwrap_or_default()
}

fn texts(node: &Node) -> Labels {
    let entries = node.entries().iter();
    let labels = entries.map(|entry| {
        let text = entry.node.text().unwrap_or_default();
        (entry.key.clone(), text.to_owned())
    });
    labels.collect()
}

/// Whether a selector takes what bears these labels: all that it says has to hold, and one that says nothing takes everything.
///
/// # Source
/// Kubernetes API conventions, `LabelSelector`.
pub(super) fn takes(selector: &Node, labels: &Labels) -> bool {
    let wanted = selector.member("matchLabels");
    let mut wanted = wanted.map_or(&[][..], Node::entries).iter();
    let equal = wanted.all(|Entry { key, node, .. }| {
        labels.get(key).map(String::as_str) == Some(node.text().unwrap_or_default())
    });
    let expressions = selector.member("matchExpressions");
    let expressions = expressions.map_or(&[][..], items);
    equal
        && expressions
            .iter()
            .all(|expression| holds(expression, labels))
}

/// How much of it there is to be compared.
pub(super) fn size(selector: &Node) -> usize {
    let labels = selector.member("matchLabels");
    let expressions = selector.member("matchExpressions");
    let values = expressions.map_or(&[][..], items).iter().map(|expression| {
        let values = expression.member("values");
        1 + values.map_or(0, |values| items(values).len())
    });
    labels.map_or(0, |labels| labels.entries().len()) + values.sum::<usize>()
}

fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => &[],
    }
}

fn holds(expression: &Node, labels: &Labels) -> bool {
    let text = |key| {
        expression
            .member(key)
            .and_then(Node::text)
            .unwrap_or_default()
    };
    let found = labels.get(text("key"));
    let among = || match expression.member("values").map(|node| &node.value) {
        Some(Value::List(values)) => values
            .iter()
            .any(|value| value.text() == found.map(String::as_str)),
        _ => false,
    };
    match text("operator") {
        "In" => found.is_some() && among(),
        "NotIn" => found.is_none() || !among(),
        "Exists" => found.is_some(),
        "DoesNotExist" => found.is_none(),
        _ => false,
    }
}
