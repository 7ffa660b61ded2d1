//! Parameters: the value given, else the default, within what is allowed.

use std::collections::BTreeMap;

use super::{
    resolve::{Known, LONGEST, UNKNOWN, text},
    resolved::{Content, Resolved},
    template::at,
};
use crate::{
    error::{Place, Problems, quoted, shortened},
    load::node::{Entry, Node, Value},
};

/// A declared parameter's value.
pub(super) fn value(
    declared: &Entry,
    values: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Known {
    let Entry { key, key_at, node } = declared;
    let place = at(format!("Parameters.{key}"), key_at);
    let kind = node.member("Type").and_then(Node::text).unwrap_or("String");
    let stored = kind.starts_with("AWS::SSM::Parameter::Value");
    let default = node.member("Default").filter(|_| !stored);
    let value = match (values.get(key), default.map(|node| &node.value)) {
        (Some(given), _) => given.as_str(),
        (None, Some(Value::Scalar(default))) => &default.text,
        (None, _) => {
            let why = if stored {
                "is kept in AWS Systems Manager"
            } else {
                "has no default"
            };
            let message = format!(
                "the parameter {} {why}: give its value (validate: `--param {}=VALUE`)",
                quoted(key),
                shortened(key)
            );
            problems.error("missing-parameter", &place, message);
            return UNKNOWN;
        }
    };
    if value.len() > LONGEST {
        let message = format!(
            "the value of the parameter {} is longer than {LONGEST} bytes: shorten it",
            quoted(key)
        );
        problems.error("out-of-range", &place, message);
        return UNKNOWN;
    }
    allowed(declared, value, &place, problems);
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        let items = value.split(',').map(|item| Resolved {
            content: Content::Text(item.trim().to_owned()),
            place: place.clone(),
        });
        return Known::Content(Content::List(items.collect()));
    }
    text(value)
}

fn allowed(declared: &Entry, value: &str, place: &Place, problems: &mut Problems) {
    let Some(Value::List(items)) = declared
        .node
        .member("AllowedValues")
        .map(|node| &node.value)
    else {
        return;
    };
    let mut words = items.iter().filter_map(Node::text);
    if words.clone().any(|word| word == value) {
        return;
    }
    let first: Vec<String> = words.by_ref().take(LISTED).map(quoted).collect();
    let message = format!(
        "the parameter {} may not be {}: its `AllowedValues` are {}",
        quoted(&declared.key),
        quoted(value),
        first.join(", ")
    );
    problems.error("parameter-not-allowed", place, message);
}

const LISTED: usize = 16;
