//! Whether a file does what its row says.

use std::collections::{BTreeMap, BTreeSet};

use mesh_core::{
    config::{Config, Counts, ResourceKind},
    error::{ConfigErrors, Problem},
    load::Reader,
};

use super::{expected::Expected, manifest::Row, stand_in::StandIns};

/// What is wrong with how the file ends.
pub(super) fn judged(row: &Row, text: &str) -> Result<(), String> {
    let expected = Expected::of(row.expected());
    if let Some(tool) = &expected.tool {
        return names_the_tool(row, text, tool);
    }
    if expected.invalid.is_empty() {
        asks(row, text, &expected)?;
    }
    if !expected.invalid.is_empty() {
        return invalid(row, text, &expected);
    }
    let strict = filled(row, text, &expected, false);
    if !expected.pruned.is_empty() {
        let errors = strict.err().ok_or("its unknown fields should be refused")?;
        refused(&errors, &expected.pruned)?;
        return counted(row, filled(row, text, &expected, true));
    }
    counted(row, strict)
}

/// The configurations of a file that loads.
pub(super) fn loaded(row: &Row, text: &str) -> Vec<Config> {
    let expected = Expected::of(row.expected());
    if expected.tool.is_some() || !expected.invalid.is_empty() {
        return Vec::new();
    }
    let lenient = !expected.pruned.is_empty();
    filled(row, text, &expected, lenient).unwrap_or_default()
}

/// With a value for everything that it asks for, it is refused for what the row says and for nothing else.
fn invalid(row: &Row, text: &str, expected: &Expected) -> Result<(), String> {
    let mut values = StandIns::of(&expected.needs);
    loop {
        match attempt(row, text, &mut values, false) {
            Err(errors) if values.add(&errors) => {}
            Err(errors) => return refused(&errors, &expected.invalid),
            Ok(_) => return Err("it should be refused".to_owned()),
        }
    }
}

fn names_the_tool(row: &Row, text: &str, tool: &str) -> Result<(), String> {
    let errors = reader(row, text, &StandIns::default(), false).read_each();
    let errors = errors.err().ok_or("it should be refused")?;
    let named = errors
        .errors()
        .all(|problem| problem.message.contains(tool));
    let named = named && errors.errors().count() > 0;
    named
        .then_some(())
        .ok_or_else(|| format!("`{tool}` is not named:\n{errors}"))
}

/// Without values, the file asks for just those that the row names.
fn asks(row: &Row, text: &str, expected: &Expected) -> Result<(), String> {
    let wanted: BTreeSet<&str> = expected.needs.iter().map(String::as_str).collect();
    let mut pseudo = StandIns::of(&expected.pseudo);
    let found = match attempt(row, text, &mut pseudo, false) {
        Ok(_) => BTreeSet::new(),
        Err(errors) => errors
            .errors()
            .filter_map(|problem| problem.wants().map(str::to_owned))
            .collect(),
    };
    let found = found.iter().map(String::as_str);
    let found: BTreeSet<&str> = found
        .filter(|name| !expected.blanks.iter().any(|blank| blank == name))
        .collect();
    let same = found.len() == wanted.len() && wanted.iter().all(|name| asked(name, &found));
    same.then_some(())
        .ok_or_else(|| format!("it asks for {found:?}, not for {wanted:?}"))
}

/// An export's name that is composed itself is not known before its own parameters are.
fn asked(wanted: &str, found: &BTreeSet<&str>) -> bool {
    let composed = wanted.strip_prefix("import:{");
    found.contains(wanted)
        || composed.is_some_and(|_| found.iter().any(|name| name.starts_with("import:")))
}

/// Reads the file with a value for everything.
fn filled(
    row: &Row,
    text: &str,
    expected: &Expected,
    lenient: bool,
) -> Result<Vec<Config>, ConfigErrors> {
    let names: Vec<String> = expected
        .needs
        .iter()
        .chain(&expected.pseudo)
        .chain(&expected.blanks)
        .cloned()
        .collect();
    attempt(row, text, &mut StandIns::of(&names), lenient)
}

fn attempt(
    row: &Row,
    text: &str,
    values: &mut StandIns,
    lenient: bool,
) -> Result<Vec<Config>, ConfigErrors> {
    loop {
        let read = reader(row, text, values, lenient).read_each();
        match read {
            Err(errors) if values.mend(&errors) => {}
            other => return other,
        }
    }
}

/// The values are given under their names, and whatever the file leaves to the command line as well.
fn reader(row: &Row, text: &str, values: &StandIns, lenient: bool) -> Reader {
    let mut reader = Config::reader().allow_missing();
    for (name, value) in values.iter() {
        reader = reader.parameter(name, value).substitute(name, value);
    }
    let counts = row.counts();
    let kinds: Vec<&String> = counts.keys().collect();
    if let ("api-json", [kind]) = (row.form(), kinds.as_slice()) {
        let kind: ResourceKind = kind.parse().unwrap_or_else(|error| panic!("{error}"));
        let name = match kind {
            ResourceKind::Route | ResourceKind::GatewayRoute => "parent/own",
            _ => "own",
        };
        reader = reader.bare(kind, name);
    }
    let reader = reader.document(row.file(), text);
    match lenient {
        true => reader.lenient(),
        false => reader,
    }
}

fn counted(row: &Row, read: Result<Vec<Config>, ConfigErrors>) -> Result<(), String> {
    let configs = read.map_err(|errors| format!("it should load:\n{errors}"))?;
    let config = configs.last().ok_or("it should have a mesh")?;
    let found = by_name(config.counts());
    let wanted = row.counts();
    (found == wanted)
        .then_some(())
        .ok_or_else(|| format!("it has {wanted:?}, and {found:?} were read"))
}

fn by_name(counts: &Counts) -> BTreeMap<String, usize> {
    counts
        .iter()
        .map(|(kind, count)| (kind.to_string(), count))
        .collect()
}

/// Every error is one of those that the row names, and none of these is missing.
fn refused(errors: &ConfigErrors, items: &[String]) -> Result<(), String> {
    let problems: Vec<&Problem> = errors.errors().collect();
    let surplus = problems
        .iter()
        .filter(|problem| !items.iter().any(|item| is(problem, item)));
    let missing = items.iter().filter(|item| {
        let found = problems.iter().filter(|problem| is(problem, item));
        match item.starts_with(SEMANTIC) {
            // It is said in one sentence, for which one error stands. Unknown fields are told beside it, which are not about meaning.
            true => {
                found
                    .filter(|problem| problem.code != "unknown-property")
                    .count()
                    != 1
            }
            false => found.count() == 0,
        }
    });
    let (surplus, missing): (Vec<_>, Vec<_>) = (surplus.collect(), missing.collect());
    (surplus.is_empty() && missing.is_empty())
        .then_some(())
        .ok_or_else(|| format!("missing {missing:?}, surplus {surplus:?}:\n{errors}"))
}

/// Whether a problem is what an item says: `PATH: REASON`, or a reason alone.
fn is(problem: &Problem, item: &str) -> bool {
    if item.contains("version not supported") {
        return problem.code == "unsupported-version";
    }
    if let Some((_, place)) = item.split_once(", line ") {
        let line = place
            .split(',')
            .next()
            .and_then(|line| line.trim().parse().ok());
        let found = problem.location.as_ref().map(|location| location.line);
        return problem.code == "broken-yaml" && found == line;
    }
    if let Some(what) = item.strip_prefix(SEMANTIC) {
        let (path, _) = what.split_once(": ").unwrap_or(("", what));
        let (path, found) = (path.trim(), canonical(&problem.path));
        return problem.wants().is_none() && (path.is_empty() || within(path, &found));
    }
    let (path, _) = item.split_once(": ").unwrap_or((item, ""));
    // What is missing is reported of what lacks it.
    within(&canonical(&problem.path), path)
}

/// What an item begins with that is about meaning; then comes the path of what is wrong in itself.
const SEMANTIC: &str = "semantic:";

/// Whether a path is the other one, or the object that holds it.
fn within(found: &str, path: &str) -> bool {
    path.strip_prefix(found)
        .is_some_and(|rest| rest.is_empty() || !found.is_empty() && rest.starts_with(['.', '[']))
}

/// `Resources.Orders.Properties.Spec` as the manifest writes it: `Orders.Spec`.
fn canonical(path: &str) -> String {
    match path.strip_prefix("Resources.") {
        Some(path) => path.replacen(".Properties", "", 1),
        None => path.to_owned(),
    }
}
