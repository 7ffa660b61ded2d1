//! What is known about the connection that a request came in on.

use std::{net::SocketAddr, sync::Arc};

use mesh_core::unit::Port;

use crate::connect::Held;

/// The connection that a request came in on.
///
/// [`Mesh::serve`](crate::Mesh::serve) hands it to the inbound stack; a handler reads it from its
/// [`CallContext`](crate::CallContext).
#[derive(Clone, Debug)]
pub struct ConnInfo {
    peer: SocketAddr,
    local: SocketAddr,
    port: Port,
    identity: PeerIdentity,
    pub(crate) held: Arc<Held>,
}

impl ConnInfo {
    pub(crate) fn new(peer: SocketAddr, local: SocketAddr, port: Port, held: Arc<Held>) -> Self {
        Self {
            peer,
            local,
            port,
            identity: PeerIdentity::plaintext(),
            held,
        }
    }

    /// Who connected: the address on the other side.
    #[must_use]
    pub fn peer_addr(&self) -> SocketAddr {
        self.peer
    }

    /// The address on this side.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The virtual node's listener, as the mesh names it; the local address may have another port.
    #[must_use]
    pub fn port(&self) -> Port {
        self.port
    }

    /// Who the peer proved to be.
    #[must_use]
    pub fn peer_identity(&self) -> &PeerIdentity {
        &self.identity
    }
}

/// Who a peer proved to be when its connection was made.
///
/// This version accepts plaintext only, so no peer has proven anything; the type is where a verified identity will stand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PeerIdentity(Proof);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Proof {
    Plaintext,
}

impl PeerIdentity {
    const fn plaintext() -> Self {
        Self(Proof::Plaintext)
    }

    /// Whether the peer spoke without TLS, and so proved nothing.
    #[must_use]
    pub fn is_plaintext(&self) -> bool {
        matches!(self.0, Proof::Plaintext)
    }
}
