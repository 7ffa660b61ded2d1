//! What another configuration changes, in a user's words.

mod change;
mod endpoints;
mod general;
mod ingress;
mod routes;

use std::fmt;

pub use change::{Change, Kind};

use crate::snapshot::Snapshot;
use change::Changes;

/// What changes between two snapshots of one node or gateway.
///
/// What only moves in the file is no change. Where a snapshot is in shadow mode, what it would do is compared.
///
/// # Shape
/// `Display` writes one line for each change, always in the same order: what concerns the whole, listeners, gateway routes, virtual
/// services and their routes, endpoints; then how many groups of endpoints keep their connections and counts. Where nothing
/// changes it writes `nothing changes`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::{Defaults, compile::{self, Target}, diff::Diff, unit::Port};
///
/// let orders = || Target::dns("orders.internal");
/// let port = Port::new(80)?;
/// let of = |target| compile::services([("orders", port, target)], Defaults::Safe);
/// let (old, new) = (of(orders())?, of(orders().timeout(Duration::from_secs(2)))?);
///
/// let diff = Diff::between(&old, &new);
/// assert_eq!(diff.to_string(), "orders:80: request limit 15s -> 2s\nendpoints: 1 kept, 0 new, 0 retired");
/// assert!(Diff::between(&new, &new).is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Diff {
    changes: Vec<Change>,
    kept: usize,
    new: usize,
    retired: usize,
}

impl Diff {
    /// What changes from the old snapshot to the new one.
    #[must_use]
    pub fn between(old: &Snapshot, new: &Snapshot) -> Self {
        let mut changes = Changes::default();
        changes.general(old, new);
        changes.listeners(old.listeners(), new.listeners());
        let (old, new) = (meant(old), meant(new));
        changes.ingress(old, new);
        changes.services(old, new);
        let (kept, added, retired) = changes.endpoints(old, new);
        Self {
            changes: changes.into_list(),
            kept,
            new: added,
            retired,
        }
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What changes, in the order in which it is written.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// How many groups of endpoints keep their connections and counts.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing changes");
        }
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        let Self {
            kept, new, retired, ..
        } = self;
        write!(f, "endpoints: {kept} kept, {new} new, {retired} retired")
    }
}

/// What is decided, whether or not it is done.
fn meant(snapshot: &Snapshot) -> &Snapshot {
    snapshot.shadow().unwrap_or(snapshot)
}

#[cfg(test)]
mod tests;
