//! A connection in the hands of one request, and what becomes of it.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::Either;
use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http2::SendRequest},
};
use pin_project::pin_project;

use super::{h1::Sender, idle::Idle, load::InFlight, streams::Stream};
use crate::{body::Body, connect::Held};

/// A connection, or a stream of one, that one request has to itself. Dropped without [`give_back`](Self::give_back), an
/// HTTP/1 connection closes: half a response is still on it.
pub(crate) struct Lease {
    connection: Leased,
    reused: bool,
    // Held for its drop: the request counts as in flight until the response has ended.
    _in_flight: InFlight,
}

enum Leased {
    H1 {
        sender: Sender,
        idle: Arc<Idle<Sender>>,
    },
    H2(Stream<SendRequest<Body>>),
}

/// What hyper gives for a request.
type Sent = Result<Response<Incoming>, TrySendError<Request<Body>>>;

/// A request on its way. A type of its own: a combinator of futures would move it each time its result is mapped.
#[pin_project]
pub(crate) struct Sending<F>(#[pin] F);

impl<F: Future<Output = Sent>> Future for Sending<F> {
    type Output = Result<Response<Incoming>, Failed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().0.poll(cx).map_err(|mut failed| Failed {
            untouched: failed.take_message(),
            error: failed.into_error(),
        })
    }
}

/// An exchange that brought no response head.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: hyper::Error,
    /// The request, if nothing of it was sent.
    pub(crate) untouched: Option<Request<Body>>,
}

impl Lease {
    pub(super) fn h1(sender: Sender, idle: &Arc<Idle<Sender>>, in_flight: InFlight) -> Self {
        let reused = sender.reused;
        let connection = Leased::H1 {
            sender,
            idle: idle.clone(),
        };
        Self {
            connection,
            reused,
            _in_flight: in_flight,
        }
    }

    pub(super) fn h2(stream: Stream<SendRequest<Body>>, reused: bool, in_flight: InFlight) -> Self {
        Self {
            connection: Leased::H2(stream),
            reused,
            _in_flight: in_flight,
        }
    }

    /// Whether other requests used the connection before, so that it may have gone stale unseen.
    pub(crate) fn is_reused(&self) -> bool {
        self.reused
    }

    /// Whether it is one stream of a connection.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self.connection, Leased::H2(_))
    }

    /// Sends the one request that it was made for.
    pub(crate) fn send(
        &mut self,
        request: Request<Body>,
    ) -> Sending<impl Future<Output = Sent> + use<>> {
        Sending(match &mut self.connection {
            Leased::H1 { sender, .. } => Either::Left(sender.send.try_send_request(request)),
            Leased::H2(stream) => {
                let mut sender = stream
                    .take_connection()
                    .expect("a lease is for one request");
                Either::Right(sender.try_send_request(request))
            }
        })
    }

    /// What lives as long as the connection, if it is the request's alone.
    pub(crate) fn held(&self) -> Option<&Arc<Held>> {
        match &self.connection {
            Leased::H1 { sender, .. } => Some(&sender.held),
            Leased::H2(_) => None,
        }
    }

    /// Gives the connection back to the pool: request and response both came to their ends.
    pub(crate) fn give_back(self) {
        if let Leased::H1 { sender, idle } = self.connection {
            idle.keep(sender);
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("reused", &self.reused)
            .finish_non_exhaustive()
    }
}
