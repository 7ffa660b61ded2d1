//! `Fn::Sub`: variables in a text.

use super::{
    function::{self, Piece},
    resolve::{Known, Resolve, UNKNOWN, text},
    resolved::Content,
};
use crate::{
    error::Place,
    load::node::{Entry, Node, Value},
};

impl Resolve<'_, '_> {
    /// What `Fn::Sub` gives.
    pub(super) fn sub(&mut self, argument: &Node, place: &Place) -> Known {
        let (template, variables) = match &argument.value {
            Value::List(items) => match items.as_slice() {
                [template, variables] => (template.text(), variables.entries()),
                _ => (None, &[][..]),
            },
            _ => (argument.text(), &[][..]),
        };
        let Some(template) = template else {
            return self.bad_argument(
                "`Fn::Sub` needs a text, or a list of a text and a mapping of variables",
                place,
            );
        };
        let Some(pieces) = function::pieces(template) else {
            return self.bad_argument(
                "a `${` in this text has no `}`: close it, or write `${!` for the text itself",
                place,
            );
        };
        let mut values = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(piece) => values.push(Content::Text(piece.to_owned())),
                Piece::Variable(name) => match self.variable(name, variables, place) {
                    Known::Content(content) => values.push(content),
                    Known::NoValue => {}
                },
            }
        }
        self.joined(values, place)
    }

    fn variable(&mut self, name: &str, variables: &[Entry], place: &Place) -> Known {
        if let Some(entry) = variables.iter().find(|entry| entry.key == name) {
            let path = format!("{}.{name}", place.path);
            let resolved = self.node(&entry.node, path);
            return resolved.map_or(Known::NoValue, |resolved| Known::Content(resolved.content));
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute(resource, attribute, place),
            None => self.reference(name, place),
        }
    }

    fn joined(&mut self, mut values: Vec<Content>, place: &Place) -> Known {
        if values.len() == 1 {
            return values.pop().map_or(UNKNOWN, Known::Content);
        }
        let mut joined = String::new();
        for value in values {
            match value {
                Content::Text(text) => joined.push_str(&text),
                Content::Unknown => return UNKNOWN,
                Content::Arn(arn) => {
                    let what = "an App Mesh resource, whose ARN AWS alone knows; for its name write `${…}` with the attribute";
                    return self.given(&arn.logical_id, "missing-value", what, place);
                }
                Content::Null | Content::List(_) | Content::Map(_) => {
                    return self.bad_argument("a variable of `Fn::Sub` has to be a text", place);
                }
            }
            if joined.len() > LONGEST {
                return self
                    .bad_argument("this text grows too long to be anything of App Mesh", place);
            }
        }
        text(joined)
    }
}

/// Texts can be put into texts without end; no name of App Mesh is as long.
const LONGEST: usize = 8192;
