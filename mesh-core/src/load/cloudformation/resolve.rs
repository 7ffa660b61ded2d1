//! Puts values in the place of functions, parameters and pseudo parameters.
//!
//! It goes along the properties' shapes: what nobody will read is unknown without a word, whatever it asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    function::{self, Written},
    template::{Resource, Template, at, below},
};
use crate::{
    config::pattern::Room,
    error::{Place, Problems, quoted},
    load::{
        merge::MERGE,
        node::{Entry, Node, Scalar, Value},
        resolved::{Content, Member, Resolved},
        shape::{Form, Kind},
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
    /// Conditions that were asked for; `None` while one is being computed.
    pub(super) conditions: BTreeMap<&'a str, Option<Option<bool>>>,
    pub(super) parameters: BTreeMap<&'a str, Known>,
    /// What the `AllowedPattern`s of parameters may take.
    pub(super) patterns: Room,
    /// The names of values that only the caller can give, as far as they were asked for.
    pub(super) asked: BTreeSet<String>,
    /// Those of them that were not given: each is reported once.
    missing: BTreeSet<String>,
    /// How often a value was not given.
    pub(super) wanted: usize,
    /// How many values are not known, whether that was reported now or before.
    pub(super) lost: usize,
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
            conditions: BTreeMap::new(),
            parameters: BTreeMap::new(),
            patterns: Room::default(),
            asked: BTreeSet::new(),
            missing: BTreeSet::new(),
            wanted: 0,
            lost: 0,
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
        self.written(Written::of(node), path, kind)
    }

    /// As [`node`](Self::node).
    pub(super) fn written(
        &mut self,
        written: Written<'_>,
        path: String,
        kind: &Kind,
    ) -> Option<Resolved> {
        self.depth += 1;
        let place = at(path, written.at);
        let resolved = match written.called() {
            Some(name) => self.computed(name, written.argument(), place, kind),
            None => self.nested(written, place, kind),
        };
        self.depth -= 1;
        resolved
    }

    fn computed(
        &mut self,
        name: &str,
        argument: Written<'_>,
        place: Place,
        kind: &Kind,
    ) -> Option<Resolved> {
        let content = if self.unread || self.problems.is_full() || self.room == 0 {
            Content::Unknown
        } else if name == "If" {
            return self.choose(argument, &place, kind);
        } else {
            match self.call(name, argument, &place) {
                Known::Content(content) => self.held(content, &place),
                Known::NoValue => return None,
            }
        };
        self.lost += usize::from(matches!(content, Content::Unknown) && !self.unread);
        let content = match kind {
            Kind::Name => content,
            _ => self.with_arn(content, &place),
        };
        Some(Resolved { content, place })
    }

    fn nested(&mut self, written: Written<'_>, place: Place, kind: &Kind) -> Option<Resolved> {
        let content = match written.value {
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

    /// A value that was not given: asked for once, however often it is needed.
    pub(super) fn missing(
        &mut self,
        key: &str,
        code: &'static str,
        message: &str,
        place: &Place,
    ) -> Known {
        self.wanted += 1;
        if self.missing.insert(key.to_owned()) {
            self.problems.missing(code, place, key, message);
        }
        UNKNOWN
    }
}

/// What a parameter may hold at most in CloudFormation, and a text that is put together here.
pub(super) const LONGEST: usize = 4096;
/// How much functions may give in one template, as [`Content::size`] counts it: some ten times what a large one asks for.
const ROOM: usize = 200_000;
/// How deep values may be computed in one another: a document's own depth is bounded, a chain of references is not.
pub(super) const DEPTH: usize = 96;
