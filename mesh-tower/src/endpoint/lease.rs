//! A connection in the hands of one request, and what becomes of it.

use std::{fmt, future::Future, sync::Arc};

use futures::{TryFutureExt as _, future::Either};
use http::{Request, Response};
use hyper::{body::Incoming, client::conn::http2::SendRequest};

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

    pub(crate) fn send(
        &mut self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Incoming>, Failed>> + use<> {
        let sending = match &mut self.connection {
            Leased::H1 { sender, .. } => Either::Left(sender.send.try_send_request(request)),
            Leased::H2(stream) => {
                let mut sender = stream.connection().clone();
                Either::Right(sender.try_send_request(request))
            }
        };
        sending.map_err(|mut failed| Failed {
            untouched: failed.take_message(),
            error: failed.into_error(),
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
        if let Leased::H1 { mut sender, idle } = self.connection {
            sender.reused = true;
            idle.give_back(sender);
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
