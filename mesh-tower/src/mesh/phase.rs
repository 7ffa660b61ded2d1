//! How far the life of a mesh has come, for those who look at it from outside.

use std::{fmt, time::Instant};

use mesh_core::metric::Number;
use tokio::sync::watch;

use super::Mesh;
use crate::runtime::clock;

/// How far the life of a mesh has come. It never goes back.
///
/// Each change is logged, with the time that the former phase took, and is in the metric `mesh_phase`, as the number of the
/// phase in this order, from 0.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Phase {
    /// Calls can be made; nothing is served. A node that serves nothing stays here.
    Started,
    /// An application is served.
    Serving,
    /// The mesh was asked to end: it is [not ready](Mesh::readiness), has left where it was registered, and still serves
    /// whoever comes, for those who have not heard of it yet.
    Leaving,
    /// Nobody comes in any more; what runs is brought to its end.
    Draining,
    /// Nothing is answered, endpoints are looked for no more, and no connection is kept. Calls that are made all the same go to
    /// the addresses that were known last.
    Stopped,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Started => "started",
            Self::Serving => "serving",
            Self::Leaving => "leaving",
            Self::Draining => "draining",
            Self::Stopped => "stopped",
        })
    }
}

impl Mesh {
    /// How far its life has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.handle.lived.phase()
    }

    /// Resolves once its life has come this far, or further.
    pub async fn reached(&self, phase: Phase) {
        self.handle.lived.reached(phase).await;
    }
}

/// The phase of a mesh, and since when.
#[derive(Debug)]
pub(super) struct Lived(watch::Sender<(Phase, Instant)>);

impl Lived {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new((Phase::Started, clock::now())))
    }

    pub(super) fn phase(&self) -> Phase {
        self.0.borrow().0
    }

    /// Lets the phase be this one, unless it is a later one already.
    pub(super) fn reach(&self, next: Phase) {
        let now = clock::now();
        self.0.send_if_modified(|(phase, since)| {
            if next <= *phase {
                return false;
            }
            let after = now.saturating_duration_since(*since);
            tracing::info!(from = %phase, to = %next, ?after, "the mesh goes on to another phase");
            (*phase, *since) = (next, now);
            true
        });
    }

    async fn reached(&self, wanted: Phase) {
        // An error would say that the sender is gone, but it is `self`'s.
        let _ = self
            .0
            .subscribe()
            .wait_for(|(phase, _)| *phase >= wanted)
            .await;
    }

    pub(super) fn number(&self) -> Number {
        Number::gauge(
            "mesh_phase",
            "How far the mesh's life has come: 0 started, 1 serving, 2 leaving, 3 draining, 4 stopped.",
            self.phase() as u64,
        )
    }
}
