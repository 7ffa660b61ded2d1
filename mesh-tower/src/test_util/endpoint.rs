//! One endpoint of a simulated node: an application that comes and goes.

use std::{fmt, future::pending, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio::task::JoinHandle;
use tower_service::Service;

use crate::{
    body::{Body, BoxError},
    error::Error,
    mesh::{Mesh, MeshBuilder},
};

/// Makes the application of an endpoint from its mesh, and serves it until the mesh is stopped. Anew at each start.
#[derive(Clone)]
pub(super) struct App(Arc<Make>);

type Make = dyn Fn(&Mesh) -> Result<Serving, Error> + Send + Sync;
type Serving = BoxFuture<'static, Result<(), Error>>;

impl App {
    pub(super) fn new<S, B>(
        make: impl Fn(&Mesh) -> Result<S, Error> + Send + Sync + 'static,
    ) -> Self
    where
        S: Service<http::Request<Body>, Response = http::Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Arc::new(move |mesh: &Mesh| {
            let (app, mesh) = (make(mesh)?, mesh.clone());
            let serving = async move { mesh.serve_until(app, pending()).await };
            Ok(Box::pin(serving) as Serving)
        }))
    }

    /// Starts the mesh and serves the application on it.
    pub(super) async fn start(&self, builder: MeshBuilder) -> Result<Running, Error> {
        let mesh = builder.start().await?;
        let task = tokio::spawn((self.0)(&mesh)?);
        mesh.ready().await;
        Ok(Running { mesh, task })
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// An endpoint that serves; crashes when dropped.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) mesh: Mesh,
    task: JoinHandle<Result<(), Error>>,
}

impl Running {
    /// Ends at once; resolves when nothing of it is left.
    pub(super) async fn crash(mut self) {
        self.task.abort();
        // That it was cut is what was asked for.
        let _ = (&mut self.task).await;
    }

    pub(super) async fn stop(mut self, within: Duration) {
        self.mesh.stop(within).await;
        // What serving failed of was told when it began.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
