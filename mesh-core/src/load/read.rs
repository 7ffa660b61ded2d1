//! One resource as it was read: under the API's names, whatever form it came in.

use super::{resolved::Resolved, shape::Form};
use crate::{
    config::{ResourceKind, draft::Said},
    error::{Problems, quoted},
};

/// A resource, ready to become a draft.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) kind: ResourceKind,
    pub(super) form: Form,
    pub(super) mesh: Option<Said<String>>,
    /// The router of a route, the gateway of a gateway route.
    pub(super) parent: Option<Said<String>>,
    pub(super) name: Said<String>,
    /// Whether that is its name; else the name could not be read, and something stands for it.
    pub(super) named: bool,
    /// What it says, under `spec`.
    pub(super) properties: Resolved,
    /// Whether nothing was wrong with it.
    pub(super) whole: bool,
}

impl Read {
    /// Reports a route of which nothing tells what it is a part of.
    pub(super) fn needs_parent(&self, allow_missing: bool, problems: &mut Problems) {
        let unknown = self.parent.is_none() && self.whole;
        let Some(parent) = self.kind.parent().filter(|_| unknown) else {
            return;
        };
        let what = match self.kind {
            ResourceKind::Route => "the route",
            _ => "the gateway route",
        };
        let Said { value, place } = &self.name;
        let name = quoted(value);
        if allow_missing {
            let message = format!("{what} {name} is left out: nothing here tells its `{parent}`");
            return problems.warn("missing-parent", place, message);
        }
        let how = self.how_to_tell_parent();
        let message = format!("nothing here tells the `{parent}` of {what} {name}: {how}");
        problems.error("missing-parent", place, message);
    }

    fn how_to_tell_parent(&self) -> String {
        match self.form {
            Form::Kubernetes => "load its virtual gateway and its namespace as well: gateways select routes by their labels, and \
                                 by those of their namespaces"
                .to_owned(),
            _ => format!(
                "load what it is a part of as well, or say it (in Rust `Reader::bare`, for validate `--kind {} --name PARENT/NAME`)",
                self.kind
            ),
        }
    }
}
