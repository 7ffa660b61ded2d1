//! `Ref`: what names stand for, and values that the caller has to give.

use super::{
    parameter,
    resolve::{Known, Resolve, UNKNOWN, text},
};
use crate::{
    config::spelling::nearest,
    error::{Place, quoted, shortened},
    load::resolved::{Arn, Content},
};

impl Resolve<'_, '_> {
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
            _ if resource.is_untyped() || !self.is_reachable(resource, place) => UNKNOWN,
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
        let (name, declared) = self.template.parameters.get_key_value(name)?;
        if let Some(known) = self.parameters.get(name) {
            self.wanted += usize::from(matches!(known, Known::Content(Content::Unknown)));
            return Some(known.clone());
        }
        let known = parameter::value(declared, self).unwrap_or(UNKNOWN);
        self.parameters.insert(name, known.clone());
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
        self.asked.insert(name.to_owned());
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
        self.missing(name, code, &message, place)
    }
}

/// Whether AWS sets a parameter of that name.
pub(in crate::load) fn is_pseudo(name: &str) -> bool {
    PSEUDO.contains(&name)
}

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
