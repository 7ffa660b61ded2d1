//! The keys of a text's outermost mappings, before it is read.

/// Those that stand outside of everything else: in JSON by its brackets, in YAML by the indentation of its first line.
pub(super) fn keys(text: &str) -> Vec<&str> {
    let content = content(text);
    match content.trim_start().starts_with(['{', '[']) {
        true => in_brackets(content),
        false => at_the_margin(content),
    }
}

/// The text from its first line on that is none of comments, directives and separators.
fn content(text: &str) -> &str {
    let mut start = 0;
    let mut lines = text.split_inclusive('\n').map(|line| {
        let from = start;
        start += line.len();
        (from, line.trim())
    });
    let passed =
        |line: &str| line.is_empty() || ["---", "#", "%"].iter().any(|it| line.starts_with(it));
    let first = lines.find(|(_, line)| !passed(line));
    let from = first.map_or(text.len(), |(from, _)| from);
    text.get(from..).unwrap_or_default()
}

fn at_the_margin(text: &str) -> Vec<&str> {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let margin = indentation(text);
    let lines = text.lines().filter(|line| indentation(line) <= margin);
    lines.filter_map(key).collect()
}

fn in_brackets(text: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        let within = quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if within => escaped = true,
            '"' => quoted = !quoted,
            _ if within => {}
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // A key follows where a mapping opens, or a comma stands in it.
        if !within && depth == 1 && matches!(c, '{' | ',') {
            keys.extend(text.get(at + 1..).and_then(key));
        }
    }
    keys
}

/// The key with which a text begins.
fn key(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let (key, rest) = match text.strip_prefix('"') {
        Some(text) => text.split_once('"')?,
        None => text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric())?),
    };
    rest.trim_start().starts_with(':').then_some(key)
}
