//! YAML into trees.

use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::{
    node::{Node, Scalar},
    tree::{Fault, Mark, Tree, too_deep},
};
use crate::error::Problems;

/// Reads every document of a stream, above which so many lines stand; the empty ones are left out.
pub(super) fn read(
    document: &Arc<str>,
    text: &str,
    above: usize,
    problems: &mut Problems,
) -> Result<Vec<Node>, Fault> {
    let mut tree = Tree::new(document, above);
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => put(&mut tree, event, span)?,
            Err(error) => {
                let at = at(&tree, &within(text, *error.marker()));
                // The parser looks ahead of what the tree has seen, and has a bound of its own.
                return Err(match error.info().contains("recursion limit") {
                    true => too_deep(at),
                    false => Fault::new("broken-yaml", at, sentence(error.info())),
                });
            }
        }
    }
    let mut roots = tree.finish(problems);
    roots.retain(|root| !root.is_null());
    Ok(roots)
}

/// A place that is there: the parser finds the end of a text one line below its last.
fn within(text: &str, marker: Marker) -> Marker {
    let lines = text.lines().count();
    if marker.line() <= lines.max(1) {
        return marker;
    }
    let last = text.lines().last().unwrap_or_default();
    Marker::new(marker.index(), lines, last.chars().count())
}

fn put(tree: &mut Tree, event: Event<'_>, span: Span) -> Result<(), Fault> {
    let start = at(tree, &span.start);
    if tag_of(&event).is_some_and(|tag| tag.handle.len() + tag.suffix.len() > TAG_BYTES) {
        let message =
            "this tag is longer than the name of any function: write `!Ref`, `!GetAtt` or `!Sub`";
        return Err(Fault::new("unknown-function", start, message));
    }
    let mark = |anchor, tag: Option<&Tag>| Mark {
        at: start.clone(),
        tag: tag.and_then(short),
        anchor,
    };
    match event {
        Event::Scalar(text, style, anchor, tag) => {
            let text = text.into_owned();
            let quoted = style != ScalarStyle::Plain || tag.as_deref().is_some_and(is_text);
            let scalar = Scalar {
                text,
                quoted,
                argument: false,
            };
            tree.scalar(mark(anchor, tag.as_deref()), scalar)
        }
        Event::SequenceStart(anchor, tag) => tree.open_list(mark(anchor, tag.as_deref())),
        Event::MappingStart(anchor, tag) => tree.open_map(mark(anchor, tag.as_deref())),
        Event::SequenceEnd | Event::MappingEnd => tree.close(),
        Event::Alias(anchor) => tree.alias(anchor, start),
        _ => Ok(()),
    }
}

fn at(tree: &Tree, marker: &Marker) -> crate::error::Location {
    tree.at(marker.line().max(1), marker.col() + 1)
}

fn tag_of<'a>(event: &'a Event<'_>) -> Option<&'a Tag> {
    match event {
        Event::Scalar(_, _, _, tag)
        | Event::SequenceStart(_, tag)
        | Event::MappingStart(_, tag) => tag.as_deref(),
        _ => None,
    }
}

/// The name of a tag that does not say what is plain to see: `Ref` of `!Ref`, `!!binary`.
fn short(tag: &Tag) -> Option<String> {
    let Tag { handle, suffix } = tag;
    match tag.is_yaml_core_schema() {
        true => (!CORE.contains(&suffix.as_str())).then(|| format!("!!{suffix}")),
        false if handle.is_empty() => None,
        false => Some(format!("{}{suffix}", handle.trim_start_matches('!'))),
    }
}

/// `!!str`, and the bare `!`, make a text of whatever stands there.
fn is_text(tag: &Tag) -> bool {
    (tag.is_yaml_core_schema() && tag.suffix == "str") || tag.handle.is_empty()
}

fn sentence(info: &str) -> String {
    let hint = match info {
        _ if info.contains("tab") => "; indent with spaces, not with tabs",
        _ if info.contains("anchor") => "; define it with `&` before it is used with `*`",
        _ if info.contains("simple key") || info.contains("':'") => {
            "; look at this line and the one before for a missing colon, quote or space"
        }
        _ => "; look at this line and the one before it",
    };
    format!("this is not YAML: {info}{hint}")
}

const CORE: [&str; 7] = ["str", "int", "float", "bool", "null", "seq", "map"];
const TAG_BYTES: usize = 128;
