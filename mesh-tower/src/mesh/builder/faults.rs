//! Faults that a mesh injects into what it sends.

use mesh_core::fault::Faults;

use super::MeshBuilder;
use crate::fault::FaultSwitch;

impl MeshBuilder {
    /// Lets calls meet these faults, if the switch says so: an answer that nobody gave, which the caller sees as that of a
    /// peer, or a wait. Both are counted and logged with a flag of their own (`FI`, `DI`), and announced at start.
    ///
    /// They stand outside of the retries, so that a fault is not tried again; for a peer that fails now and then, put a
    /// [`FaultLayer`](crate::FaultLayer) around its application. Called again, the latest call counts.
    ///
    /// # Source
    /// Envoy's fault filter stands before the router, too. There a delay does not count against the route's timeout; here it
    /// does, as a slow peer would: a call whose limit passes meanwhile fails and is not sent. The limit of a try begins with the
    /// try, after the delay; and that of a request whose body is still being sent begins, as ever, with the body's end.
    ///
    /// # Examples
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use http::StatusCode;
    /// use mesh_core::{compile::Target, fault::{Fault, Share}};
    /// use mesh_tower::{FaultSwitch, Mesh};
    ///
    /// let down = Fault::abort(StatusCode::SERVICE_UNAVAILABLE).virtual_service("orders");
    /// let mesh = Mesh::builder()
    ///     .service("orders:8080", Target::dns("localhost"))
    ///     .faults(down, FaultSwitch::On)
    ///     .start()
    ///     .await?;
    /// let answer = mesh.client_for("orders:8080")?.get("/").send().await?;
    /// assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    /// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
    /// ```
    pub fn faults(mut self, faults: impl Into<Faults>, switch: FaultSwitch) -> Self {
        self.faults = switch.is_on().then(|| faults.into());
        self
    }
}
