//! The connections to one endpoint, by protocol.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::Version;
use hyper::client::conn::http2::SendRequest;
use mesh_core::unit::Protocol;

use super::{
    Connector, Lease, Load,
    connector::within,
    h1::{self, Sender},
    h2::Opened,
    idle::Idle,
    reconnect::{Made, Reconnect},
    redial::Redial,
    streams::Connections,
};
use crate::{body::Body, error::ConnectError};

/// The connections to one endpoint: keyed by the endpoint, never by the authority a request names.
#[derive(Debug)]
pub(crate) struct Pool {
    addr: SocketAddr,
    connector: Arc<Connector>,
    connections: Kept,
    redial: Arc<Redial>,
}

#[derive(Debug)]
enum Kept {
    H1(Arc<Idle<Sender>>),
    H2(Connections<SendRequest<Body>>),
}

impl Pool {
    pub(crate) fn new(addr: SocketAddr, protocol: Protocol, connector: Arc<Connector>) -> Self {
        let connections = match protocol {
            Protocol::Http2 | Protocol::Grpc => Kept::H2(Connections::new()),
            _ => Kept::H1(Arc::new(Idle::new())),
        };
        Self {
            addr,
            connector,
            connections,
            redial: Arc::default(),
        }
    }

    /// What is spoken to the endpoint.
    pub(crate) fn version(&self) -> Version {
        match self.connections {
            Kept::H1(_) => Version::HTTP_11,
            Kept::H2(_) => Version::HTTP_2,
        }
    }

    /// Whether the last connects failed and the next one is somebody else's: a request has better chances elsewhere.
    pub(crate) fn is_failing(&self) -> bool {
        self.redial.is_failing()
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
        self: &Arc<Self>,
        load: &Arc<Load>,
        limit: Duration,
    ) -> Result<Lease, ConnectError> {
        let in_flight = load.begin();
        let coming = Coming {
            failures: self.redial.failures(),
            limit,
        };
        let made = match &self.connections {
            Kept::H1(idle) => match idle.take().await {
                Some(sender) => Ok(Lease::h1(sender, idle, in_flight)),
                None => within(limit, self.dial_h1(idle, coming))
                    .await
                    .map(|sender| Lease::h1(sender, idle, in_flight)),
            },
            Kept::H2(connections) => {
                let dial = || self.dial_h2(coming);
                within(limit, connections.reserve_or_dial(dial))
                    .await
                    .map(|(stream, reused)| Lease::h2(stream, reused, in_flight))
            }
        };
        if let Err(error @ ConnectError::Elapsed(_)) = &made
            && !self.is_failing()
        {
            self.failed(error, limit);
        }
        made
    }

    async fn dial_h1(
        self: &Arc<Self>,
        idle: &Arc<Idle<Sender>>,
        coming: Coming,
    ) -> Result<Sender, ConnectError> {
        self.settled(coming).await?;
        if let Some(sender) = idle.take_ready() {
            return Ok(sender);
        }
        let made = async { h1::handshake(self.connector.connect(self.addr).await?).await };
        self.noted(made.await, coming.limit)
    }

    async fn dial_h2(
        self: &Arc<Self>,
        coming: Coming,
    ) -> Result<Opened<SendRequest<Body>>, ConnectError> {
        self.settled(coming).await?;
        let lost = self.losing(coming.limit);
        let made = self.connector.connect_h2(self.addr, lost);
        self.noted(made.await, coming.limit)
    }

    /// Whether a request may connect by itself: not while others failed to.
    async fn settled(self: &Arc<Self>, coming: Coming) -> Result<(), ConnectError> {
        let again = || self.redial(0, coming.limit);
        self.redial.settled(coming.failures, again).await
    }

    fn noted<T>(
        self: &Arc<Self>,
        made: Result<T, ConnectError>,
        limit: Duration,
    ) -> Result<T, ConnectError> {
        match &made {
            Ok(_) => self.redial.succeeded(),
            Err(error) => self.failed(error, limit),
        }
        made
    }

    fn failed(self: &Arc<Self>, error: &ConnectError, limit: Duration) {
        self.redial.failed(error);
        self.redial(1, limit);
    }

    fn redial(self: &Arc<Self>, tried: u32, limit: Duration) {
        let attempt = Reconnect {
            pool: Arc::downgrade(self),
            connector: self.connector.clone(),
            addr: self.addr,
            limit,
        };
        self.redial.start(attempt, tried, &self.connector.rng);
    }

    /// What an HTTP/2 connection does that was used and takes no more streams: the next request is to find another one.
    pub(super) fn losing(self: &Arc<Self>, limit: Duration) -> impl FnOnce() + Send + 'static {
        let pool = Arc::downgrade(self);
        move || {
            if let Some(pool) = pool.upgrade()
                && pool.has_none()
            {
                pool.redial(0, limit);
            }
        }
    }

    pub(super) fn redialling(&self) -> &Redial {
        &self.redial
    }

    /// Takes a connection that no request asked for.
    pub(super) fn keep(&self, made: Made) {
        match (&self.connections, made) {
            (Kept::H1(idle), Made::H1(mut sender)) => {
                // It may have waited long enough to be stale.
                sender.reused = true;
                idle.keep(sender);
            }
            (Kept::H2(connections), Made::H2(opened)) => connections.add(opened),
            (Kept::H1(_), Made::H2(_)) | (Kept::H2(_), Made::H1(_)) => {}
        }
        self.redial.succeeded();
    }

    /// Whether a connection is worth having that nobody asked for.
    pub(super) fn has_none(&self) -> bool {
        match &self.connections {
            Kept::H1(_) => self.redial.is_failing(),
            Kept::H2(connections) => connections.has_none(),
        }
    }

    /// The endpoint has left the set: idle connections close now, the others with their last request.
    pub(crate) fn retire(&self) {
        match &self.connections {
            Kept::H1(idle) => idle.close(),
            Kept::H2(connections) => connections.close(),
        }
        self.redial.close();
    }
}

/// A request that needs a connection.
#[derive(Clone, Copy)]
struct Coming {
    /// How many connects had failed in a row when it came.
    failures: u32,
    /// How long making a connection may take.
    limit: Duration,
}

#[cfg(test)]
mod tests;
