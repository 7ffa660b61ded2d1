//! How long the parts of a mesh's life may take.

use std::time::Duration;

use super::MeshBuilder;

/// The limits of a mesh's life.
#[derive(Clone, Copy, Debug)]
pub(in crate::mesh) struct Life {
    pub(in crate::mesh) warm: Duration,
    /// Unless said here, it depends on who asks the mesh to end.
    pub(in crate::mesh) propagation: Option<Duration>,
    pub(in crate::mesh) drain: Duration,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            warm: WARM,
            propagation: None,
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

    /// How long a mesh that is asked to end goes on as if nothing had happened, while it says that it is not
    /// [ready](crate::Mesh::readiness): time for those who call it to hear that it leaves.
    ///
    /// Unless said here, 5 s for SIGTERM, and nothing for Ctrl-C and for the future of
    /// [`serve_until`](crate::Mesh::serve_until). Together with the [drain](Self::drain) it should stay below the 30 s
    /// after which ECS and Kubernetes kill a task.
    ///
    /// # Source
    /// App Mesh's advice for its sidecar: a `preStop` sleep, and `LISTENER_DRAIN_WAIT_TIME_S`.
    pub fn propagation(mut self, window: Duration) -> Self {
        self.life.propagation = Some(window);
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
