//! HTTP/1 connections of one endpoint: idle ones are kept, each carries one request at a time.

use std::{sync::Arc, time::Duration};

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::time;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    body::Body,
    connect::{Connection, Held},
    error::ConnectError,
};

/// One connection, while nobody or one request has it.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) send: SendRequest<Body>,
    pub(crate) held: Arc<Held>,
    pub(crate) reused: bool,
    /// Dropped with the sender, it closes a connection that still hangs on half a request.
    _driver: AbortOnDropHandle<hyper::Result<()>>,
}

/// Idle connections, the one last used first: the others may then grow old and close.
#[derive(Debug, Default)]
pub(crate) struct Idle(Mutex<Option<Vec<Sender>>>);

impl Idle {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }

    /// An idle connection that can take a request now.
    pub(crate) fn take_ready(&self) -> Option<Sender> {
        let mut idle = self.0.lock();
        let idle = idle.as_mut()?;
        let ready = idle.iter().rposition(|sender| sender.send.is_ready())?;
        Some(idle.remove(ready))
    }

    /// An idle connection that can take a request now or in a moment.
    pub(crate) async fn take(&self) -> Option<Sender> {
        loop {
            let mut sender = self.0.lock().as_mut()?.pop()?;
            // Usually this waits for the connection's own task to notice that the response has ended. A peer that
            // answered without reading the request keeps it waiting: such a connection is given up.
            if let Ok(Ok(())) = time::timeout(A_MOMENT, sender.send.ready()).await {
                return Some(sender);
            }
        }
    }

    /// Keeps it for the next request, or closes it: if the endpoint was retired meanwhile, or enough are idle.
    pub(crate) fn give_back(&self, mut sender: Sender) {
        sender.reused = true;
        if let Some(idle) = &mut *self.0.lock()
            && !sender.send.is_closed()
        {
            if idle.len() >= MOST_IDLE {
                idle.retain(|sender| !sender.send.is_closed());
            }
            if idle.len() < MOST_IDLE {
                idle.push(sender);
            }
        }
    }

    /// Closes what is idle, now and from now on.
    pub(crate) fn close(&self) {
        let idle = self.0.lock().take();
        drop(idle);
    }
}

/// Starts HTTP/1 on a connection. Its task ends with its sender, or with what it was upgraded to.
pub(crate) async fn handshake(connection: Connection) -> Result<Sender, ConnectError> {
    let held = connection.held().clone();
    let (send, driver) = http1::Builder::new()
        .handshake(TokioIo::new(connection))
        .await
        .map_err(ConnectError::Handshake)?;
    let driver = tokio::spawn(driver.with_upgrades());
    Ok(Sender {
        send,
        held,
        reused: false,
        _driver: AbortOnDropHandle::new(driver),
    })
}

/// How long a connection may take to be ready for its next request.
const A_MOMENT: Duration = Duration::from_millis(5);

/// What a burst of requests leaves open at most.
const MOST_IDLE: usize = 512;
