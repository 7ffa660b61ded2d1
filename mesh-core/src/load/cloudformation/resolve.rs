//! Puts values in the place of functions: `Ref`, `Fn::GetAtt`, `Fn::Sub`, parameters and pseudo parameters.
//!
//! It goes along the properties' shapes: what nobody will read is unknown without a word, whatever it asks for.

use std::collections::BTreeMap;

use super::{
    function::{self, NOT_COMPUTED},
    template::{Resource, Template, at, below},
};
use crate::{
    config::spelling::nearest,
    error::{Place, Problems, quoted},
    load::{
        node::{Entry, Node, Scalar, Value},
        resolved::{Content, Member, Resolved},
        shape::{Form, Kind},
        tree::MERGE,
    },
};

/// What a function gives.
#[derive(Clone, Debug)]
pub(super) enum Known {
    Content(Content),
    /// `AWS::NoValue`: the property is as if it were not written.
    NoValue,
}

pub(super) const UNKNOWN: Known = Known::Content(Content::Unknown);

pub(super) fn text(text: impl Into<String>) -> Known {
    Known::Content(Content::Text(text.into()))
}

/// Resolves the resources of one template.
pub(super) struct Resolve<'a, 'p> {
    pub(super) template: &'a Template<'a>,
    pub(super) problems: &'p mut Problems,
    /// Attributes that were asked for; `None` while one is being computed.
    pub(super) attributes: BTreeMap<(String, String), Option<Known>>,
    /// Parameters with which nothing was wrong.
    pub(super) parameters: BTreeMap<&'a str, Known>,
    /// How many values are being computed.
    pub(super) depth: usize,
    /// How much more functions may give.
    room: usize,
    /// Whether nobody will read what is being resolved.
    unread: bool,
}

impl<'a, 'p> Resolve<'a, 'p> {
    pub(super) fn new(template: &'a Template<'a>, problems: &'p mut Problems) -> Self {
        Self {
            template,
            problems,
            attributes: BTreeMap::new(),
            parameters: BTreeMap::new(),
            depth: 0,
            room: ROOM,
            unread: false,
        }
    }

    /// All properties of a resource.
    pub(super) fn properties(&mut self, resource: Resource<'a>, kind: &Kind) -> Resolved {
        let path = format!("{}.Properties", resource.path());
        let Some(entry) = resource.properties else {
            return Resolved {
                content: Content::Null,
                place: resource.place(),
            };
        };
        let resolved = self.node(&entry.node, path.clone(), kind);
        resolved.unwrap_or_else(|| Resolved {
            content: Content::Null,
            place: at(path, &entry.key_at),
        })
    }

    /// A value; `None` if it is `AWS::NoValue`.
    pub(super) fn node(&mut self, node: &Node, path: String, kind: &Kind) -> Option<Resolved> {
        self.depth += 1;
        let resolved = self.nested(node, at(path, &node.at), kind);
        self.depth -= 1;
        resolved
    }

    fn nested(&mut self, node: &Node, place: Place, kind: &Kind) -> Option<Resolved> {
        let called = function::called(node);
        if called.is_some() && self.unread {
            let content = Content::Unknown;
            return Some(Resolved { content, place });
        }
        if let Some(name) = called {
            return match self.call(name, function::argument(node), &place) {
                Known::Content(content) => Some(Resolved {
                    content: self.held(content, &place),
                    place,
                }),
                Known::NoValue => None,
            };
        }
        let content = match &node.value {
            Value::Scalar(scalar) => self.scalar(scalar, &place),
            Value::List(items) => {
                let of = match kind {
                    Kind::List { of, .. } => of,
                    other => other,
                };
                let items = items.iter().enumerate();
                let resolved = items.filter_map(|(i, item)| {
                    self.node(item, below(&place.path, &format!("[{i}]")), of)
                });
                Content::List(resolved.collect())
            }
            Value::Map(entries) => self.map(entries, &place, kind),
        };
        Some(Resolved { content, place })
    }

    /// Takes what a function gave, as long as all of it can be held.
    fn held(&mut self, content: Content, place: &Place) -> Content {
        if self.room == 0 {
            return Content::Unknown;
        }
        self.room = self.room.saturating_sub(content.size());
        if self.room > 0 {
            return content;
        }
        let message = "the functions of this template give more than can be held: write it with fewer, or shorter, values";
        self.problems.error("document-too-large", place, message);
        Content::Unknown
    }

    fn map(&mut self, entries: &[Entry], place: &Place, kind: &Kind) -> Content {
        let mut members = Vec::new();
        for Entry { key, key_at, node } in entries {
            if key == MERGE {
                return Content::Unknown;
            }
            let key_place = at(below(&place.path, &format!(".{key}")), key_at);
            if function::long_form(key).is_some() {
                if self.unread {
                    return Content::Unknown;
                }
                let message = format!(
                    "the function {} stands beside other keys: give it a mapping of its own",
                    quoted(key)
                );
                self.problems
                    .error("misplaced-function", &key_place, message);
                return Content::Unknown;
            }
            let value = self.member(key, node, key_place.path.clone(), kind);
            members.extend(value.map(|value| Member {
                key: key.clone(),
                key_place,
                value,
            }));
        }
        Content::Map(members)
    }

    fn member(&mut self, key: &str, node: &Node, path: String, kind: &Kind) -> Option<Resolved> {
        let Kind::Object(shape) = kind else {
            return self.node(node, path, kind);
        };
        let property = shape.property(key, Form::CloudFormation);
        let outer = self.unread;
        self.unread |= property.is_none_or(|property| matches!(property.kind, Kind::Any));
        let resolved = self.node(
            node,
            path,
            property.map_or(&Kind::Any, |property| &property.kind),
        );
        self.unread = outer;
        resolved
    }

    fn scalar(&mut self, scalar: &Scalar, place: &Place) -> Content {
        if scalar.is_null() {
            return Content::Null;
        }
        if scalar.text.contains("{{resolve:") {
            if self.unread {
                return Content::Unknown;
            }
            let message = "a dynamic reference (`{{resolve:…}}`) is looked up by AWS, which this version does not ask: \
                           write a parameter in its place and give its value";
            self.problems
                .error("unsupported-dynamic-reference", place, message);
            return Content::Unknown;
        }
        Content::Text(scalar.text.clone())
    }

    fn call(&mut self, name: &str, argument: &Node, place: &Place) -> Known {
        if self.problems.is_full() || self.room == 0 {
            return UNKNOWN;
        }
        match name {
            "Ref" => match argument.text() {
                Some(name) => self.reference(name, place),
                None => self.bad_argument("`Ref` needs a name: `!Ref Name`", place),
            },
            "GetAtt" => self.get_att(argument, place),
            "Sub" => self.sub(argument, place),
            _ => self.not_computed(name, place),
        }
    }

    pub(super) fn bad_argument(&mut self, message: &str, place: &Place) -> Known {
        self.problems.error("bad-function", place, message);
        UNKNOWN
    }

    fn not_computed(&mut self, name: &str, place: &Place) -> Known {
        let known = NOT_COMPUTED.iter().find(|(function, _)| *function == name);
        let Some((function, code)) = known else {
            let functions = NOT_COMPUTED.iter().map(|(name, _)| *name);
            let hint = nearest(name, functions.chain(["Ref", "GetAtt", "Sub"]));
            let message = format!("CloudFormation has no function {}{hint}", quoted(name));
            self.problems.error("unknown-function", place, message);
            return UNKNOWN;
        };
        let message = format!(
            "this version does not compute `Fn::{function}` yet: write its value here, or a parameter whose value you give"
        );
        self.problems.error(code, place, message);
        UNKNOWN
    }
}

/// What a parameter may hold at most in CloudFormation, and a text that is put together here.
pub(super) const LONGEST: usize = 4096;
/// How much functions may give in one template, as [`Content::size`] counts it: some ten times what a large one asks for.
const ROOM: usize = 200_000;
