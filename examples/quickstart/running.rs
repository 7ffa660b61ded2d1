//! One service process, as far as a mesh can tell: a virtual node whose application is being served.

use std::{error::Error, net::SocketAddr, time::Duration};

use axum::Router;
use mesh_core::Config;
use mesh_tower::{Mesh, MeshBuilder};
use tokio::task::JoinHandle;

/// A virtual node and its application.
pub(crate) struct Running {
    mesh: Mesh,
    addr: SocketAddr,
    serving: JoinHandle<Result<(), mesh_tower::Error>>,
}

/// The node as both templates describe it, listening on some free port of loopback.
pub(crate) fn node(config: &Config, name: &str) -> MeshBuilder {
    Mesh::builder()
        .config(config.clone())
        .virtual_node(name)
        .bind(PORT, "127.0.0.1:0")
        // The same sequence of draws in every run.
        .seed(SEED)
}

impl Running {
    /// Starts the node's mesh, makes its application, and serves it.
    pub(crate) async fn start(
        node: MeshBuilder,
        app: impl FnOnce(&Mesh) -> Result<Router, mesh_tower::Error>,
    ) -> Result<Self, Box<dyn Error>> {
        let mesh = node.start().await?;
        let app = app(&mesh)?;
        let addr = *mesh
            .addrs()
            .get(&PORT)
            .ok_or("the template has no listener on port 8080: give the node one")?;
        let serving = tokio::spawn({
            let mesh = mesh.clone();
            async move { mesh.serve_until(app, std::future::pending()).await }
        });
        mesh.ready().await;
        Ok(Self {
            mesh,
            addr,
            serving,
        })
    }

    /// Where the node listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its mesh.
    pub(crate) fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// Lets running requests end, and ends.
    pub(crate) async fn stop(self) -> Result<(), Box<dyn Error>> {
        self.mesh.stop(DRAIN).await;
        Ok(self.serving.await??)
    }
}

/// What both templates call their listeners; none is really bound there.
const PORT: u16 = 8080;
const SEED: u64 = 7;
const DRAIN: Duration = Duration::from_secs(2);
