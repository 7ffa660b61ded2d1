//! HTTP/1 connections: each carries one request at a time.

use std::sync::Arc;

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use super::idle::Exclusive;
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

impl Exclusive for Sender {
    fn is_ready(&self) -> bool {
        self.send.is_ready()
    }

    fn is_closed(&self) -> bool {
        self.send.is_closed()
    }

    async fn ready(&mut self) -> bool {
        self.send.ready().await.is_ok()
    }

    fn laid_by(&mut self) {
        self.reused = true;
    }
}

/// Starts HTTP/1 on a connection. Its task ends with its sender, or with what it was upgraded to.
pub(crate) async fn handshake(connection: Connection) -> Result<Sender, ConnectError> {
    let held = connection.held().clone();
    let (send, driver) = http1::Builder::new()
        .max_header_size(MAX_HEAD)
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

/// What a response's head may take.
///
/// # Source
/// Envoy, `max_response_headers_kb`.
const MAX_HEAD: usize = 60 * 1024;
