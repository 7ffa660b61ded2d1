//! What names stand for: parameters, pseudo parameters, resources and their attributes.

use super::{
    function::{self, Attribute},
    parameter,
    resolve::{Known, Resolve, UNKNOWN, text},
    template::Resource,
};
use crate::{
    config::spelling::nearest,
    error::{Place, quoted, shortened},
    load::{
        node::Node,
        resolved::{Arn, Content},
        schema,
        shape::{Form, Kind},
    },
};

impl<'a> Resolve<'a, '_> {
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
        if let Some((_, usual)) = USUAL.iter().find(|(pseudo, _)| *pseudo == name) {
            return text(*usual);
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
    pub(super) fn get_att(&mut self, argument: &Node, place: &Place) -> Known {
        let message = "`Fn::GetAtt` needs a resource and an attribute: `!GetAtt Mesh.MeshName`";
        let Some((resource, attribute)) = function::attribute(argument) else {
            return self.bad_argument(message, place);
        };
        match attribute {
            Attribute::Named(attribute) => self.attribute(resource, attribute, place),
            Attribute::Ref(name) => match self.reference(name, place) {
                Known::Content(Content::Text(attribute)) => {
                    self.attribute(resource, &attribute, place)
                }
                Known::Content(Content::Unknown) => UNKNOWN,
                _ => self.bad_argument(message, place),
            },
        }
    }

    /// What an attribute is, wherever it is asked for.
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
        let form = Form::CloudFormation;
        let shape = schema::of(app_mesh.kind);
        let properties = shape
            .there(form)
            .map(|property| form.spelling(property.name));
        let names: Vec<String> = properties.filter(|name| name.ends_with("Name")).collect();
        if names.iter().any(|name| name == attribute) {
            return self.own(found, attribute, None, place);
        }
        let message = format!(
            "{} has no attribute {}{}",
            shape.what,
            quoted(attribute),
            nearest(attribute, names.iter().map(String::as_str).chain(ASSIGNED))
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
        let resolved = node.and_then(|node| self.node(node, path, &Kind::Name));
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
/// What pseudo parameters are but in China and for governments.
const USUAL: [(&str, &str); 2] = [
    ("AWS::Partition", "aws"),
    ("AWS::URLSuffix", "amazonaws.com"),
];
const PSEUDO: [&str; 7] = [
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];
/// How deep values may be computed in one another: a document's own depth is bounded, a chain of references is not.
const DEPTH: usize = 96;
