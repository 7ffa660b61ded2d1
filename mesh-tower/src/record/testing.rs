//! Recorders for tests.

use std::sync::Arc;

use mesh_core::Snapshot;

use super::{Readers, Recorder};
use crate::runtime::{meters::Meters, rng::SharedRng};

/// One that records the requests of this snapshot's node, for these readers.
pub(crate) fn recorder(snapshot: &Snapshot, readers: Readers) -> Arc<Recorder> {
    let (ids, meters) = (SharedRng::new(1), Meters::new(snapshot));
    Recorder::new(Arc::new(ids), Vec::new(), Arc::new(meters), readers).expect("a thread")
}
