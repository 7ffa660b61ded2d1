//! Whether a mesh can do its work: for its own start, and for whoever sends requests to it.

use std::{collections::BTreeSet, fmt, time::Duration};

use http::StatusCode;
use mesh_core::{mode::Mode, name::VirtualNodeName};
use tokio::time;

use super::{Mesh, Phase};
use crate::error::{Cause, Error};

/// Whether requests should be sent to this process, and if not, why; made by [`Mesh::readiness`].
///
/// Also `Display`, as a line for people.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Readiness {
    /// How far the mesh's life has come.
    pub phase: Phase,
    /// Whether it has listeners on which an application is to be served.
    pub listens: bool,
    /// The virtual nodes for which discovery has not answered yet, each once, in order.
    pub undiscovered: Vec<VirtualNodeName>,
    /// Whether what the mesh decides is done. No mode makes a mesh less ready.
    pub mode: Mode,
}

impl Readiness {
    /// Whether everything is there, and nothing has begun to end.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let wanted = if self.listens {
            Phase::Serving
        } else {
            Phase::Started
        };
        // Where another server has the listeners, serving is not seen.
        (wanted..=Phase::Serving).contains(&self.phase) && self.undiscovered.is_empty()
    }

    /// What a probe is to be answered: 200 or 503.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.is_ready() {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ready() {
            f.write_str("ready")?;
            return match self.mode {
                Mode::Enforce => Ok(()),
                mode => write!(f, ", {mode}"),
            };
        }
        write!(f, "not ready: {}", self.phase)?;
        if self.phase == Phase::Started && self.listens {
            f.write_str(", no application is served")?;
        }
        for (at, node) in self.undiscovered.iter().enumerate() {
            let before = if at == 0 {
                ", no endpoint is known of"
            } else {
                ","
            };
            write!(f, "{before} {node}")?;
        }
        Ok(())
    }
}

impl Mesh {
    /// Whether requests should be sent to this process now.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(mesh: mesh_tower::Mesh) -> axum::Router {
    /// use axum::{Router, routing::get};
    ///
    /// let probe = async move || {
    ///     let readiness = mesh.readiness();
    ///     (readiness.status(), readiness.to_string())
    /// };
    /// Router::new().route("/ready", get(probe))
    /// # }
    /// ```
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let live = self.handle.current.load();
        let cold = live
            .clusters()
            .filter(|cluster| !cluster.endpoints().is_answered());
        let undiscovered: BTreeSet<_> = cold
            .map(|cluster| cluster.spec().virtual_node.clone())
            .collect();
        Readiness {
            phase: self.phase(),
            listens: !self.handle.listeners.is_empty(),
            undiscovered: undiscovered.into_iter().collect(),
            mode: self.mode(),
        }
    }

    /// Resolves when discovery has answered for every target, and an application is served on the listeners, if there are any.
    pub async fn ready(&self) {
        let current = &self.handle.current;
        loop {
            let live = current.load().clone();
            for cluster in live.clusters() {
                cluster.answered().await;
            }
            if current.load().generation() == live.generation() {
                break;
            }
        }
        if !self.handle.listeners.is_empty() {
            self.reached(Phase::Serving).await;
        }
    }

    /// As [`ready`](Self::ready), but for no longer than this.
    ///
    /// # Errors
    /// One of kind [`Timeout`](crate::ErrorKind::Timeout) that names what is missing.
    pub async fn ready_within(&self, limit: Duration) -> Result<(), Error> {
        match time::timeout(limit, self.ready()).await {
            Ok(()) => Ok(()),
            Err(_) => Err(Error::new(Cause::NotReady {
                limit,
                missing: self.readiness().to_string(),
            })),
        }
    }
}
