//! Serving: connections are accepted, spoken on, and brought to their ends.

mod accept;
mod accepted;
mod bound;
mod connection;
mod door;
mod head;
mod listener;
mod room;
mod seldom;
mod signal;
#[cfg(test)]
mod tests;

use std::{future::Future, pin::pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tokio::{sync::mpsc::UnboundedReceiver, task::JoinSet};
use tower_service::Service;

pub use self::{accepted::Accepted, listener::Listener};
pub(crate) use self::{bound::Bound, door::Door, room::Room, signal::terminations};
use crate::{
    body::{Body, BoxError},
    error::Error,
    inbound::InboundState,
};

/// Serves an application on all listeners, those that are there and those that come, until `drain` resolves with the time that
/// open connections then have.
///
/// Dropped, it cuts everything at once: all tasks below belong to it. What remains of a cut upgrade is in the hands of the
/// application's own task.
pub(crate) async fn run<S, B>(
    mut doors: UnboundedReceiver<Door>,
    app: S,
    drain: impl Future<Output = Duration>,
    state: InboundState,
) -> Result<(), Error>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (mut open, mut drain) = (JoinSet::new(), pin!(drain));
    let within = loop {
        tokio::select! {
            within = &mut drain => break within,
            Some(door) = doors.recv() => {
                open.spawn(accept::until_closed(door, app.clone()));
            }
            // Of a listener that the node has no more: nothing of it is left.
            Some(_) = open.join_next() => {}
        }
    };
    // They are open, though nobody has looked at them yet: who has connected there is served as well.
    doors.close();
    while let Ok(door) = doors.try_recv() {
        open.spawn(accept::until_closed(door, app.clone()));
    }
    state.drain().begin(within);
    // First nobody comes in any more, so that what is counted next is all there will be.
    let connections = closed(open).await;
    finish(&state, connections, within).await;
    Ok(())
}

/// The connections that came in, once all doors are closed.
async fn closed(mut doors: JoinSet<JoinSet<()>>) -> Vec<JoinSet<()>> {
    let mut connections = Vec::new();
    while let Some(door) = doors.join_next().await {
        connections.extend(door.ok());
    }
    connections
}

async fn finish(state: &InboundState, connections: Vec<JoinSet<()>>, within: Duration) {
    let cut = state.drain().stop(within, state.open()).await;
    if cut > 0 {
        tracing::warn!(
            connections = cut,
            ?within,
            "connections were still open at the end of the time to drain, and were cut"
        );
    }
    for mut connections in connections {
        connections.shutdown().await;
    }
    state.drain().gone().await;
}
