//! Helm's templates, told by what stands between their braces.

use std::iter;

use super::{placeholder::Syntax, tree::Fault};
use crate::error::Location;

/// Where the first action of a template stands, by what nothing else has; `{{NAME}}` alone is none, but a placeholder.
pub(super) fn action(text: &str, syntax: Syntax) -> Option<usize> {
    find(text, syntax, is_action)
}

/// Where the first action stands in a text that is not to be read: one that gives a variable, too, as other languages have it
/// within their texts.
pub(super) fn action_in_broken(text: &str, syntax: Syntax) -> Option<usize> {
    find(text, syntax, |within| {
        is_action(within) || is_variable(within)
    })
}

fn find(text: &str, syntax: Syntax, wanted: fn(&str) -> bool) -> Option<usize> {
    match syntax {
        Syntax::Json => first(text, wanted),
        Syntax::Yaml => {
            outside_comments(text).find_map(|(from, piece)| Some(from + first(piece, wanted)?))
        }
    }
}

/// What stands between YAML's comments, and where it begins.
fn outside_comments(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    iter::from_fn(move || {
        let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
        let before = |at: usize| rest.get(..at).unwrap_or_default().chars().next_back();
        let mut marks = rest.match_indices('#');
        let comment = marks.find(|(at, _)| before(*at).is_none_or(char::is_whitespace));
        let comment = comment.map_or(rest.len(), |(at, _)| at);
        let (piece, behind) = rest.split_at(comment);
        let begin = from;
        from += comment + behind.find('\n').unwrap_or(behind.len());
        Some((begin, piece))
    })
}

fn first(text: &str, wanted: fn(&str) -> bool) -> Option<usize> {
    let opening = OPENINGS.iter().filter_map(|opening| text.find(opening));
    let mut start = 0;
    let mut whole = text.split_inclusive("}}").filter_map(|piece| {
        let from = start;
        start += piece.len();
        let piece = piece.strip_suffix("}}")?;
        let at = piece.rfind("{{")?;
        wanted(piece.get(at + 2..)?).then_some(from + at)
    });
    opening.chain(whole.next()).min()
}

/// What to do about it.
pub(super) fn fault(at: Location) -> Fault {
    let message =
        "this is a Helm template, not YAML yet: run helm template first and read what it prints";
    Fault::new("helm-template", at, message)
}

fn is_action(within: &str) -> bool {
    is_variable(within) && within.contains(":=") || WORDS.iter().any(|word| within.contains(word))
}

fn is_variable(within: &str) -> bool {
    within.trim_start().starts_with('$')
}

/// What begins an action, closed or not.
const OPENINGS: [&str; 8] = [
    "{{-",
    "{{ .",
    "{{.",
    "{{ include",
    "{{ if",
    "{{ template",
    "{{ range",
    "{{ with",
];
/// What only actions hold: Helm's objects, and functions whose names are no placeholder's.
const WORDS: [&str; 7] = [
    ".Values",
    ".Release",
    ".Chart",
    ".Capabilities",
    "| nindent",
    "| quote",
    "| default",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_from_placeholders_and_braces() {
        for (text, at) in [
            ("a: {{ default \"a\" .Values.b }}", Some(3)),
            ("a: {{ toYaml .Values.x }}", Some(3)),
            ("a: {{ $x := 5 }}", Some(3)),
            ("a: {{$.Values.x}}", Some(3)),
            ("a: {{ name | quote }}", Some(3)),
            ("a: {{toYaml x | nindent 4}}", Some(3)),
            ("a: {{ .x", Some(3)),
            ("a: {{NAME}}", None),
            ("a: {{ NAME }}", None),
            ("a: {{NAME:-b}} .Values", None),
            ("{\"a\": {\"b\": {\"c\": \"$x .Values\"}}}", None),
            ("a: '{{' # .Values", None),
            ("{{}}}}{{", None),
            ("a: '{{ $labels.instance }} is down'", None),
            (
                "# was {{ .Values.x }}\na: 1 # {{- if .y }}\nb: {{ .z }}",
                Some(45),
            ),
            ("a#{{ .x }}", Some(2)),
        ] {
            assert_eq!(action(text, Syntax::Yaml), at, "{text}");
        }
        let json = "{\"a\": \" # {{ .Values.x }}\"}";
        assert_eq!(action(json, Syntax::Json), Some(10));
    }

    #[test]
    fn what_gives_a_variable_is_an_action_where_nothing_else_reads_it() {
        let text = "# {{ $a }}\na: {{NAME}} {{ $x }}";
        assert_eq!(action(text, Syntax::Yaml), None);
        assert_eq!(action_in_broken(text, Syntax::Yaml), Some(23));
    }
}
