//! Paths that no request has.

use crate::{
    config::{PathMatch, draft::MatchDraft},
    error::{Problems, quoted},
    path::normalise,
};

/// A request's path is compared in its normal form and without its query, with what is written as it stands.
pub(super) fn check(matches: &MatchDraft, problems: &mut Problems) {
    let Some(said) = &matches.path else {
        return;
    };
    // What may follow a prefix can make something else of its end, as of the dots in `/.well-known`.
    let (path, end) = match &said.value {
        PathMatch::Prefix(prefix) => (prefix, "x"),
        PathMatch::Exact(path) => (path, ""),
        PathMatch::Regex(_) => return,
    };
    if !path.starts_with('/') {
        return;
    }
    let whole = format!("{path}{end}");
    let normal = normalise(&whole);
    let message = if let Some(mark) = path.chars().find(|c| matches!(c, '?' | '#')) {
        format!(
            "no request has the path {}, because a path ends before its `{mark}`: leave that out, and ask for a query by query \
             parameters",
            quoted(path)
        )
    } else if path.contains(BARRED) {
        let written: String = normal
            .strip_suffix(end)
            .unwrap_or(&normal)
            .chars()
            .map(in_uri)
            .collect();
        format!(
            "no request has the path {}, because blanks, tabs and line breaks cannot stand in one: write {}",
            quoted(path),
            quoted(&written)
        )
    } else if !normal.starts_with(path.as_str()) {
        format!(
            "no request has the path {}, because every path is brought into its normal form first: write {}",
            quoted(path),
            quoted(normal.strip_suffix(end).unwrap_or(&normal))
        )
    } else {
        return;
    };
    problems.warn("path-never-matches", &said.place, message);
}

fn in_uri(c: char) -> String {
    match BARRED(c) {
        true => format!("%{:02X}", u32::from(c)),
        false => c.to_string(),
    }
}

/// What no URI holds, and no normal form escapes.
const BARRED: fn(char) -> bool = |c| c <= ' ';
