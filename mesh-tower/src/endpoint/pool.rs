//! The connections to one endpoint, by protocol.

mod dial;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::Version;
use hyper::client::conn::http2::SendRequest;
use mesh_core::unit::Protocol;

use super::{
    Connector, Lease, Load,
    connections::Connections,
    connector::within,
    dials::Dials,
    h1::Sender,
    idle::Idle,
    queue::Queue,
    reconnect::{Made, Reconnect},
    redial::Redial,
};
use crate::{body::Body, error::ConnectError};

/// The connections to one endpoint: keyed by the endpoint, never by the authority a request names.
#[derive(Debug)]
pub(crate) struct Pool {
    addr: SocketAddr,
    connector: Arc<Connector>,
    connections: Kept,
    dials: Dials,
    redial: Arc<Redial>,
}

#[derive(Debug)]
enum Kept {
    H1 {
        idle: Arc<Idle<Sender>>,
        queue: Arc<Queue<Sender>>,
    },
    H2(Connections<SendRequest<Body>>),
}

impl Pool {
    pub(crate) fn new(addr: SocketAddr, protocol: Protocol, connector: Arc<Connector>) -> Self {
        let connections = match protocol {
            Protocol::Http2 | Protocol::Grpc => Kept::H2(Connections::new()),
            _ => {
                let idle = Arc::new(Idle::new());
                let queue = Arc::new(Queue::new(&idle));
                Kept::H1 { idle, queue }
            }
        };
        Self {
            addr,
            connector,
            connections,
            dials: Dials::new(),
            redial: Arc::default(),
        }
    }

    /// What is spoken to the endpoint.
    pub(crate) fn version(&self) -> Version {
        match self.connections {
            Kept::H1 { .. } => Version::HTTP_11,
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
            Kept::H1 { idle, .. } => Some(Lease::h1(idle.take_ready()?, idle, load.begin())),
            Kept::H2(connections) => Some(Lease::h2(connections.reserve()?, true, load.begin())),
        }
    }

    /// A connection, or a stream of one, for one request; `limit` is how long making one may take.
    ///
    /// A connect that was begun goes on when this is dropped: the next request has its connection.
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
        match &self.connections {
            Kept::H1 { idle, queue } => {
                let sender = match idle.take().await {
                    Some(sender) => sender,
                    None => within(limit, self.dial_h1(idle, queue, coming)).await?,
                };
                Ok(Lease::h1(sender, idle, in_flight))
            }
            Kept::H2(connections) => {
                let (stream, reused) = within(limit, self.dial_h2(connections, coming)).await?;
                Ok(Lease::h2(stream, reused, in_flight))
            }
        }
    }

    /// Whether a request may connect by itself: not while others failed to.
    async fn settled(self: &Arc<Self>, coming: Coming) -> Result<(), ConnectError> {
        let again = || self.redial(0, coming.limit);
        self.redial.settled(coming.failures, again).await
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
                && pool.wants_one()
            {
                pool.redial(0, limit);
            }
        }
    }

    pub(super) fn redialling(&self) -> &Redial {
        &self.redial
    }

    /// Takes a connection that no request has.
    pub(super) fn keep(&self, made: Made) {
        match (&self.connections, made) {
            (Kept::H1 { idle, .. }, Made::H1(sender)) => idle.keep(sender),
            (Kept::H2(connections), Made::H2(opened, told)) => connections.add(opened, told),
            (Kept::H1 { .. }, Made::H2(..)) | (Kept::H2(_), Made::H1(_)) => {}
        }
        self.redial.succeeded();
    }

    /// Whether a connection is worth having that no request makes.
    pub(super) fn wants_one(&self) -> bool {
        match &self.connections {
            Kept::H1 { .. } => self.redial.is_failing(),
            Kept::H2(connections) => connections.wants_one(),
        }
    }

    /// The endpoint has left the set: idle connections close now, the others with their last request.
    pub(crate) fn retire(&self) {
        match &self.connections {
            Kept::H1 { idle, .. } => idle.close(),
            Kept::H2(connections) => connections.close(),
        }
        self.redial.close();
        self.dials.close();
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
