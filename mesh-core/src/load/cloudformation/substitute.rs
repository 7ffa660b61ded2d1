//! `Fn::Sub`: variables in a text.

use std::collections::BTreeMap;

use super::{
    function::{self, Piece},
    resolve::{Known, LONGEST, Resolve, UNKNOWN, text},
};
use crate::{
    error::Place,
    load::{
        node::{Entry, Node, Value},
        resolved::Content,
        shape::Kind,
    },
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
        if template.len() > LONGEST {
            return self.bad_argument(TOO_LONG, place);
        }
        // Each variable once: texts that name one another twice at every level have no end otherwise.
        let alone = pieces.len() == 1;
        let mut known = BTreeMap::new();
        let mut values = Vec::new();
        for piece in pieces {
            let value = match piece {
                Piece::Text(piece) => text(piece),
                Piece::Variable(name) => {
                    let value = known
                        .entry(name)
                        .or_insert_with(|| self.variable(name, variables, place));
                    if let (Known::Content(Content::List(_) | Content::Map(_)), false) =
                        (&value, alone)
                    {
                        return self.bad_argument(NOT_A_TEXT, place);
                    }
                    value.clone()
                }
            };
            if let Known::Content(content) = value {
                values.push(content);
            }
        }
        self.joined(values, place)
    }

    fn variable(&mut self, name: &str, variables: &[Entry], place: &Place) -> Known {
        if name.is_empty() {
            let message = "`${}` names nothing: write a name between the braces, or `${!}` for the text itself";
            return self.bad_argument(message, place);
        }
        if let Some(entry) = variables.iter().find(|entry| entry.key == name) {
            let path = format!("{}.{name}", place.path);
            let resolved = self.node(&entry.node, path, &Kind::Text);
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
                Content::Text(text) | Content::Bare(text) => joined.push_str(&text),
                Content::Unknown => return UNKNOWN,
                Content::Arn(arn) => {
                    let what = "an App Mesh resource, whose ARN AWS alone knows; for its name write `${…}` with the attribute";
                    return self.given(&arn.logical_id, "missing-value", what, place);
                }
                Content::Null | Content::List(_) | Content::Map(_) => {
                    return self.bad_argument(NOT_A_TEXT, place);
                }
            }
            if joined.len() > LONGEST {
                return self.bad_argument(TOO_LONG, place);
            }
        }
        text(joined)
    }
}

const NOT_A_TEXT: &str = "a variable of `Fn::Sub` has to be a text";
const TOO_LONG: &str = "this text is longer than anything of App Mesh may be: shorten it";
