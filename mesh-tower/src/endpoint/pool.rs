//! The connections to one endpoint, by protocol.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use http::Version;
use hyper::client::conn::http2::SendRequest;
use mesh_core::unit::Protocol;
use tokio::time;

use super::{
    Lease, Load,
    h1::{self, Sender},
    h2,
    idle::Idle,
    streams::Connections,
};
use crate::{
    body::Body,
    connect::{Connection, Dial},
    error::ConnectError,
};

/// The connections to one endpoint: keyed by the endpoint, never by the authority a request names.
#[derive(Debug)]
pub(crate) struct Pool {
    addr: SocketAddr,
    dial: Arc<dyn Dial>,
    connections: Kept,
}

#[derive(Debug)]
enum Kept {
    H1(Arc<Idle<Sender>>),
    H2(Connections<SendRequest<Body>>),
}

impl Pool {
    pub(crate) fn new(addr: SocketAddr, protocol: Protocol, dial: Arc<dyn Dial>) -> Self {
        let connections = match protocol {
            Protocol::Http2 | Protocol::Grpc => Kept::H2(Connections::new()),
            _ => Kept::H1(Arc::new(Idle::new())),
        };
        Self {
            addr,
            dial,
            connections,
        }
    }

    /// What is spoken to the endpoint.
    pub(crate) fn version(&self) -> Version {
        match self.connections {
            Kept::H1(_) => Version::HTTP_11,
            Kept::H2(_) => Version::HTTP_2,
        }
    }

    /// What is there and free now.
    pub(crate) fn try_lease(&self, load: &Arc<Load>) -> Option<Lease> {
        match &self.connections {
            Kept::H1(idle) => Some(Lease::h1(idle.take_ready()?, idle, load.begin())),
            Kept::H2(connections) => Some(Lease::h2(connections.reserve()?, true, load.begin())),
        }
    }

    /// A connection, or a stream of one, for one request; `limit` is how long making one may take.
    pub(crate) async fn lease(
        &self,
        load: &Arc<Load>,
        limit: Duration,
    ) -> Result<Lease, ConnectError> {
        let in_flight = load.begin();
        match &self.connections {
            Kept::H1(idle) => {
                let sender = match idle.take().await {
                    Some(sender) => sender,
                    None => {
                        within(limit, async { h1::handshake(self.connect().await?).await }).await?
                    }
                };
                Ok(Lease::h1(sender, idle, in_flight))
            }
            Kept::H2(connections) => {
                let dial = || async { h2::handshake(self.connect().await?).await };
                let (stream, reused) = within(limit, connections.reserve_or_dial(dial)).await?;
                Ok(Lease::h2(stream, reused, in_flight))
            }
        }
    }

    async fn connect(&self) -> Result<Connection, ConnectError> {
        self.dial.dial(self.addr).await.map_err(ConnectError::Io)
    }

    /// The endpoint has left the set: idle connections close now, the others with their last request.
    pub(crate) fn retire(&self) {
        match &self.connections {
            Kept::H1(idle) => idle.close(),
            Kept::H2(connections) => connections.close(),
        }
    }
}

async fn within<T>(
    limit: Duration,
    made: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    match time::timeout(limit, made).await {
        Ok(result) => result,
        Err(_) => Err(ConnectError::Elapsed(limit)),
    }
}
