//! The kill switch, and its gentler form.

use super::MeshBuilder;

impl MeshBuilder {
    /// Switches off what the mesh does to requests, for the day on which it is suspected: routes, weights, retries, connection
    /// pools, ejections and faults; see [`Mode::Bypass`](mesh_core::mode::Mode::Bypass). The variable `MESH_BYPASS=1` does the
    /// same without a new build.
    ///
    /// A request still reaches the virtual service that it names, at the target with the greatest weight of the route that is
    /// asked last, and is tried once. Who may be called, the egress filter, TLS, identities and time limits stay.
    ///
    /// It is told by a warning at start, the metric `mesh_bypass`, [`Mesh::readiness`](crate::Mesh::readiness) and the mesh's
    /// `Debug`.
    ///
    /// # Errors
    /// [`start`](Self::start) fails if the variable is neither `1`, `true`, `yes` or `on`, nor `0`, `false`, `no`, `off` or
    /// empty.
    ///
    /// # Examples
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use mesh_core::mode::Mode;
    /// use mesh_tower::{Mesh, Target};
    ///
    /// let mesh = Mesh::builder().service("orders:8080", Target::dns("localhost"));
    /// let mesh = mesh.bypass(true).start().await?;
    /// assert_eq!(mesh.mode(), Mode::Bypass);
    /// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
    /// ```
    pub fn bypass(mut self, bypass: bool) -> Self {
        self.overrides.bypass = bypass;
        self
    }

    /// Decides as ever and does as [`bypass`](Self::bypass) does, for those who try the mesh out: what would have happened is
    /// counted by the metric `mesh_shadow_decisions_total` and told in events of level `debug`. The variable `MESH_SHADOW=1`
    /// does the same; a bypass goes before it.
    ///
    /// An endpoint that would be out goes on taking requests, and is counted once more whenever it has failed as often again.
    /// Of retries the first one is counted. Layers that stand alone, given [`Mesh::plans`](crate::Mesh::plans), do as in a bypass
    /// and count nothing.
    pub fn shadow(mut self, shadow: bool) -> Self {
        self.overrides.shadow = shadow;
        self
    }
}
