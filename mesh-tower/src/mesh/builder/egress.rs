//! Whether calls may leave the mesh.

use mesh_core::config::EgressFilter;

use super::MeshBuilder;

impl MeshBuilder {
    /// Lets calls out to hosts that are no virtual service of this node's, or keeps them in, whatever the configuration says.
    /// Without it, the mesh's egress filter counts; services that are named in Rust have none, and calls to others are kept in.
    ///
    /// What is let out goes to the host and port that the request names, as it is: without routes and retries, within the
    /// request limit of the [`Defaults`](mesh_core::Defaults), by HTTP/1.1, or HTTP/2 where it is gRPC. `https` is refused.
    /// A virtual service that no route of takes a request stays closed. `*.amazonaws.com` is always open.
    ///
    /// Up to 1,024 such hosts have connections at a time; one that nobody calls for 5 minutes is forgotten. Beyond those, the
    /// host goes that was called the longest time ago, and if something is open at all of them, the call is refused.
    ///
    /// An open filter lets out to every address, be it this machine or that of a cloud's metadata: an application that sends
    /// on what its own callers choose has to look at it first.
    ///
    /// # Source
    /// App Mesh API model, `EgressFilter`; measured on Envoy 1.40.
    ///
    /// # Examples
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use mesh_core::{compile::Target, config::EgressFilter};
    /// use mesh_tower::Mesh;
    ///
    /// let mesh = Mesh::builder().service("orders:8080", Target::dns("localhost"));
    /// let mesh = mesh.egress_filter(EgressFilter::AllowAll).start().await?;
    /// assert!(mesh.client_for("example.com").is_ok());
    /// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
    /// ```
    pub fn egress_filter(mut self, filter: EgressFilter) -> Self {
        self.overrides.egress = Some(filter);
        self
    }
}
