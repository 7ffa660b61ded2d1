//! `Fn::GetAtt`: attributes of resources, as far as a template says them.

use super::{
    function::Written,
    resolve::{DEPTH, Known, Resolve, UNKNOWN, text},
    template::Resource,
};
use crate::{
    config::spelling::nearest,
    error::{Place, quoted, shortened},
    load::{
        resolved::Content,
        schema,
        shape::{Form, Kind},
    },
};

impl<'a> Resolve<'a, '_> {
    /// What `Fn::GetAtt` gives.
    pub(super) fn get_att(&mut self, argument: Written<'_>, place: &Place) -> Known {
        let due = "`Fn::GetAtt` needs a resource and an attribute: `!GetAtt Mesh.MeshName`";
        if let Some([resource, attribute]) = argument.items() {
            let resource = self.text_argument(Written::of(resource), due, place);
            let attribute = self.text_argument(Written::of(attribute), due, place);
            return match (resource, attribute) {
                (Some(resource), Some(attribute)) => self.attribute(&resource, &attribute, place),
                _ => UNKNOWN,
            };
        }
        match argument.text().and_then(|text| text.split_once('.')) {
            Some((resource, attribute)) => self.attribute(resource, attribute, place),
            None => self.bad_argument(due, place),
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
        if found.is_untyped() || !self.is_reachable(found, place) {
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
        if attribute == "Arn" {
            return self.arn(found.id, &full, place);
        }
        if ASSIGNED.contains(&attribute) {
            return self.given(&full, "missing-value", "known to AWS alone", place);
        }
        let form = Form::CloudFormation;
        let shape = schema::of(app_mesh.kind);
        let properties = shape.there(form);
        let names = properties.map(|property| form.spelling(property.name));
        let names: Vec<String> = names.filter(|name| name.ends_with("Name")).collect();
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
            None if self.depth < DEPTH => {}
            Some(None) | None => {
                let what = format!("`{}.{name}`", shortened(resource.id));
                return self.circular(&what, place);
            }
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

    /// Whether a resource that is referred to is there; if it is not, that is reported.
    pub(super) fn is_reachable(&mut self, resource: Resource<'a>, place: &Place) -> bool {
        let there = self.is_there(resource);
        if there == Some(false) {
            let message = format!(
                "the resource {} is not there, because its `Condition` is false: refer to it within an `Fn::If` on the same \
                 condition",
                quoted(resource.id)
            );
            self.problems.error("missing-reference", place, message);
        }
        there == Some(true)
    }

    pub(super) fn circular(&mut self, what: &str, place: &Place) -> Known {
        let message = format!(
            "{what} needs its own value to be computed, or too long a chain of others: break the circle"
        );
        self.problems.error("circular-reference", place, message);
        UNKNOWN
    }
}

/// What AWS assigns to an App Mesh resource.
const ASSIGNED: [&str; 5] = ["Arn", "Id", "MeshOwner", "ResourceOwner", "Uid"];
/// The one attribute of a foreign resource that is the same as its property.
const CLOUD_MAP_NAME: (&str, &str) = ("AWS::ServiceDiscovery::Service", "Name");
