//! Whether one route takes all that another takes, or some of it. Where it cannot be told, the answer is no.

use super::rank::{Path, Ranked, same_header};
use crate::config::{
    HeaderMatcher, QueryParameter,
    draft::{HeaderDraft, MatchDraft, Said},
};

/// Whether every request that `other` takes is taken by `one` as well.
pub(super) fn covers(one: &Ranked<'_>, other: &Ranked<'_>) -> bool {
    let spoken = !one.grpc || other.grpc;
    let port = one.port.is_none() || one.port == other.port;
    spoken && port && covers_path(&one.path, &other.path) && covers_rest(one.matches, other.matches)
}

fn covers_path(one: &Path<'_>, other: &Path<'_>) -> bool {
    match (one, other) {
        (Path::Prefix(prefix), Path::Prefix(path) | Path::Exact(path)) => {
            path.starts_with(&**prefix)
        }
        // An expression matches whole paths, and every path begins with a slash.
        (Path::Prefix(prefix), Path::Regex(_)) => prefix == "/",
        (one, other) => one == other,
    }
}

fn covers_rest(one: &MatchDraft, other: &MatchDraft) -> bool {
    let known = |asked: &HeaderDraft| other.headers.iter().any(|known| implies(known, asked));
    let known_query = |asked: &Said<QueryParameter>| {
        let mut known = other.query_parameters.iter();
        known.any(|known| implies_query(&known.value, &asked.value))
    };
    asks_less(&one.method, &other.method)
        && asks_less(&one.scheme, &other.scheme)
        && one.headers.iter().all(known)
        && one.query_parameters.iter().all(known_query)
}

fn asks_less(one: &Option<Said<String>>, other: &Option<Said<String>>) -> bool {
    let value = |said: &Option<Said<String>>| said.as_ref().map(|said| said.value.clone());
    one.is_none() || value(one) == value(other)
}

/// Whether who meets the known condition meets the asked one.
fn implies(known: &HeaderDraft, asked: &HeaderDraft) -> bool {
    if !same_header(known, asked) {
        return false;
    }
    let value = |header: &HeaderDraft| header.matcher.as_ref().map(|said| said.value.clone());
    let (known_value, asked_value) = (value(known), value(asked));
    let alike = known.invert == asked.invert && known_value == asked_value;
    // A condition on a value, inverted or not, asks for presence as well.
    let presence = asked_value.is_none() && !asked.invert && known_value.is_some();
    alike || presence
}

fn implies_query(known: &QueryParameter, asked: &QueryParameter) -> bool {
    known.name == asked.name && (asked.exact.is_none() || asked.exact == known.exact)
}

/// Whether there are requests that both take, as far as can be told of routes whose paths have one text.
pub(super) fn overlap(one: &Ranked<'_>, other: &Ranked<'_>) -> bool {
    let apart =
        |one: Option<i64>, other: Option<i64>| one.is_some() && other.is_some() && one != other;
    meet(&one.path, &other.path)
        && one.grpc == other.grpc
        && !apart(one.port, other.port)
        && !parts(one.matches, other.matches)
}

/// A path is among those that begin with it.
fn meet(one: &Path<'_>, other: &Path<'_>) -> bool {
    let literal = |path: &Path<'_>| !matches!(path, Path::Regex(_));
    one == other || literal(one) && literal(other) && one.text() == other.text()
}

fn parts(one: &MatchDraft, other: &MatchDraft) -> bool {
    let of_header = |one: &HeaderDraft| {
        let mut others = other.headers.iter();
        others.any(|other| same_header(one, other) && exclude(one, other))
    };
    let of_query = |one: &Said<QueryParameter>| {
        let mut others = other.query_parameters.iter();
        others.any(|other| exclude_query(&one.value, &other.value))
    };
    differ(&one.method, &other.method)
        || differ(&one.scheme, &other.scheme)
        || one.headers.iter().any(of_header)
        || one.query_parameters.iter().any(of_query)
}

fn differ(one: &Option<Said<String>>, other: &Option<Said<String>>) -> bool {
    let both = one.as_ref().zip(other.as_ref());
    both.is_some_and(|(one, other)| one.value != other.value)
}

fn exclude_query(one: &QueryParameter, other: &QueryParameter) -> bool {
    let values = one.exact.as_ref().zip(other.exact.as_ref());
    one.name == other.name && values.is_some_and(|(one, other)| one != other)
}

/// Whether no value meets both.
fn exclude(one: &HeaderDraft, other: &HeaderDraft) -> bool {
    let absent = |header: &HeaderDraft| header.invert && header.matcher.is_none();
    if absent(one) || absent(other) {
        return absent(one) != absent(other);
    }
    let Some((first, second)) = one.matcher.as_ref().zip(other.matcher.as_ref()) else {
        return false;
    };
    let (first, second) = (&first.value, &second.value);
    match (one.invert, other.invert) {
        (false, false) => apart(first, second) || apart(second, first),
        (true, true) => false,
        _ => first == second,
    }
}

fn apart(one: &HeaderMatcher, other: &HeaderMatcher) -> bool {
    use HeaderMatcher::{Exact, Prefix, Range, Suffix};
    match (one, other) {
        (Exact(one), Exact(other)) => one != other,
        (Exact(value), Prefix(prefix)) => !value.starts_with(prefix),
        (Exact(value), Suffix(suffix)) => !value.ends_with(suffix),
        (Exact(value), Range { start, end }) => {
            let number = value.trim().parse::<i64>().ok();
            !number.is_some_and(|number| (*start..*end).contains(&number))
        }
        (Prefix(one), Prefix(other)) => !one.starts_with(other) && !other.starts_with(one),
        (Suffix(one), Suffix(other)) => !one.ends_with(other) && !other.ends_with(one),
        (Range { end, .. }, Range { start, .. }) => end <= start,
        // Of an expression it is not told; two of them usually stand side by side because they differ.
        (HeaderMatcher::Regex(one), other) => {
            !matches!(other, HeaderMatcher::Regex(other) if one == other)
        }
        _ => false,
    }
}
