//! Routes for TCP, which have no condition but the port.

use super::{ForTcp, RouteBuilder};
use crate::{config::Route, unit::Protocol};

impl Route {
    /// Begins a route for TCP connections.
    ///
    /// # Source
    /// App Mesh API model, `TcpRoute`.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use mesh_core::config::Route;
    ///
    /// let _route = Route::tcp("mail").port(25).target("mail-v1", 1).idle_timeout(Duration::from_secs(600));
    /// ```
    pub fn tcp(name: impl Into<String>) -> RouteBuilder<ForTcp> {
        RouteBuilder::new(name.into(), Protocol::Tcp)
    }
}
