//! Where a listener's connections come in, until the mesh drains.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{Accepted, Bound};
use crate::{
    conn_info::ConnInfo,
    inbound::{InboundState, Phase},
    runtime::clock,
};

/// A listener that takes connections.
#[derive(Debug)]
pub(crate) struct Door {
    pub(super) bound: Bound,
    state: InboundState,
    /// As long as it is open, somebody may come.
    _open: TaskTrackerToken,
    /// When it closes at the latest; known once the mesh drains.
    closes: Option<Instant>,
}

impl Door {
    pub(crate) fn new(bound: Bound, state: InboundState) -> Self {
        Self {
            _open: state.drain().track(),
            bound,
            state,
            closes: None,
        }
    }

    /// The next connection; none once the mesh drains. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Accepted> {
        let closes = match self.closes {
            Some(closes) => closes,
            None => tokio::select! {
                accepted = accept(&mut self.bound, &self.state) => return Some(accepted),
                () = self.state.drain().reached(Phase::Draining) => {
                    *self.closes.insert(clock::now() + LONGEST_LAST_CALL)
                }
            },
        };
        // Those who have connected and were not taken yet would be reset when the listener closes, requests and all.
        let patient = LAST_CALL.min(closes.saturating_duration_since(clock::now()));
        let accepted = accept(&mut self.bound, &self.state);
        time::timeout(patient, accepted).await.ok()
    }
}

/// The next connection, however often it takes to ask. Cancel safe.
async fn accept(bound: &mut Bound, state: &InboundState) -> Accepted {
    let mut pause = SHORTEST_PAUSE;
    loop {
        match bound.accept.accept().await {
            Ok((io, peer)) => {
                // Tied to the bytes and not to a task, which an upgrade outlives; and from now on, not from the task's first poll.
                io.held().hold(state.drain().track());
                let info = ConnInfo::new(peer, bound.local_addr(), bound.port, io.held().clone());
                return Accepted {
                    io,
                    info: Arc::new(info),
                };
            }
            Err(error) => {
                // A peer that went away, or no descriptors left: neither is mended by asking again at once.
                tracing::warn!(%error, port = %bound.port, ?pause, "cannot accept a connection");
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
