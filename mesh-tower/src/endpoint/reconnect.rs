//! Connections that no request asked for.

use std::{
    net::SocketAddr,
    sync::{Arc, Weak},
    time::Duration,
};

use http::Version;
use hyper::client::conn::http2::SendRequest;

use super::{
    Connector, Pool, connections::Told, connector::within, h1::Sender, h2::Opened, redial::Attempt,
};
use crate::{body::Body, error::ConnectError};

/// What was made.
pub(super) enum Made {
    H1(Sender),
    /// And who waits to hear of it.
    H2(Opened<SendRequest<Body>>, Option<Told>),
}

/// Makes a connection that no request asked for. Does not keep the pool: it ends with it.
pub(super) struct Reconnect {
    pub(super) pool: Weak<Pool>,
    pub(super) connector: Arc<Connector>,
    pub(super) addr: SocketAddr,
    pub(super) limit: Duration,
}

impl Attempt for Reconnect {
    async fn connect(&self) -> Option<Result<(), ConnectError>> {
        let pool = self.pool.upgrade().filter(|pool| pool.wants_one())?;
        let version = pool.version();
        let lost = pool.losing(self.limit);
        drop(pool);
        let made = within(self.limit, async {
            if version == Version::HTTP_2 {
                let opened = self.connector.connect_h2(self.addr, lost).await?;
                return Ok(Made::H2(opened, None));
            }
            self.connector.connect_h1(self.addr).await.map(Made::H1)
        });
        let made = match made.await {
            Ok(made) => made,
            Err(error) => return Some(Err(error)),
        };
        self.pool.upgrade()?.keep(made);
        Some(Ok(()))
    }

    fn failed(&self, error: &ConnectError) {
        if let Some(pool) = self.pool.upgrade() {
            pool.redialling().failed(error);
        }
    }
}
