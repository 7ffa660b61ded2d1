//! The node's listeners as a mesh hands them out.

use std::{collections::BTreeMap, net::SocketAddr};

use super::{Mesh, Phase};
use crate::{error::Error, serve::Listener};

impl Mesh {
    /// The listener on this port of the node, for a server that one runs oneself, with [`inbound`](Self::inbound) around what
    /// it serves. The connections that come from it are known to the inbound services, where the server passes them on:
    /// tonic does so by itself, axum with `into_make_service_with_connect_info::<ConnInfo>()`. Then limits and time limits are
    /// those of this listener, and a call knows its peer.
    ///
    /// The node counts as served from now on. It is the server's owner who calls [`stop`](Self::stop) at the end, and has the
    /// server finish what runs when the mesh [drains](Phase::Draining).
    ///
    /// # Errors
    /// One of kind [`Config`](crate::ErrorKind::Config) if the node has no listener on this port, or somebody serves on it
    /// already.
    ///
    /// # Examples
    /// With axum:
    /// ```no_run
    /// # #[cfg(feature = "axum")]
    /// # async fn example(mesh: mesh_tower::Mesh) -> Result<(), Box<dyn std::error::Error>> {
    /// use axum::{Router, routing::get};
    /// use mesh_tower::{ConnInfo, Phase};
    ///
    /// let app = Router::new().route("/", get(async || "hello")).layer(mesh.inbound());
    /// let app = app.into_make_service_with_connect_info::<ConnInfo>();
    /// let server = axum::serve(mesh.listener(8080)?, app);
    /// server.with_graceful_shutdown(async move { mesh.reached(Phase::Draining).await }).await?;
    /// # Ok(())
    /// # }
    /// ```
    /// With tonic, whose server ends with the listener:
    /// ```no_run
    /// # #[cfg(feature = "tonic")]
    /// # async fn example<S>(mesh: mesh_tower::Mesh, routes: tonic::service::Routes) -> Result<(), Box<dyn std::error::Error>> {
    /// use mesh_tower::Phase;
    /// use tonic::transport::Server;
    ///
    /// let server = Server::builder().layer(mesh.inbound()).add_routes(routes);
    /// let draining = { let mesh = mesh.clone(); async move { mesh.reached(Phase::Draining).await } };
    /// server.serve_with_incoming_shutdown(mesh.listener(50051)?, draining).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn listener(&self, port: u16) -> Result<Listener, Error> {
        let handle = &self.handle;
        let (door, local) = handle.listeners.take(port).ok_or_else(|| {
            let (node, places) = (&handle.node, handle.listeners.addrs());
            Error::setup(format!(
                "virtual node {node} has no listener on port {port} that nobody serves on yet; it listens on {:?}",
                places.keys().collect::<Vec<_>>()
            ))
        })?;
        handle.lived.reach(Phase::Serving);
        let listener = Listener::new(door, port, local);
        #[cfg(feature = "aws")]
        let listener = listener.holding(handle.register());
        Ok(listener)
    }

    /// Where the node's listeners are really bound, by the port that the mesh knows.
    #[must_use]
    pub fn addrs(&self) -> BTreeMap<u16, SocketAddr> {
        self.handle.listeners.addrs()
    }
}
