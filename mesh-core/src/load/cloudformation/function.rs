//! Intrinsic functions: which one stands somewhere, and their arguments.

use crate::load::node::{Node, Value};

/// The function that a node is a call of, without `Fn::`.
pub(super) fn called(node: &Node) -> Option<&str> {
    if let Some(tag) = &node.tag {
        return Some(tag);
    }
    match node.entries() {
        [only] => long_form(&only.key),
        _ => None,
    }
}

/// The function that a key calls, if it is one's.
pub(super) fn long_form(key: &str) -> Option<&str> {
    key.strip_prefix("Fn::")
        .or_else(|| (key == "Ref").then_some("Ref"))
}

/// The argument of a call, which is the node itself where a tag calls.
pub(super) fn argument(node: &Node) -> &Node {
    match (&node.tag, node.entries()) {
        (None, [only]) => &only.node,
        _ => node,
    }
}

/// The name of an attribute: written, or what a `Ref` gives.
pub(super) enum Attribute<'a> {
    Named(&'a str),
    Ref(&'a str),
}

/// `Resource.Attribute`, as a text or as a list of two.
pub(super) fn attribute(argument: &Node) -> Option<(&str, Attribute<'_>)> {
    match &argument.value {
        Value::Scalar(scalar) => {
            let (resource, attribute) = scalar.text.split_once('.')?;
            Some((resource, Attribute::Named(attribute)))
        }
        Value::List(items) => match items.as_slice() {
            [resource, attribute] => {
                let resource = resource.text().filter(|_| called(resource).is_none())?;
                let named = match called(attribute) {
                    None => Attribute::Named(attribute.text()?),
                    Some("Ref") => Attribute::Ref(self::argument(attribute).text()?),
                    Some(_) => return None,
                };
                Some((resource, named))
            }
            _ => None,
        },
        Value::Map(_) => None,
    }
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

/// Functions that CloudFormation has and this version does not compute, with the code of the error that says so.
pub(super) const NOT_COMPUTED: [(&str, &str); 18] = [
    ("And", "unsupported-and"),
    ("Base64", "unsupported-base64"),
    ("Cidr", "unsupported-cidr"),
    ("Condition", "unsupported-condition"),
    ("Contains", "unsupported-contains"),
    ("Equals", "unsupported-equals"),
    ("FindInMap", "unsupported-find-in-map"),
    ("GetAZs", "unsupported-get-azs"),
    ("If", "unsupported-if"),
    ("ImportValue", "unsupported-import-value"),
    ("Join", "unsupported-join"),
    ("Length", "unsupported-length"),
    ("Not", "unsupported-not"),
    ("Or", "unsupported-or"),
    ("Select", "unsupported-select"),
    ("Split", "unsupported-split"),
    ("ToJsonString", "unsupported-to-json-string"),
    ("Transform", "unsupported-transform"),
];

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
