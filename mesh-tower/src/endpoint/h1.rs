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
        // Usually this waits for the connection's own task to notice that the response has ended. A peer that answered
        // without reading the request keeps it waiting: such a connection is given up.
        let taken = time::timeout(A_MOMENT, self.take_next()).await;
        taken.ok().flatten()
    }

    async fn take_next(&self) -> Option<Sender> {
        loop {
            let mut sender = self.0.lock().as_mut()?.pop()?;
            if sender.send.ready().await.is_ok() {
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

/// How long a request waits for connections that are not ready for it yet.
const A_MOMENT: Duration = Duration::from_millis(5);

/// What a burst of requests leaves open at most.
const MOST_IDLE: usize = 512;

#[cfg(test)]
mod tests {
    use http::Request;
    use http_body_util::BodyExt;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
        time::Instant,
    };

    use super::*;

    /// A connection whose peer has answered and not read the request, so that it stays busy; and the peer.
    async fn stuck() -> (Sender, DuplexStream) {
        let (ours, mut peer) = tokio::io::duplex(1024);
        let mut sender = handshake(Connection::new(ours)).await.expect("HTTP/1");
        let request = Request::post("/").body(vec![0; 4096].into());
        let sent = sender.send.send_request(request.expect("a request"));
        let answer = async {
            peer.read_u8().await.expect("a request");
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            peer.write_all(answer).await.expect("written");
        };
        let (response, ()) = tokio::join!(sent, answer);
        let body = response.expect("an answer").into_body();
        body.collect().await.expect("a body");
        (sender, peer)
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_a_moment_for_all_busy_connections_together() {
        let (idle, mut peers) = (Idle::new(), Vec::new());
        for _ in 0..10 {
            let (sender, peer) = stuck().await;
            idle.give_back(sender);
            peers.push(peer);
        }
        let start = Instant::now();
        assert!(idle.take().await.is_none());
        assert_eq!(start.elapsed(), A_MOMENT);
    }
}
