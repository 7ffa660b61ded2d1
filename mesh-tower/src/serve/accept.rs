//! The loop that takes a listener's connections.

use std::{net::SocketAddr, pin::pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tokio::{task::JoinSet, time};
use tower_service::Service;

use super::{Listener, connection};
use crate::{
    body::{Body, BoxError},
    connect::Connection,
    inbound::{InboundState, Phase},
    runtime::clock,
};

/// Takes connections until the mesh drains, each into a task of its own; then closes the listener and hands over what is
/// still open.
pub(super) async fn until_drained<S, B>(
    mut listener: Listener,
    app: S,
    state: InboundState,
) -> JoinSet<()>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut connections = JoinSet::new();
    let mut draining = pin!(state.drain().reached(Phase::Draining));
    loop {
        let accepted = tokio::select! {
            accepted = next(&mut listener) => accepted,
            () = &mut draining => break,
        };
        // Ended ones are forgotten here, or the set would grow for ever.
        while connections.try_join_next().is_some() {}
        admit(&mut connections, accepted, &listener, &app, &state);
    }
    // Those who have connected and were not taken yet would be reset when the listener closes, requests and all.
    let closing = clock::now() + LONGEST_LAST_CALL;
    while clock::now() < closing {
        let silent = time::timeout(LAST_CALL, next(&mut listener));
        let Ok(accepted) = silent.await else { break };
        admit(&mut connections, accepted, &listener, &app, &state);
    }
    connections
}

fn admit<S, B>(
    connections: &mut JoinSet<()>,
    (io, peer): (Connection, SocketAddr),
    listener: &Listener,
    app: &S,
    state: &InboundState,
) where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    // Tied to the bytes and not to the task, which an upgrade outlives; and from now on, not from the task's first poll.
    io.held().hold(state.drain().track());
    let at = connection::Place {
        peer,
        local: listener.local_addr(),
        port: listener.port,
    };
    connections.spawn(connection::serve(
        io,
        at,
        app.clone(),
        state.for_connection(listener.port),
    ));
}

/// The next connection, however often it takes to ask. Cancel safe.
async fn next(listener: &mut Listener) -> (Connection, SocketAddr) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        match listener.accept.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                // A peer that went away, or no descriptors left: neither is mended by asking again at once.
                tracing::warn!(%error, port = %listener.port, ?pause, "cannot accept a connection");
                time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long the listener is still listened to when the mesh drains: until nobody has come for this long,
const LAST_CALL: Duration = Duration::from_millis(5);

/// and no longer than this.
const LONGEST_LAST_CALL: Duration = Duration::from_millis(100);
