//! What a mesh has to tell of its requests, and the tasks that belong to them.

use std::future::Future;

use mesh_core::metric::prometheus;

use super::Mesh;
use crate::{context::Scoped, inbound};

impl Mesh {
    /// Writes out the records of all requests that have ended: access log lines and traces that still wait.
    ///
    /// They are written within 50 ms anyway, and when the mesh stops or ends; this is for tests, and for processes that are
    /// frozen between requests, as on Lambda.
    pub async fn flush(&self) {
        let recorder = self.handle.recorder.clone();
        // What it writes to may block.
        let written = tokio::task::spawn_blocking(move || recorder.flush()).await;
        if let Err(error) = written {
            tracing::warn!(%error, "records could not be written");
        }
    }

    /// Runs a future as part of the call that is being answered, past the answer if it must: the mesh waits for it when it
    /// stops, as it does for requests, and ends it when it has stopped or its last handle is gone. The call's deadline is not
    /// the task's.
    ///
    /// For a result, or a task of one's own making: [`InCall`](crate::InCall).
    ///
    /// # Panics
    /// Outside of a Tokio runtime, as [`tokio::spawn`].
    pub fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (inbound, mut stage) = (self.handle.inbound.clone(), self.handle.stage.subscribe());
        let running = inbound.drain().track();
        let future = Scoped::detached(future);
        tokio::spawn(async move {
            let _running = running;
            tokio::select! {
                () = future => {}
                () = inbound.drain().reached(inbound::Phase::Stopped) => {}
                // An error says that the last handle is gone.
                _ = stage.wait_for(|_| false) => {}
            }
        });
    }

    /// What this process has counted, as a Prometheus server reads it: serve it with
    /// [`CONTENT_TYPE`](mesh_core::metric::prometheus::CONTENT_TYPE), where and to whom you like.
    ///
    /// # Shape
    /// See [`prometheus`](mesh_core::metric::prometheus).
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(mesh: mesh_tower::Mesh) -> axum::Router {
    /// use axum::{Router, http::header::CONTENT_TYPE, routing::get};
    /// use mesh_core::metric::prometheus;
    ///
    /// let metrics = async move || ([(CONTENT_TYPE, prometheus::CONTENT_TYPE)], mesh.metrics());
    /// Router::new().route("/metrics", get(metrics))
    /// # }
    /// ```
    #[must_use]
    pub fn metrics(&self) -> String {
        let mut page = String::new();
        prometheus::write(&self.handle.readings(), &self.handle.numbers(), &mut page);
        page
    }
}
