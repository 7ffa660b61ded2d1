//! A text into documents: its size, its encoding's leftovers, and which of the two syntaxes it is.

use std::sync::Arc;

use super::{
    json,
    node::Node,
    tree::{Fault, place},
    yaml,
};
use crate::error::{Location, Problems, quoted};

/// The documents of a text; `None` if something keeps it from being read, which is reported.
pub(super) fn documents(name: &Arc<str>, text: &str, problems: &mut Problems) -> Option<Vec<Node>> {
    let read = bounded(name, text).and_then(|text| parsed(name, text, problems));
    match read {
        Ok(roots) => {
            if roots.is_empty() {
                let message =
                    "there is nothing in this file: this version reads CloudFormation templates";
                problems.error("empty-document", &place(Location::new(name, 1, 1)), message);
            }
            Some(roots)
        }
        Err(fault) => {
            fault.report(problems);
            None
        }
    }
}

/// The text without a byte order mark, if it is short enough and all of it is text.
fn bounded<'a>(name: &Arc<str>, text: &'a str) -> Result<&'a str, Fault> {
    if text.len() > BYTES {
        let message = format!(
            "this file has {} bytes, {BYTES} are the most: no template that CloudFormation takes is as large",
            text.len()
        );
        let at = Location::new(name, 1, 1);
        return Err(Fault::new("document-too-large", at, message));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.char_indices().find(|(_, c)| !is_text(*c)) {
        None => Ok(text),
        Some((index, found)) => {
            let message = format!(
                "the control character {} is in this file: is it text, in UTF-8?",
                quoted(&found.to_string())
            );
            Err(Fault::new(
                "control-character",
                locate(name, text, index),
                message,
            ))
        }
    }
}

fn is_text(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{85}')
        || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// JSON is tried where it may be; YAML takes what looks like JSON and is not.
fn parsed(name: &Arc<str>, text: &str, problems: &mut Problems) -> Result<Vec<Node>, Fault> {
    let trimmed = text.trim_start();
    if !trimmed.starts_with(['{', '[']) {
        return yaml::read(name, text, problems).map_err(|fault| explained(name, text, fault));
    }
    let json = match json::read(name, text, problems) {
        Ok(roots) => return Ok(roots),
        Err(fault) if fault.code != "broken-json" => return Err(explained(name, text, fault)),
        Err(fault) => fault,
    };
    let meant_as_json = trimmed
        .get(1..)
        .is_some_and(|rest| rest.trim_start().starts_with('"'));
    yaml::read(name, text, problems)
        .map_err(|yaml| explained(name, text, if meant_as_json { json } else { yaml }))
}

/// A better reason than "broken", where the text is a template of some template language.
fn explained(name: &Arc<str>, text: &str, fault: Fault) -> Fault {
    if !matches!(fault.code, "broken-yaml" | "broken-json" | "key-not-text") {
        return fault;
    }
    let helm = HELM.iter().filter_map(|part| text.find(part)).min();
    if let Some(index) = helm {
        let message = "this is a Helm template, not YAML yet: run `helm template` and read what it prints; \
                       this version reads CloudFormation templates";
        return Fault::new("helm-template", locate(name, text, index), message);
    }
    match placeholder(text) {
        Some((index, found)) => {
            let message = format!(
                "the placeholder {} is not filled in, and the text is not YAML without it: run envsubst (or what \
                 fills it) first",
                quoted(found)
            );
            Fault::new("unfilled-placeholder", locate(name, text, index), message)
        }
        None => fault,
    }
}

/// The first `[${NAME}` or `: ${NAME}`: a placeholder where a value is due.
fn placeholder(text: &str) -> Option<(usize, &str)> {
    ["[${", "{${"].iter().find_map(|part| {
        let index = text.find(part)? + 1;
        let rest = text.get(index..)?;
        let end = rest.find('}')? + 1;
        Some((index, rest.get(..end)?))
    })
}

fn locate(name: &Arc<str>, text: &str, index: usize) -> Location {
    let before = text.get(..index).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    Location::new(name, line, last.chars().count() + 1)
}

/// Twice the largest template that CloudFormation takes; the parser keeps some hundred bytes for each of these.
const BYTES: usize = 2 << 20;
const HELM: [&str; 5] = ["{{-", "{{ .", "{{.", "{{ include", "{{ if"];
