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
    /// The mesh that the object belongs to, as far as is known.
    pub(super) mesh: Option<&'a str>,
}

impl Referred<'_> {
    /// The name in App Mesh of an object that may or may not be loaded.
    pub(super) fn name(&self, to: ResourceKind, reference: &Resolved) -> Option<String> {
        let name = reference.at(&["name"])?.content.text()?;
        let namespace = match reference.at(&["namespace"]) {
            Some(written) => written.content.text()?,
            None => self.namespace,
        };
        Some(self.named(to, namespace, name))
    }

    pub(super) fn named(&self, to: ResourceKind, namespace: &str, name: &str) -> String {
        let found = self.objects.get(to, namespace, name);
        found.map_or_else(|| app_mesh_name(to, namespace, name), Object::app_mesh_name)
    }

    /// The name in an ARN; else the code of what is wrong with it, and a sentence about that.
    fn name_in<'t>(
        &self,
        arn: &'t str,
        to: ResourceKind,
    ) -> Result<&'t str, (&'static str, String)> {
        let (text, due) = (quoted(arn), to.api());
        let Some([mesh, kind, name]) = parts(arn) else {
            let message = format!(
                "{text} is no ARN of a {due}: write `arn:aws:appmesh:REGION:ACCOUNT:mesh/MESH/{due}/NAME`"
            );
            return Err(("bad-arn", message));
        };
        if kind != due {
            let message = format!(
                "the ARN of a {due} is due here, and {text} is one of a {kind}: name the resource that is meant"
            );
            return Err(("wrong-arn-kind", message));
        }
        let Some(own) = self.mesh.filter(|own| *own != without_owner(mesh)) else {
            return Ok(name);
        };
        let message = format!(
            "{text} is in another mesh than what names it, which belongs to {}: name a {due} of that mesh",
            quoted(own)
        );
        Err(("wrong-arn-mesh", message))
    }
}

impl Names for Referred<'_> {
    fn of_object(&self, to: ResourceKind, reference: &Resolved, _: &mut Problems) -> Content {
        // One without a name, or with one that is no text, is reported already.
        self.name(to, reference)
            .map_or(Content::Unknown, Content::Text)
    }

    /// # Source
    /// The controller, `pkg/conversions/arns_conversion.go`: `^mesh/([^/]+)/([^/]+)/([^/]+)$`. Of what it is given by reference, it
    /// asks that it belongs to the object's own mesh.
    fn of_arn(&self, to: ResourceKind, arn: &Resolved, problems: &mut Problems) -> Content {
        let Some(text) = arn.content.text() else {
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
        match self.name_in(text, to) {
            Ok(name) => Content::Text(name.to_owned()),
            Err((code, message)) => {
                problems.error(code, &arn.place, message);
                Content::Unknown
            }
        }
    }
}

/// Mesh, kind and name in an ARN; `None` if it is none of a resource of a mesh.
fn parts(arn: &str) -> Option<[&str; 3]> {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    let parts: Vec<&str> = resource.split('/').collect();
    match parts.as_slice() {
        ["mesh", parts @ ..] if parts.iter().all(|part| !part.is_empty()) => parts.try_into().ok(),
        _ => None,
    }
}

/// A mesh that another account shares has that account behind its name.
fn without_owner(mesh: &str) -> &str {
    mesh.split_once('@').map_or(mesh, |(name, _)| name)
}
