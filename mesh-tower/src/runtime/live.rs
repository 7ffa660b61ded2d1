//! The configuration in force, with the state it refers to: replaced whole, so that no request sees two halves of two.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use mesh_core::snapshot::{ClusterId, Snapshot};

use crate::endpoint::Cluster;

/// A snapshot and the clusters that its ids stand for.
#[derive(Debug)]
pub(crate) struct Live {
    snapshot: Arc<Snapshot>,
    clusters: Box<[Arc<Cluster>]>,
    generation: u64,
}

impl Live {
    /// `clusters` are in the order of [`Snapshot::clusters`].
    pub(crate) fn new(
        snapshot: Arc<Snapshot>,
        clusters: Box<[Arc<Cluster>]>,
        generation: u64,
    ) -> Self {
        debug_assert_eq!(snapshot.clusters().len(), clusters.len());
        Self {
            snapshot,
            clusters,
            generation,
        }
    }

    pub(crate) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The cluster of an id that came from this snapshot.
    pub(crate) fn cluster(&self, id: ClusterId) -> &Arc<Cluster> {
        &self.clusters[id.index()]
    }

    pub(crate) fn clusters(&self) -> &[Arc<Cluster>] {
        &self.clusters
    }

    /// How many configurations were in force before.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }
}

/// Where the configuration in force is read, once per request, and replaced, by the reconciler.
#[derive(Debug)]
pub(crate) struct Current(ArcSwap<Live>);

impl Current {
    pub(crate) fn new(live: Live) -> Self {
        Self(ArcSwap::from_pointee(live))
    }

    pub(crate) fn load(&self) -> Guard<Arc<Live>> {
        self.0.load()
    }

    /// Puts another configuration in force; the former is freed by the caller, not by a request.
    pub(crate) fn replace(&self, live: Live) -> Arc<Live> {
        self.0.swap(Arc::new(live))
    }
}
