//! One resource as it was read: under the API's names, whatever form it came in.

use super::{resolved::Resolved, shape::Form};
use crate::config::{ResourceKind, draft::Said};

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
