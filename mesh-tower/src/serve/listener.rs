//! One of the node's listeners, in the hands of a server that is not the mesh's own.

use std::{
    convert::Infallible,
    fmt,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{Stream, StreamExt as _, stream, stream::BoxStream};
#[cfg(feature = "aws")]
use tokio_util::task::AbortOnDropHandle;

use super::{Accepted, Door};

/// One of the node's listeners, for a server that one runs oneself; made by [`Mesh::listener`](crate::Mesh::listener).
///
/// It gives connections until the mesh drains or another configuration has no such listener; then it closes its socket. What
/// is open at the end of the time to drain is cut. To axum (feature `axum`) it is a
/// `Listener`, to tonic (feature `tonic`) the stream that `serve_with_incoming` takes; any other server asks it by
/// [`accept`](Self::accept).
pub struct Listener {
    port: u16,
    local: SocketAddr,
    accepted: BoxStream<'static, Accepted>,
    /// As long as it is served on, the node is registered.
    #[cfg(feature = "aws")]
    registered: Option<AbortOnDropHandle<()>>,
}

impl Listener {
    pub(crate) fn new(door: Door, port: u16, local: SocketAddr) -> Self {
        let accepted = stream::unfold(door, async |mut door| Some((next(&mut door).await?, door)));
        Self {
            port,
            local,
            accepted: accepted.fuse().boxed(),
            #[cfg(feature = "aws")]
            registered: None,
        }
    }

    #[cfg(feature = "aws")]
    pub(crate) fn holding(mut self, registered: Option<AbortOnDropHandle<()>>) -> Self {
        self.registered = registered;
        self
    }

    /// The port as the mesh names it.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it is really bound.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The next connection; `None` once the mesh drains, or once all that came from a listener that the node has no more is
    /// closed. A failure to take one is logged, and asked again after a pause.
    ///
    /// # Cancel safety
    /// Dropped before it resolves, it has taken no connection.
    pub async fn accept(&mut self) -> Option<Accepted> {
        self.accepted.next().await
    }
}

async fn next(door: &mut Door) -> Option<Accepted> {
    let accepted = door.next().await?;
    // Nobody but the mesh's own server is asked to end its connections.
    accepted.info.held.let_go();
    Some(accepted)
}

/// The connections, as tonic takes them; none of them fails.
impl Stream for Listener {
    type Item = Result<Accepted, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.accepted
            .poll_next_unpin(cx)
            .map(|accepted| accepted.map(Ok))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("port", &self.port)
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}
