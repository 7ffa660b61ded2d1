//! Connects: begun for a request, and the endpoint's own from then on.

use std::{
    net::SocketAddr,
    sync::{Arc, Weak},
    time::Duration,
};

use hyper::client::conn::http2::SendRequest;
use tokio::sync::oneshot;

use super::{
    super::{
        Connector,
        connections::{Connections, Dialled},
        connector::within,
        h1::Sender,
        idle::Idle,
        queue::{Dialling, Queue},
        reconnect::Made,
        streams::Stream,
    },
    Coming, Pool,
};
use crate::{body::Body, error::ConnectError};

impl Pool {
    /// The connection that comes first of those that are being made, if need be one more.
    pub(super) async fn dial_h1(
        self: &Arc<Self>,
        idle: &Idle<Sender>,
        queue: &Arc<Queue<Sender>>,
        coming: Coming,
    ) -> Result<Sender, ConnectError> {
        self.settled(coming).await?;
        if let Some(sender) = idle.take_ready() {
            return Ok(sender);
        }
        let (place, dialling) = queue.join();
        if let Some(dialling) = dialling {
            self.begin_h1(dialling, coming.limit);
        }
        match place.await {
            Some(made) => made,
            // Nobody connects for others any more.
            None => self.connector.connect_h1(self.addr).await,
        }
    }

    fn begin_h1(self: &Arc<Self>, dialling: Dialling<Sender>, limit: Duration) {
        let (pool, connector, addr) = self.parts();
        self.dials.begin(async move {
            let made = within(limit, connector.connect_h1(addr)).await;
            let Some(pool) = pool.upgrade() else { return };
            match &made {
                Ok(_) => pool.redial.succeeded(),
                Err(error) => pool.failed(error, limit),
            }
            dialling.ended(made);
        });
    }

    /// A stream, as soon as one ends or a connection is there, and whether the connection is older than the request.
    pub(super) async fn dial_h2(
        self: &Arc<Self>,
        connections: &Connections<SendRequest<Body>>,
        coming: Coming,
    ) -> Result<(Stream<SendRequest<Body>>, bool), ConnectError> {
        let dial = || self.begin_h2(coming.limit);
        let reserved = connections.reserve_or_dial(self.settled(coming), dial);
        if let Some(reserved) = reserved.await? {
            return Ok(reserved);
        }
        let lost = self.losing(coming.limit);
        let opened = self.connector.connect_h2(self.addr, lost).await?;
        Ok((connections.add_used(opened), false))
    }

    fn begin_h2(self: &Arc<Self>, limit: Duration) -> Dialled {
        let (told, dialled) = oneshot::channel();
        let (pool, connector, addr) = self.parts();
        let lost = self.losing(limit);
        self.dials.begin(async move {
            let made = within(limit, connector.connect_h2(addr, lost)).await;
            let Some(pool) = pool.upgrade() else { return };
            match made {
                Ok(opened) => pool.keep(Made::H2(opened, Some(told))),
                Err(error) => {
                    pool.failed(&error, limit);
                    // It fails where nobody waits.
                    let _ = told.send(Err(error));
                }
            }
        });
        dialled
    }

    /// What a connect has of it that does not keep it: it ends with it.
    fn parts(self: &Arc<Self>) -> (Weak<Self>, Arc<Connector>, SocketAddr) {
        (Arc::downgrade(self), self.connector.clone(), self.addr)
    }
}
