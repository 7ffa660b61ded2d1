//! Puts values in the place of functions: `Ref`, `Fn::GetAtt`, `Fn::Sub`, parameters and pseudo parameters.

use std::collections::BTreeMap;

use super::{
    function::{self, NOT_COMPUTED},
    parameter,
    resolved::{Arn, Content, Member, Resolved},
    template::{Resource, Template, at, below},
};
use crate::{
    config::spelling::nearest,
    error::{Place, Problems, quoted, shortened},
    load::{
        node::{Entry, Node, Scalar, Value},
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
    attributes: BTreeMap<(String, String), Option<Known>>,
    /// Parameters with which nothing was wrong.
    parameters: BTreeMap<&'a str, Known>,
    /// How many values are being computed.
    depth: usize,
    /// How much more functions may give.
    room: usize,
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
        }
    }

    /// All properties of a resource.
    pub(super) fn properties(&mut self, resource: Resource<'a>) -> Resolved {
        let path = format!("{}.Properties", resource.path());
        match resource.properties {
            Some(entry) => self
                .node(&entry.node, path.clone())
                .unwrap_or_else(|| Resolved {
                    content: Content::Null,
                    place: at(path, &entry.key_at),
                }),
            None => Resolved {
                content: Content::Null,
                place: resource.place(),
            },
        }
    }

    /// A value; `None` if it is `AWS::NoValue`.
    pub(super) fn node(&mut self, node: &Node, path: String) -> Option<Resolved> {
        self.depth += 1;
        let resolved = self.nested(node, at(path, &node.at));
        self.depth -= 1;
        resolved
    }

    fn nested(&mut self, node: &Node, place: Place) -> Option<Resolved> {
        if let Some(name) = function::called(node) {
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
                let items = items.iter().enumerate();
                let resolved = items
                    .filter_map(|(i, item)| self.node(item, below(&place.path, &format!("[{i}]"))));
                Content::List(resolved.collect())
            }
            Value::Map(entries) => self.map(entries, &place),
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

    fn map(&mut self, entries: &[Entry], place: &Place) -> Content {
        let mut members = Vec::new();
        for Entry { key, key_at, node } in entries {
            if key == MERGE {
                return Content::Unknown;
            }
            let key_place = at(below(&place.path, &format!(".{key}")), key_at);
            if function::long_form(key).is_some() {
                let message = format!(
                    "the function {} stands beside other keys: give it a mapping of its own",
                    quoted(key)
                );
                self.problems
                    .error("misplaced-function", &key_place, message);
                return Content::Unknown;
            }
            let value = self.node(node, key_place.path.clone());
            members.extend(value.map(|value| Member {
                key: key.clone(),
                key_place,
                value,
            }));
        }
        Content::Map(members)
    }

    fn scalar(&mut self, scalar: &Scalar, place: &Place) -> Content {
        if scalar.is_null() {
            return Content::Null;
        }
        if scalar.text.contains("{{resolve:") {
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
            "GetAtt" => match function::attribute(argument) {
                Some((resource, attribute)) => self.attribute(&resource, &attribute, place),
                None => self.bad_argument(
                    "`Fn::GetAtt` needs a resource and an attribute: `!GetAtt Mesh.MeshName`",
                    place,
                ),
            },
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

    /// What `Ref` gives.
    pub(super) fn reference(&mut self, name: &str, place: &Place) -> Known {
        if name == "AWS::NoValue" {
            return Known::NoValue;
        }
        if let Some(known) = self.parameter(name) {
            return known;
        }
        if is_pseudo(name) {
            return self.given(
                name,
                "missing-pseudo-parameter",
                "a pseudo parameter, which AWS sets",
                place,
            );
        }
        let Some(resource) = self.template.resources.get(name).copied() else {
            let known = self.template.names().chain(PSEUDO);
            let message = format!(
                "there is no parameter and no resource {} in this template{}",
                quoted(name),
                nearest(name, known)
            );
            self.problems.error("missing-reference", place, message);
            return UNKNOWN;
        };
        let given = self.template.values.get(name);
        match (resource.app_mesh, given) {
            (_, Some(given)) => text(given),
            _ if resource.is_untyped() => UNKNOWN,
            (Some(app_mesh), None) => match self.attribute(name, app_mesh.name, place) {
                Known::Content(Content::Text(own)) => Known::Content(Content::Arn(Arn {
                    name: own,
                    logical_id: name.to_owned(),
                    attribute: app_mesh.name,
                })),
                other => other,
            },
            (None, None) => {
                let what = format!("the id of a resource ({})", shortened(resource.kind));
                self.given(name, "missing-value", &what, place)
            }
        }
    }

    fn parameter(&mut self, name: &str) -> Option<Known> {
        if let Some(known) = self.parameters.get(name) {
            return Some(known.clone());
        }
        let (name, declared) = self.template.parameters.get_key_value(name)?;
        let before = self.problems.errors();
        let known = parameter::value(declared, self.template.values, self.problems);
        // One that is wrong is so for every resource that asks.
        if self.problems.errors() == before {
            self.parameters.insert(*name, known.clone());
        }
        Some(known)
    }

    /// What the caller gave for a name that AWS would know.
    pub(super) fn given(
        &mut self,
        name: &str,
        code: &'static str,
        what: &str,
        place: &Place,
    ) -> Known {
        if let Some(value) = self.template.values.get(name) {
            return text(value);
        }
        let message = format!(
            "{0} is {what}: give its value as the parameter {0} (validate: `--param {1}=VALUE`)",
            quoted(name),
            shortened(name)
        );
        self.problems.error(code, place, message);
        UNKNOWN
    }

    /// What `Fn::GetAtt` gives.
    pub(super) fn attribute(&mut self, resource: &str, attribute: &str, place: &Place) -> Known {
        let Some(found) = self.template.resources.get(resource).copied() else {
            let known = self.template.resources.keys().copied();
            let hint = nearest(resource, known);
            let message = format!(
                "there is no resource {} in this template{hint}",
                quoted(resource)
            );
            self.problems.error("missing-reference", place, message);
            return UNKNOWN;
        };
        let full = format!("{resource}.{attribute}");
        if let Some(given) = self.template.values.get(&full) {
            return text(given);
        }
        if found.is_untyped() {
            return UNKNOWN;
        }
        let Some(app_mesh) = found.app_mesh else {
            if (found.kind, attribute) == CLOUD_MAP_NAME && found.property(attribute).is_some() {
                return self.own(found, attribute, None, place);
            }
            let what = format!("an attribute of a resource ({})", shortened(found.kind));
            return self.given(&full, "missing-value", &what, place);
        };
        if attribute == app_mesh.name {
            return self.own(found, attribute, Some(found.id), place);
        }
        if ASSIGNED.contains(&attribute) {
            return self.given(&full, "missing-value", "known to AWS alone", place);
        }
        let names = || {
            app_mesh
                .shape
                .properties
                .iter()
                .map(|p| p.name)
                .filter(|name| name.ends_with("Name"))
        };
        if names().any(|name| name == attribute) {
            return self.own(found, attribute, None, place);
        }
        let message = format!(
            "{} has no attribute {}{}",
            app_mesh.shape.what,
            quoted(attribute),
            nearest(attribute, names().chain(ASSIGNED))
        );
        self.problems.error("unknown-attribute", place, message);
        UNKNOWN
    }

    /// A property of a resource as another one sees it: computed once, and never while it is being computed.
    fn own(
        &mut self,
        resource: Resource<'a>,
        name: &str,
        unnamed: Option<&str>,
        place: &Place,
    ) -> Known {
        let key = (resource.id.to_owned(), name.to_owned());
        match self.attributes.get(&key) {
            Some(Some(known)) => return known.clone(),
            Some(None) => return self.circular(&key, place),
            None if self.depth >= DEPTH => return self.circular(&key, place),
            None => {}
        }
        self.attributes.insert(key.clone(), None);
        let path = format!("{}.Properties.{name}", resource.path());
        let node = resource.property(name);
        let resolved = node.and_then(|node| self.node(node, path));
        let known = match (resolved.map(|resolved| resolved.content), unnamed) {
            (Some(Content::Text(value)), _) => text(value),
            (Some(Content::Arn(arn)), _) => text(arn.name),
            (None | Some(Content::Null), Some(invented)) => text(invented),
            _ => UNKNOWN,
        };
        self.attributes.insert(key, Some(known.clone()));
        known
    }

    fn circular(&mut self, (resource, name): &(String, String), place: &Place) -> Known {
        let message = format!(
            "`{}.{name}` needs its own value to be computed, or too long a chain of others: break the circle",
            shortened(resource)
        );
        self.problems.error("circular-reference", place, message);
        UNKNOWN
    }
}

/// Whether AWS sets a parameter of that name.
pub(in crate::load) fn is_pseudo(name: &str) -> bool {
    PSEUDO.contains(&name)
}

/// What AWS assigns to an App Mesh resource.
const ASSIGNED: [&str; 5] = ["Arn", "Id", "MeshOwner", "ResourceOwner", "Uid"];
/// The one attribute of a foreign resource that is the same as its property.
const CLOUD_MAP_NAME: (&str, &str) = ("AWS::ServiceDiscovery::Service", "Name");
const PSEUDO: [&str; 7] = [
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];
/// What a parameter may hold at most in CloudFormation, and a text that is put together here.
pub(super) const LONGEST: usize = 4096;
/// How deep values may be computed in one another: a document's own depth is bounded, a chain of references is not.
const DEPTH: usize = 96;
/// How much functions may give in one template, as [`Content::size`] counts it: some ten times what a large one asks for.
const ROOM: usize = 200_000;
