//! `Fn::Sub`: variables in a text.

use std::collections::BTreeMap;

use super::{
    call::TOO_LONG,
    function::{self, Piece, Written},
    resolve::{Known, LONGEST, Resolve, UNKNOWN, text},
    template::below,
};
use crate::{
    error::Place,
    load::{node::Entry, resolved::Content, shape::Kind},
};

impl Resolve<'_, '_> {
    /// What `Fn::Sub` gives.
    pub(super) fn sub(&mut self, argument: Written<'_>, place: &Place) -> Known {
        let (template, variables) = match argument.items() {
            Some([template, variables]) => (Written::of(template).text(), variables.entries()),
            Some(_) => (None, &[][..]),
            None => (argument.text(), &[][..]),
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
            let path = below(&place.path, &format!(".{name}"));
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
                Content::Text(text) => joined.push_str(&text),
                other => match self.as_text(Some(other), NOT_A_TEXT, place) {
                    Some(text) => joined.push_str(&text),
                    None => return UNKNOWN,
                },
            }
            if joined.len() > LONGEST {
                return self.bad_argument(TOO_LONG, place);
            }
        }
        text(joined)
    }
}

const NOT_A_TEXT: &str = "a variable of `Fn::Sub` has to be a text";
