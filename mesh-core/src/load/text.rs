//! A text into documents: its size, its encoding's leftovers, which of the two syntaxes it is, and what is to be filled in.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    helm, json, kubernetes,
    node::Node,
    part::{self, Nature, Part},
    place::place,
    placeholder::{self, Filled, Syntax},
    terraform,
    tree::Fault,
    unfilled, yaml,
};
use crate::error::{Location, Place, Problems, quoted};

/// The documents of a text, and whether all of them are there: what keeps one from being read is reported.
pub(super) fn documents(
    name: &Arc<str>,
    text: &str,
    values: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> (Vec<Node>, bool) {
    let before = problems.errors();
    let read = bounded(name, text).and_then(|text| match part::is_template(text) {
        true => parsed(name, text, problems).map(|roots| (roots, true)),
        false => filled(name, text, values, problems),
    });
    let (roots, all) = read.unwrap_or_else(|fault| {
        fault.report(problems);
        (Vec::new(), false)
    });
    if roots.is_empty() && problems.errors() == before {
        let message = "there is nothing in this file: App Mesh resources are read from CloudFormation templates, Kubernetes \
                       objects and the API's JSON";
        problems.error("empty-document", &start(name), message);
    }
    let all = all && !roots.is_empty();
    (roots, all)
}

/// The text without a byte order mark, if it is short enough and all of it is text.
fn bounded<'a>(name: &Arc<str>, text: &'a str) -> Result<&'a str, Fault> {
    if text.len() > BYTES {
        return Err(too_large(name, text.len()));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.char_indices().find(|(_, c)| !is_text(*c)) {
        None => Ok(text),
        Some((index, found)) => {
            let message = format!(
                "the control character {} is in this file: is it text, in UTF-8?",
                quoted(&found.to_string())
            );
            let at = locate(name, text, index);
            Err(Fault::new("control-character", at, message))
        }
    }
}

fn too_large(name: &Arc<str>, bytes: usize) -> Fault {
    let message = format!("this file has {bytes} bytes, {BYTES} are the most: split it");
    Fault::new("document-too-large", Location::new(name, 1, 1), message)
}

fn is_text(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{85}')
        || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// Documents of Kubernetes or of the API, with their placeholders filled in.
fn filled(
    name: &Arc<str>,
    text: &str,
    values: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Result<(Vec<Node>, bool), Fault> {
    let syntax = match looks_like_json(text) {
        true => Syntax::Json,
        false => Syntax::Yaml,
    };
    if let Some(index) = terraform::part(text, syntax) {
        return Err(terraform::fault(locate(name, text, index)));
    }
    if syntax == Syntax::Json {
        let whole = Part {
            text,
            above: 0,
            nature: Nature::AppMesh,
        };
        return ours(name, whole, syntax, values, problems).map(|roots| (roots, true));
    }
    let parts = part::split(text).into_iter().enumerate();
    let parts: Vec<_> = parts.filter(|(_, part)| !part.is_empty()).collect();
    if let Some((_, beyond)) = parts.get(DOCUMENTS) {
        let message = format!("there are more than {DOCUMENTS} documents in this file: split it");
        let at = Location::new(name, beyond.above + 1, 1);
        return Err(Fault::new("document-too-large", at, message));
    }
    let (mut roots, mut all) = (Vec::new(), true);
    for (number, part) in parts {
        let before = problems.errors();
        let found = match part.nature {
            Nature::AppMesh => ours(name, part, Syntax::Yaml, values, problems),
            Nature::Foreign => Ok(foreign(name, part, number + 1, values, problems)),
        };
        let found = found.unwrap_or_else(|fault| {
            fault.report(problems);
            Vec::new()
        });
        all &= !found.is_empty() || problems.errors() == before;
        roots.extend(found);
    }
    Ok((roots, all))
}

/// Something of App Mesh: what is not filled in is an error.
fn ours(
    name: &Arc<str>,
    part: Part<'_>,
    syntax: Syntax,
    values: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Result<Vec<Node>, Fault> {
    let start = Location::new(name, part.above + 1, 1);
    let at = |index| beyond(start.clone(), part.text.get(..index).unwrap_or_default());
    if let Some(index) = helm::action(part.text, syntax) {
        return Err(helm::fault(at(index)));
    }
    if let Some(version) = part::unsupported_version(part.text) {
        let (index, version) = version;
        kubernetes::unsupported(version, &place(at(index)), problems);
        return Ok(Vec::new());
    }
    let filled = placeholder::fill(part.text, syntax, values, BYTES);
    let Filled { text, .. } = &filled;
    if !(filled.unfilled.is_empty() && filled.computed.is_empty()) {
        unfilled::report(&filled, (part.text, at(0)), syntax, problems);
        return Ok(Vec::new());
    }
    if text.len() > BYTES {
        return Err(too_large(name, text.len()));
    }
    match syntax {
        Syntax::Json => parsed(name, text, problems),
        Syntax::Yaml => yaml::read(name, text, part.above, problems)
            .map_err(|fault| explained(fault, (part.text, at(0)), syntax)),
    }
}

/// Another object of Kubernetes: nothing of it is needed but a namespace's labels.
fn foreign(
    name: &Arc<str>,
    part: Part<'_>,
    number: usize,
    values: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Vec<Node> {
    let text = placeholder::fill(part.text, Syntax::Yaml, values, BYTES).text;
    let mut unread = Problems::default();
    match yaml::read(name, &text, part.above, &mut unread) {
        Ok(roots) if unread.errors() == 0 => roots,
        Ok(_) => Vec::new(),
        Err(fault) => {
            let message = format!(
                "document {number} of this file is none of App Mesh's and cannot be read, so it is passed over: {}",
                fault.message
            );
            problems.warn("foreign-document", &place(fault.at), message);
            Vec::new()
        }
    }
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// JSON is tried where it may be; YAML takes what looks like JSON and is not.
fn parsed(name: &Arc<str>, text: &str, problems: &mut Problems) -> Result<Vec<Node>, Fault> {
    let start = || Location::new(name, 1, 1);
    if !looks_like_json(text) {
        return yaml::read(name, text, 0, problems)
            .map_err(|fault| explained(fault, (text, start()), Syntax::Yaml));
    }
    let json = match json::read(name, text, problems) {
        Ok(roots) => return Ok(roots),
        Err(fault) if fault.code != "broken-json" => {
            return Err(explained(fault, (text, start()), Syntax::Json));
        }
        Err(fault) => fault,
    };
    // YAML does not tell jq's arguments from other strings.
    let text = &text.replace(placeholder::ARGUMENT, "");
    let trimmed = text.trim_start();
    let meant_as_json = trimmed
        .get(1..)
        .is_some_and(|rest| rest.trim_start().starts_with('"'));
    yaml::read(name, text, 0, problems).map_err(|yaml| {
        let fault = if meant_as_json { json } else { yaml };
        explained(fault, (text, start()), Syntax::Json)
    })
}

/// A better reason than "broken", where the text, which begins here, is a template of some template language.
fn explained(fault: Fault, (text, start): (&str, Location), syntax: Syntax) -> Fault {
    if !matches!(fault.code, "broken-yaml" | "broken-json" | "key-not-text") {
        return fault;
    }
    match helm::action_in_broken(text, syntax) {
        Some(index) => helm::fault(beyond(start, text.get(..index).unwrap_or_default())),
        None => fault,
    }
}

/// The beginning of a document.
fn start(name: &Arc<str>) -> Place {
    place(Location::new(name, 1, 1))
}

fn locate(name: &Arc<str>, text: &str, index: usize) -> Location {
    beyond(
        Location::new(name, 1, 1),
        text.get(..index).unwrap_or_default(),
    )
}

/// The place behind a text that begins here.
pub(super) fn beyond(at: Location, text: &str) -> Location {
    let lines = text.matches('\n').count();
    let last = text.rsplit('\n').next().unwrap_or_default();
    let column = if lines == 0 { at.column } else { 1 };
    Location {
        line: at.line + lines,
        column: column + last.chars().count(),
        ..at
    }
}

/// Eight of the largest templates that CloudFormation takes, or ten thousand routes of Kubernetes.
const BYTES: usize = 8 << 20;
/// Eight resources for each route that those may have.
const DOCUMENTS: usize = 80_000;
