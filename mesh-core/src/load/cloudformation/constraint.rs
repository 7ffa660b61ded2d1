//! What a parameter's value may be, by what its declaration says.

use std::collections::BTreeSet;

use super::{list::plain_texts, resolve::Resolve, template::at};
use crate::{
    error::quoted,
    load::node::{Entry, Node, Value},
};

/// Whether every one of a parameter's values may be; else that is reported, and of a secret one not what it is.
///
/// # Source
/// CloudFormation user guide, "Parameters": `AllowedPattern` is Java's syntax, and describes the whole of each item.
pub(super) fn check(
    declared: &Entry,
    kind: &str,
    values: &[&str],
    resolve: &mut Resolve<'_, '_>,
) -> bool {
    let broken = numbers(declared, kind, values)
        .or_else(|| allowed(declared, values))
        .or_else(|| lengths(declared, kind, values))
        .or_else(|| pattern(declared, values, resolve));
    let Some((value, rule)) = broken else {
        return true;
    };
    let secret = text(declared, "NoEcho").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let what = match secret {
        true => "what is given".to_owned(),
        false => quoted(value),
    };
    let name = quoted(&declared.key);
    let message = format!("the parameter {name} may not be {what}: {rule}");
    let place = at(format!("Parameters.{}", declared.key), &declared.key_at);
    resolve
        .problems
        .error("parameter-not-allowed", &place, message);
    false
}

/// A value, and the rule that it breaks.
type Broken<'v> = Option<(&'v str, String)>;

fn allowed<'v>(declared: &Entry, values: &[&'v str]) -> Broken<'v> {
    let Value::List(items) = &declared.node.member("AllowedValues")?.value else {
        return None;
    };
    let words = plain_texts(items)?;
    let known: BTreeSet<&str> = words.iter().copied().collect();
    let value = values.iter().find(|value| !known.contains(*value))?;
    let first: Vec<String> = words.into_iter().take(LISTED).map(quoted).collect();
    let rule = format!("its `AllowedValues` are {}", first.join(", "));
    Some((value, rule))
}

fn numbers<'v>(declared: &Entry, kind: &str, values: &[&'v str]) -> Broken<'v> {
    if !matches!(kind, "Number" | "List<Number>") {
        return None;
    }
    let bound = |name| text(declared, name)?.parse::<f64>().ok();
    let (least, most) = (bound("MinValue"), bound("MaxValue"));
    values.iter().find_map(|value| {
        let number = value.parse().ok().filter(|number: &f64| number.is_finite());
        let rule = match number {
            None => format!("its `Type` is {}", quoted(kind)),
            Some(number) if least.is_some_and(|least| number < least) => {
                format!("its `MinValue` is {}", least?)
            }
            Some(number) if most.is_some_and(|most| number > most) => {
                format!("its `MaxValue` is {}", most?)
            }
            Some(_) => return None,
        };
        Some((*value, rule))
    })
}

fn lengths<'v>(declared: &Entry, kind: &str, values: &[&'v str]) -> Broken<'v> {
    let [value] = values else {
        return None;
    };
    let bound = |name| text(declared, name)?.parse::<usize>().ok();
    let length = value.chars().count();
    let (least, most) = (bound("MinLength"), bound("MaxLength"));
    if kind != "String" {
        return None;
    }
    let rule = match (least, most) {
        (Some(least), _) if length < least => format!("its `MinLength` is {least}"),
        (_, Some(most)) if length > most => format!("its `MaxLength` is {most}"),
        _ => return None,
    };
    Some((value, rule))
}

fn pattern<'v>(declared: &Entry, values: &[&'v str], resolve: &mut Resolve<'_, '_>) -> Broken<'v> {
    let pattern = text(declared, "AllowedPattern")?;
    for value in values {
        match resolve.patterns.describes(pattern, value) {
            Some(true) => {}
            Some(false) => {
                let why = text(declared, "ConstraintDescription");
                let why = why.map_or_else(String::new, |why| format!(" ({})", quoted(why)));
                return Some((
                    value,
                    format!("its `AllowedPattern` is {}{why}", quoted(pattern)),
                ));
            }
            None => {
                let message = format!(
                    "the `AllowedPattern` {} is none that this version can compute: the value is taken as it is",
                    quoted(pattern)
                );
                let place = at(format!("Parameters.{}", declared.key), &declared.key_at);
                resolve
                    .problems
                    .warn("pattern-not-checked", &place, message);
                return None;
            }
        }
    }
    None
}

fn text<'a>(declared: &'a Entry, name: &str) -> Option<&'a str> {
    declared.node.member(name).and_then(Node::text)
}

const LISTED: usize = 16;
