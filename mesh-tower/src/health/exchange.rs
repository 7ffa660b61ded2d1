//! A connection that is kept for checks.

use std::time::Duration;

use http::{Request, Response, Version};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http2::SendRequest},
};
use mesh_core::{health::Answer, metric::Outcome};

use crate::{
    body::Body,
    connect::{self, Connection},
    endpoint::{
        h1::{self, Sender},
        h2::{self, Opened},
    },
    error::ConnectError,
};

/// One connection, in either version.
#[derive(Debug)]
pub(super) enum Kept {
    H1(Sender),
    H2(Opened<SendRequest<Body>>),
}

impl Kept {
    pub(super) async fn handshake(
        connection: Connection,
        version: Version,
    ) -> Result<Self, Answer> {
        let kept = match version {
            Version::HTTP_2 => h2::handshake(connection, KEEP_ALIVE, || ())
                .await
                .map(Self::H2),
            _ => h1::handshake(connection).await.map(Self::H1),
        };
        kept.map_err(|error| match error {
            ConnectError::Handshake(error) => meaning(&error),
            _ => Answer::Reset,
        })
    }

    /// Sends a request, when the connection takes one.
    pub(super) async fn send(
        &mut self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, Answer> {
        let sent = match self {
            Self::H1(sender) => {
                sender.send.ready().await.map_err(|_| Answer::Reset)?;
                sender.send.try_send_request(request).await
            }
            Self::H2(opened) => opened.connection.try_send_request(request).await,
        };
        sent.map_err(|failed: TrySendError<_>| meaning(failed.error()))
    }
}

/// Whether what broke the exchange was the connection, or what came over it.
fn meaning(error: &hyper::Error) -> Answer {
    match connect::outcome_anywhere(error) {
        Outcome::ProtocolError => Answer::Malformed,
        _ => Answer::Reset,
    }
}

/// Longer than any check takes: a silent peer is told by the check's own limit.
const KEEP_ALIVE: Duration = Duration::from_secs(300);
