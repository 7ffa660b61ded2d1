//! What the connections of all endpoints have in common.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hyper::client::conn::http2::SendRequest;
use tokio::time;

use super::{
    h1::{self, Sender},
    h2::{self, Opened},
};
use crate::{
    body::Body,
    connect::{Connection, Dial},
    error::ConnectError,
    runtime::rng::SharedRng,
};

/// How connections are made and kept: one for each mesh.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) dial: Arc<dyn Dial>,
    /// For the waits between connects.
    pub(crate) rng: Arc<SharedRng>,
    /// After how long a silence an HTTP/2 peer is asked whether it is still there.
    pub(crate) keep_alive: Duration,
}

impl Connector {
    /// For a test that says nothing of it.
    #[cfg(test)]
    pub(crate) fn of(dial: impl Dial) -> Arc<Self> {
        Arc::new(Self {
            dial: Arc::new(dial),
            rng: Arc::new(SharedRng::new(7)),
            keep_alive: Duration::from_secs(300),
        })
    }

    async fn connect(&self, to: SocketAddr) -> Result<Connection, ConnectError> {
        self.dial.dial(to).await.map_err(ConnectError::Io)
    }

    /// A connection that speaks HTTP/1.
    pub(super) async fn connect_h1(&self, to: SocketAddr) -> Result<Sender, ConnectError> {
        h1::handshake(self.connect(to).await?).await
    }

    /// A connection that speaks HTTP/2; see [`h2::handshake`] for `lost`.
    pub(super) async fn connect_h2(
        &self,
        to: SocketAddr,
        lost: impl FnOnce() + Send + 'static,
    ) -> Result<Opened<SendRequest<Body>>, ConnectError> {
        h2::handshake(self.connect(to).await?, self.keep_alive, lost).await
    }
}

/// What is made within this time, or the reason why nothing was.
pub(super) async fn within<T>(
    limit: Duration,
    made: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    match time::timeout(limit, made).await {
        Ok(result) => result,
        Err(_) => Err(ConnectError::Elapsed(limit)),
    }
}
