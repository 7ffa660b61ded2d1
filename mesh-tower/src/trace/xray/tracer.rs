//! Decides what is recorded, and sends documents of it.

use std::{
    fmt, io,
    sync::Arc,
    thread,
    time::{Instant, SystemTime},
};

use mesh_core::{
    metric::Number,
    name::{MeshName, VirtualNodeName},
    rng::Rng,
    snapshot::Snapshot,
};
use mesh_xray::{
    Sampler,
    emit::{Counters, DaemonAddress, Dropped, Emit, Pacing, UdpEmitter},
    segment::{AppMesh, Aws, Name},
};

use super::document::Traced;
use crate::runtime::{clock, rng::OwnRng};

/// What all traces of a mesh share.
#[derive(Debug)]
pub(crate) struct Tracer {
    sampler: Sampler,
    began: Instant,
    mesh: MeshName,
    pub(super) name: Name,
    pub(super) aws: Arc<Aws>,
}

impl Tracer {
    pub(super) fn new(snapshot: &Snapshot, sampler: Sampler, name: Option<&str>) -> Self {
        let (mesh, virtual_node) = (snapshot.mesh(), snapshot.virtual_node());
        let mut aws = Aws::default();
        aws.app_mesh = Some(AppMesh::new(mesh.to_string(), virtual_node.to_string()));
        let name = match name {
            Some(name) => Name::new(name),
            None => Name::new(&format!("{mesh}/{virtual_node}")),
        };
        Self {
            sampler,
            began: clock::now(),
            mesh: mesh.clone(),
            name,
            aws: Arc::new(aws),
        }
    }

    /// Whether this process records the trace.
    pub(super) fn samples(
        &self,
        trace: &mesh_xray::Trace,
        now: Instant,
        rng: &mut OwnRng<'_>,
    ) -> bool {
        let second = now.saturating_duration_since(self.began).as_secs();
        trace.decide(|| self.sampler.sample(second, rng.next_u64()))
    }

    /// The name that another node of the mesh gives its own segments.
    pub(super) fn name_of(&self, virtual_node: &VirtualNodeName) -> Name {
        Name::new(&format!("{}/{virtual_node}", self.mesh))
    }
}

/// Where documents are sent.
pub(crate) struct Emitter {
    socket: UdpEmitter,
    counters: Arc<Counters>,
    pacing: Pacing,
    document: Vec<u8>,
}

impl Emitter {
    pub(super) fn connect(address: &DaemonAddress) -> io::Result<Self> {
        let socket = UdpEmitter::connect(address)?;
        Ok(Self {
            counters: socket.counters().clone(),
            socket,
            pacing: Pacing::default(),
            document: Vec::new(),
        })
    }

    /// Sends the documents of a call that has ended; `wall` tells the time of day of a moment.
    pub(crate) fn emit(&mut self, traced: Traced, wall: impl Fn(Instant) -> SystemTime) {
        let Self {
            socket,
            counters,
            pacing,
            document,
        } = self;
        let too_large = traced.documents(wall, document, |document| {
            socket.send(document);
            if let Some(rest) = pacing.sent() {
                // The thread that writes records is the only one that waits.
                thread::park_timeout(rest);
            }
        });
        for _ in 0..too_large {
            counters.dropped(Dropped::TooLarge);
        }
    }

    /// What became of the documents.
    pub(crate) fn counters(&self) -> Counted {
        Counted(self.counters.clone())
    }
}

impl fmt::Debug for Emitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emitter")
            .field("emitted", &self.counters.snapshot())
            .finish_non_exhaustive()
    }
}

/// What became of the documents, for whoever reads metrics.
#[derive(Clone, Debug)]
pub(crate) struct Counted(Arc<Counters>);

impl Counted {
    pub(crate) fn numbers(&self) -> [Number; 4] {
        let emitted = self.0.snapshot();
        [
            Number::counter(
                "mesh_xray_documents_sent_total",
                "Documents handed to the system for the X-Ray daemon.",
                emitted.sent,
            ),
            Number::counter(
                "mesh_xray_bytes_sent_total",
                "Bytes of those documents.",
                emitted.bytes,
            ),
            Number::counter(
                "mesh_xray_documents_refused_total",
                "Documents of which the system said that no daemon listens.",
                emitted.refused,
            ),
            Number::counter(
                "mesh_xray_documents_dropped_total",
                "Documents that were not sent: too large, or the socket had no room.",
                emitted.dropped(),
            ),
        ]
    }
}
