//! A bound listener of the node, until it is served.

use std::net::SocketAddr;

use mesh_core::unit::Port;

use crate::connect::Accept;

/// One of the virtual node's listeners, bound.
#[derive(Debug)]
pub(crate) struct Bound {
    /// The port as the mesh names it.
    pub(crate) port: Port,
    pub(crate) accept: Box<dyn Accept>,
}

impl Bound {
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.accept.local_addr()
    }
}
