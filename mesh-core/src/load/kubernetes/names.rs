//! Names in App Mesh, of what objects refer to.

use super::object::{Object, Objects, app_mesh_name};
use crate::{
    config::ResourceKind,
    error::{Problems, quoted},
    load::{
        conform::Names,
        plain::is_blank,
        resolved::{Content, Resolved},
    },
};

/// Tells names to an object of this namespace.
pub(super) struct Referred<'a> {
    pub(super) objects: &'a Objects<'a>,
    pub(super) namespace: &'a str,
}

impl Referred<'_> {
    /// The name in App Mesh of an object that may or may not be loaded.
    pub(super) fn name(&self, to: ResourceKind, reference: &Resolved) -> Option<String> {
        let part = |key| reference.at(&[key]).map(|node| &node.content);
        match (part("name"), part("namespace")) {
            (Some(Content::Text(name)), None) => Some(self.named(to, self.namespace, name)),
            (Some(Content::Text(name)), Some(Content::Text(namespace))) => {
                Some(self.named(to, namespace, name))
            }
            _ => None,
        }
    }

    pub(super) fn named(&self, to: ResourceKind, namespace: &str, name: &str) -> String {
        let found = self.objects.get(to, namespace, name);
        found.map_or_else(|| app_mesh_name(to, namespace, name), Object::app_mesh_name)
    }
}

impl Names for Referred<'_> {
    fn of_object(&self, to: ResourceKind, reference: &Resolved, _: &mut Problems) -> Content {
        // One without a name, or with one that is no text, is reported already.
        self.name(to, reference)
            .map_or(Content::Unknown, Content::Text)
    }

    /// # Source
    /// The controller, `pkg/conversions/arns_conversion.go`: `^mesh/([^/]+)/([^/]+)/([^/]+)$`.
    fn of_arn(&self, to: ResourceKind, arn: &Resolved, problems: &mut Problems) -> Content {
        let Content::Text(text) = &arn.content else {
            return Content::Unknown;
        };
        if is_blank(text) {
            let message = format!(
                "{} is a blank for the ARN of a {}: fill it in, or give its value (in Rust `Reader::substitute`, for validate \
                 `--set '{text}=ARN'`)",
                quoted(text),
                to.api()
            );
            problems.missing("unfilled-placeholder", &arn.place, text, message);
            return Content::Unknown;
        }
        let resource = text.splitn(6, ':').nth(5).unwrap_or(text);
        let parts: Vec<&str> = resource.split('/').collect();
        let (code, message) = match parts.as_slice() {
            ["mesh", mesh, kind, name]
                if ![mesh, kind, name].iter().any(|part| part.is_empty()) =>
            {
                if *kind == to.api() {
                    return Content::Text((*name).to_owned());
                }
                let message = format!(
                    "the ARN of a {} is due here, and {} is one of a {kind}: name the resource that is meant",
                    to.api(),
                    quoted(text)
                );
                ("wrong-arn-kind", message)
            }
            _ => {
                let message = format!(
                    "{} is no ARN of a {}: write `arn:aws:appmesh:REGION:ACCOUNT:mesh/MESH/{}/NAME`",
                    quoted(text),
                    to.api(),
                    to.api()
                );
                ("bad-arn", message)
            }
        };
        problems.error(code, &arn.place, message);
        Content::Unknown
    }
}
