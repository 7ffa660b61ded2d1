//! The documents of a text, told apart before any of them is read.
//!
//! One that is none of ours, and cannot be read, must not lose the others; and placeholders are filled in ours alone.

mod outermost;

use super::kubernetes::GROUP;

/// One document of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    /// How many lines stand before it.
    pub(super) above: usize,
    pub(super) nature: Nature,
}

impl Part<'_> {
    /// Whether nothing but comments stands in it.
    pub(super) fn is_empty(&self) -> bool {
        let mut lines = self.text.lines().map(str::trim);
        lines.all(|line| matches!(line, "" | "---") || line.starts_with('#'))
    }
}

/// What a document looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Nature {
    /// An App Mesh object of Kubernetes, or something of the API's.
    AppMesh,
    /// Another object of Kubernetes.
    Foreign,
}

/// Whether a text looks like a CloudFormation template, which is read as a whole and has no placeholders of ours; an object of
/// Kubernetes may speak of one, or hold one.
pub(super) fn is_template(text: &str) -> bool {
    let keys = outermost::keys(text);
    let among = |wanted: &[&str]| keys.iter().any(|key| wanted.contains(key));
    among(&["Resources", "AWSTemplateFormatVersion"])
        || !among(&["apiVersion"]) && text.contains("AWS::AppMesh::")
}

/// The documents of a stream, at the lines that separate them.
pub(super) fn split(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut above) = (0, 0);
    let (mut at, mut lines) = (0, 0);
    for line in text.split_inclusive('\n') {
        if is_separator(line) && !only_directives(text.get(start..at).unwrap_or_default()) {
            parts.push(part(text, start..at, above));
            (start, above) = (at, lines);
        }
        at += line.len();
        lines += 1;
    }
    parts.push(part(text, start..at, above));
    parts
}

/// Whether nothing but directives and comments stands here, which belong to the document that follows.
fn only_directives(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.all(|line| line.is_empty() || line.starts_with(['%', '#']))
}

fn part(text: &str, range: std::ops::Range<usize>, above: usize) -> Part<'_> {
    let text = text.get(range).unwrap_or_default();
    Part {
        text,
        above,
        nature: nature(text),
    }
}

fn is_separator(line: &str) -> bool {
    let rest = line.strip_prefix("---");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn nature(text: &str) -> Nature {
    let versions = text.lines().filter_map(|line| {
        let line = line.trim_start_matches(['-', ' ', '{', '"']);
        let rest = line.strip_prefix("apiVersion")?.trim_start_matches('"');
        Some(
            rest.trim_start()
                .strip_prefix(':')?
                .trim_start_matches([' ', '"', '\'']),
        )
    });
    let mut foreign = false;
    for version in versions {
        if version.starts_with(GROUP) {
            return Nature::AppMesh;
        }
        foreign = true;
    }
    match foreign {
        true => Nature::Foreign,
        false => Nature::AppMesh,
    }
}

/// The version of an object that is not read, and where it stands: its placeholders need no values.
pub(super) fn unsupported_version(text: &str) -> Option<(usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').find_map(|line| {
        let from = start;
        start += line.len();
        let key = line.trim_start_matches(['-', ' ', '{', '"']);
        let at = line.find(GROUP).filter(|_| key.starts_with("apiVersion"))?;
        let rest = line.get(at..)?;
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '}'));
        let version = rest.get(..end.unwrap_or(rest.len()))?;
        let read = version.strip_prefix(GROUP) == Some("v1beta2");
        (!read).then_some((from + at, version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_split_at_its_separators_and_nowhere_else() {
        let text = "a: 1\n---\nb: |\n  ---\n  c\n--- # more\nd: 1\n---\n";
        let parts = split(text);
        let texts: Vec<&str> = parts.iter().map(|part| part.text).collect();
        let want = [
            "a: 1\n",
            "---\nb: |\n  ---\n  c\n",
            "--- # more\nd: 1\n",
            "---\n",
        ];
        assert_eq!(texts, want);
        let above: Vec<usize> = parts.iter().map(|part| part.above).collect();
        assert_eq!(above, [0, 1, 5, 7]);
    }

    #[test]
    fn only_other_objects_of_kubernetes_are_foreign() {
        for (text, nature) in [
            (
                "apiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\n",
                Nature::AppMesh,
            ),
            (
                "kind: Mesh\napiVersion: 'appmesh.k8s.aws/v1beta1'\n",
                Nature::AppMesh,
            ),
            (
                "apiVersion: v1\nkind: Namespace\nlabels: {appmesh.k8s.aws/x: y}\n",
                Nature::Foreign,
            ),
            (
                "apiVersion: v1\nkind: List\nitems:\n- apiVersion: appmesh.k8s.aws/v1beta2\n",
                Nature::AppMesh,
            ),
            ("spec: {}\n", Nature::AppMesh),
        ] {
            assert_eq!(super::nature(text), nature, "{text}");
        }
    }

    #[test]
    fn a_template_is_told_by_its_outermost_keys() {
        for (text, want) in [
            ("Resources:\n  M: {}\n", true),
            ("{\"Resources\": {}}", true),
            ("{\n  \"Resources\": {}\n}", true),
            ("AWSTemplateFormatVersion: '2010-09-09'\n", true),
            ("# mesh\n---\n{\"Resources\": {}}", true),
            ("{Description: a, Resources: {}}", true),
            ("  Resources:\n    M: {}\n", true),
            ("Resources:\n  M: {}\napiVersion: v1\n", true),
            (
                "{\n\"Resources\": {\n\"Page\": {\n\"apiVersion\": \"v1\",\n\"a\": 1\n}\n}\n}",
                true,
            ),
            ("{\"Description\": \"AWS::AppMesh::Mesh\"}", true),
            ("a: 'AWS::AppMesh::Mesh'\n", true),
            ("spec:\n  Resources: 1\n", false),
            ("{\"spec\": {}}", false),
            ("{\"spec\": {\"Resources\": {}}}", false),
            (
                "{\"a\": \"\\\"Resources\\\": {}\", \"b\": [\"Resources\"]}",
                false,
            ),
            (
                "{\"apiVersion\": \"v1\", \"metadata\": {\"annotations\": {\"was\": \"AWS::AppMesh::Mesh\"}}}",
                false,
            ),
            (
                "{\n  \"metadata\": {\"a\": \"AWS::AppMesh::Mesh\"},\n  \"apiVersion\": \"v1\"\n}",
                false,
            ),
            (
                "{\"kind\": \"Mesh\"}\n{\"apiVersion\": \"v1\", \"a\": \"AWS::AppMesh::Mesh\"}",
                false,
            ),
            (
                "# as AWS::AppMesh::Mesh\napiVersion: v1\nkind: Pod\n",
                false,
            ),
            (
                "kind: ConfigMap\napiVersion: v1\ndata:\n  a: |\n    \"Resources\": {}\n",
                false,
            ),
        ] {
            assert_eq!(is_template(text), want, "{text}");
        }
    }
}
