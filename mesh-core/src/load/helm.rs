//! Helm's templates, told by what stands between their braces.

use super::tree::Fault;
use crate::error::Location;

/// Where the first action of a template stands; `{{NAME}}` alone is none, but a placeholder.
pub(super) fn action(text: &str) -> Option<usize> {
    let opening = OPENINGS.iter().filter_map(|opening| text.find(opening));
    let mut start = 0;
    let mut whole = text.split_inclusive("}}").filter_map(|piece| {
        let from = start;
        start += piece.len();
        let piece = piece.strip_suffix("}}")?;
        let at = piece.rfind("{{")?;
        is_action(piece.get(at + 2..)?).then_some(from + at)
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
    within.trim_start().starts_with('$') || WORDS.iter().any(|word| within.contains(word))
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
            ("a: {{NAME}} {{ $x }}", Some(12)),
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
        ] {
            assert_eq!(action(text), at, "{text}");
        }
    }
}
