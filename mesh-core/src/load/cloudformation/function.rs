//! Intrinsic functions: which one stands somewhere, and their arguments.

use crate::{
    error::Location,
    load::node::{Entry, Node, Value},
};

/// A value as it was written, or as a function's argument: then without the tag that calls the function.
#[derive(Clone, Copy)]
pub(super) struct Written<'n> {
    pub(super) value: &'n Value,
    tag: Option<&'n str>,
    pub(super) at: &'n Location,
}

impl<'n> Written<'n> {
    pub(super) fn of(node: &'n Node) -> Self {
        Self {
            value: &node.value,
            tag: node.tag.as_deref(),
            at: &node.at,
        }
    }

    /// The tag that calls a function.
    pub(super) fn tag(self) -> Option<&'n str> {
        self.tag
    }

    /// The function that this is a call of, without `Fn::`.
    pub(super) fn called(self) -> Option<&'n str> {
        match (self.tag, self.entries()) {
            (Some(tag), _) => Some(tag),
            (None, [only]) => long_form(&only.key),
            _ => None,
        }
    }

    /// The argument of a call, which is the value itself where a tag calls.
    pub(super) fn argument(self) -> Self {
        match (self.tag, self.entries()) {
            (None, [only]) => Self::of(&only.node),
            _ => Self { tag: None, ..self },
        }
    }

    /// The text that was written, if one was and no function gives it.
    pub(super) fn text(self) -> Option<&'n str> {
        match self.value {
            Value::Scalar(scalar) if self.tag.is_none() && !scalar.is_null() => Some(&scalar.text),
            _ => None,
        }
    }

    /// The items that were written, if a list was and no function gives it.
    pub(super) fn items(self) -> Option<&'n [Node]> {
        match self.value {
            Value::List(items) if self.tag.is_none() => Some(items),
            _ => None,
        }
    }

    /// The entries of a mapping; none of anything else.
    pub(super) fn entries(self) -> &'n [Entry] {
        match self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }
}

/// The function that a key calls, if it is one's.
pub(super) fn long_form(key: &str) -> Option<&str> {
    key.strip_prefix("Fn::")
        .or_else(|| (key == "Ref").then_some("Ref"))
}

/// A piece of what `Fn::Sub` is given.
#[derive(Debug, PartialEq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// `${Name}` or `${Resource.Attribute}`.
    Variable(&'a str),
}

/// Cuts a text at its variables; `None` if a brace is not closed.
///
/// # Source
/// CloudFormation user guide, `Fn::Sub`: `${!Name}` stands for the text `${Name}`.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, after) = (rest.get(..start)?, rest.get(start + 2..)?);
        let end = after.find('}')?;
        let name = after.get(..end)?;
        pieces.push(Piece::Text(before));
        match name.strip_prefix('!') {
            Some(literal) => pieces.extend(["${", literal, "}"].map(Piece::Text)),
            None => pieces.push(Piece::Variable(name.trim())),
        }
        rest = after.get(end + 1..)?;
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sub_is_cut_at_variables_and_literals_stay() {
        use Piece::{Text, Variable};
        for (text, want) in [
            ("", Some(vec![])),
            ("plain", Some(vec![Text("plain")])),
            (
                "${A}-${B.C}",
                Some(vec![Variable("A"), Text("-"), Variable("B.C")]),
            ),
            (
                "${!A}$",
                Some(vec![Text("${"), Text("A"), Text("}"), Text("$")]),
            ),
            ("${A", None),
        ] {
            assert_eq!(pieces(text), want, "{text}");
        }
    }
}
