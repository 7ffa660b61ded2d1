//! Parameters: the value given, else the default, within what is allowed.

use super::{
    constraint,
    list::texts,
    resolve::{Known, LONGEST, Resolve, text},
    template::at,
};
use crate::{
    error::{Place, quoted, shortened},
    load::node::{Entry, Node, Value},
};

/// A declared parameter's value; `None` if there is none that it may have, which is reported.
pub(super) fn value(declared: &Entry, resolve: &mut Resolve<'_, '_>) -> Option<Known> {
    let Entry { key, key_at, node } = declared;
    let place = at(format!("Parameters.{key}"), key_at);
    if !matches!(node.value, Value::Map(_)) {
        // Reported already, with its section.
        return None;
    }
    let kind = node.member("Type").and_then(Node::text).unwrap_or("String");
    let stored = kind.starts_with(STORED);
    let value = match resolve.template.values.get(key) {
        Some(given) => given.as_str(),
        None => match default(declared, stored) {
            Some(default) => default,
            None => {
                missing(key, stored, &place, resolve);
                return None;
            }
        },
    };
    if value.len() > LONGEST {
        let message = format!(
            "the value of the parameter {} is longer than {LONGEST} bytes: shorten it",
            quoted(key)
        );
        resolve.problems.error("out-of-range", &place, message);
        return None;
    }
    let items: Vec<&str> = match is_list(kind) {
        true => value.split(',').map(str::trim).collect(),
        false => vec![value],
    };
    // What is kept in Systems Manager is constrained by its name there, not by its value.
    if !stored {
        constraint::check(declared, kind, &items, resolve).then_some(())?;
    }
    Some(match is_list(kind) {
        true => texts(items.into_iter(), &place),
        false => text(value),
    })
}

fn default(declared: &Entry, stored: bool) -> Option<&str> {
    let default = declared.node.member("Default").filter(|_| !stored)?;
    match &default.value {
        Value::Scalar(scalar) => Some(&scalar.text),
        _ => None,
    }
}

fn missing(key: &str, stored: bool, place: &Place, resolve: &mut Resolve<'_, '_>) {
    let why = match stored {
        true => "is kept in AWS Systems Manager",
        false => "has no default",
    };
    let message = format!(
        "the parameter {} {why}: give its value (validate: `--param {}=VALUE`)",
        quoted(key),
        shortened(key)
    );
    resolve.missing(key, "missing-parameter", &message, place);
}

/// Whether values of that type are lists: `CommaDelimitedList`, `List<…>`, or either of them in Systems Manager.
fn is_list(kind: &str) -> bool {
    let kind = kind.strip_prefix(STORED).unwrap_or(kind);
    kind.trim_end_matches('>') == "CommaDelimitedList" || kind.starts_with("List<")
}

const STORED: &str = "AWS::SSM::Parameter::Value<";
