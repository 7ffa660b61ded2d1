//! How long the parts of a mesh's life may take.

use std::time::Duration;

use super::MeshBuilder;

/// The limits of a mesh's life.
#[derive(Clone, Copy, Debug)]
pub(in crate::mesh) struct Life {
    pub(in crate::mesh) warm: Duration,
    pub(in crate::mesh) drain: Duration,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            warm: WARM,
            drain: DRAIN,
        }
    }
}

impl MeshBuilder {
    /// How long the start waits for a configuration's URL, and the start and each later configuration for discovery's first
    /// answers and the first health check of each endpoint: 5 s unless said here.
    pub fn warm(mut self, limit: Duration) -> Self {
        self.life.warm = limit;
        self
    }

    /// How long running requests may take when an application ceases to be served: 20 s unless said here, which is below
    /// the 30 s after which ECS kills a task.
    pub fn drain(mut self, limit: Duration) -> Self {
        self.life.drain = limit;
        self
    }
}

const WARM: Duration = Duration::from_secs(5);
const DRAIN: Duration = Duration::from_secs(20);
