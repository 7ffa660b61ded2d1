//! Connections that requests share, each up to its peer's limit of streams; then another is opened.
//!
//! A request that finds none with room queues. The first in the queue takes what is there first, a stream that ends or a new
//! connection; while it waits, every connection looks full to those who come later, or they would be quicker than it is.

use std::{future::Future, pin::pin, sync::Arc};

use futures::future::{Either, select};
use tokio::sync::oneshot::{self, error::TryRecvError};

use super::streams::{Opened, Shared, Stream};
use crate::{
    error::ConnectError,
    sync::{Mutex, Notify},
};

/// A connection that many requests use at once.
pub(super) trait Multiplexed {
    /// Whether it takes a request now.
    fn is_ready(&self) -> bool;

    /// Whether it takes none any more.
    fn is_closed(&self) -> bool;
}

/// What comes of a connect: an error, or a connection that was added. Closed where nobody connects for others any more.
pub(super) type Dialled = oneshot::Receiver<Result<(), ConnectError>>;

/// Who hears of it.
pub(super) type Told = oneshot::Sender<Result<(), ConnectError>>;

/// The connections that take new streams.
#[derive(Debug)]
pub(crate) struct Connections<C> {
    open: Mutex<Option<Open<C>>>,
    /// Told when there may be a stream for the first in the queue.
    room: Arc<Notify>,
    /// Whose turn it is, and the connect that is under way, whoever began it: a burst of requests opens one connection, not
    /// one each.
    turn: tokio::sync::Mutex<Option<Dialled>>,
}

#[derive(Debug)]
struct Open<C> {
    connections: Vec<Opened<C>>,
    /// Whether a request waits.
    awaited: bool,
}

impl<C: Multiplexed + Clone> Connections<C> {
    pub(crate) fn new() -> Self {
        Self {
            open: Mutex::new(Some(Open {
                connections: Vec::new(),
                awaited: false,
            })),
            room: Arc::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// A stream on the connection that carries the fewest, if any is below its limit.
    pub(crate) fn reserve(&self) -> Option<Stream<C>> {
        let mut open = self.open.lock();
        let least = open.as_mut()?.least(Shared::has_room)?;
        Some(least.reserve())
    }

    /// A stream, as soon as one ends or a connection is there, and whether its connection is older than this request.
    ///
    /// Once this request may connect by itself, it calls `dial` unless a connect is under way already. Nothing: nobody connects
    /// for others here any more.
    pub(crate) async fn reserve_or_dial(
        &self,
        settled: impl Future<Output = Result<(), ConnectError>>,
        dial: impl FnOnce() -> Dialled,
    ) -> Result<Option<(Stream<C>, bool)>, ConnectError> {
        let mut turn = self.turn.lock().await;
        let first = First::of(self);
        if let Some((stream, _)) = first.reserve() {
            return Ok(Some((stream, true)));
        }
        let mut outcome = pin!(async {
            settled.await?;
            outcome(&mut turn, dial).await
        });
        let made = loop {
            let room = pin!(self.room.notified());
            match select(room, outcome.as_mut()).await {
                Either::Left(_) => {}
                Either::Right((made, _)) => break made?,
            }
            if let Some(reserved) = first.reserve() {
                return Ok(Some(reserved));
            }
        };
        match (made, first.reserve()) {
            (_, Some(reserved)) => Ok(Some(reserved)),
            (Made::Added, None) if !self.is_retired() => Err(ConnectError::NoStreams),
            (_, None) => Ok(None),
        }
    }

    /// Takes a connection with the stream of the request that made it; drops it with that where the endpoint was retired.
    pub(crate) fn add_used(&self, opened: Opened<C>) -> Stream<C> {
        // Reserved before it is published, or another request could take the last stream in between.
        let stream = opened.reserve();
        self.add(opened, None);
        stream
    }

    /// Takes a connection that no request has yet; drops it where the endpoint was retired, and with it who would have heard
    /// of it.
    pub(crate) fn add(&self, opened: Opened<C>, told: Option<Told>) {
        if let Some(open) = &mut *self.open.lock() {
            opened.shared.tell(&self.room);
            if open.awaited {
                // Its first stream goes to the first in the queue.
                opened.shared.has_room_for_first();
            }
            open.connections.push(opened);
            self.room.notify_one();
            if let Some(told) = told {
                // Under the lock, so that whoever is first in the queue later knows that this connect is over. It fails where
                // nobody waits.
                let _ = told.send(Ok(()));
            }
        }
    }

    /// Forgets connections that take no requests any more, and tells whether another one is of use, unless the endpoint was
    /// retired: it has none, or a request waits.
    pub(crate) fn wants_one(&self) -> bool {
        let mut open = self.open.lock();
        open.as_mut()
            .is_some_and(|open| open.is_empty() || open.awaited)
    }

    fn is_retired(&self) -> bool {
        self.open.lock().is_none()
    }

    /// No new streams; each connection closes with its last one.
    pub(crate) fn close(&self) {
        let open = self.open.lock().take();
        drop(open);
    }
}

impl<C: Multiplexed> Open<C> {
    fn least(&mut self, has_room: impl Fn(&Shared) -> bool) -> Option<&Opened<C>> {
        self.forget();
        let open = &self.connections;
        open.iter()
            .filter(|opened| opened.connection.is_ready() && has_room(&opened.shared))
            .min_by_key(|opened| opened.shared.open())
    }

    fn is_empty(&mut self) -> bool {
        self.forget();
        self.connections.is_empty()
    }

    /// Lets go of those that are of no use. A peer that withdraws its streams one connection after the other would else be
    /// left with all of them.
    fn forget(&mut self) {
        let open = &mut self.connections;
        open.retain(|opened| !opened.connection.is_closed() && !opened.shared.is_withdrawn());
    }
}

/// The first in the queue, as long as it waits.
struct First<'a, C>(&'a Connections<C>);

impl<'a, C: Multiplexed + Clone> First<'a, C> {
    fn of(connections: &'a Connections<C>) -> Self {
        if let Some(open) = &mut *connections.open.lock() {
            open.awaited = true;
        }
        Self(connections)
    }

    /// A stream, and whether its connection carried others before.
    fn reserve(&self) -> Option<(Stream<C>, bool)> {
        let mut open = self.0.open.lock();
        let least = open.as_mut()?.least(Shared::has_room_for_first)?;
        let used = least.shared.was_used();
        Some((least.reserve(), used))
    }
}

impl<C> Drop for First<'_, C> {
    fn drop(&mut self) {
        if let Some(open) = &mut *self.0.open.lock() {
            open.awaited = false;
            for opened in &open.connections {
                opened.shared.is_awaited_no_more();
            }
        }
    }
}

/// How a connect ended that did not fail.
enum Made {
    Added,
    ByNobody,
}

/// What comes of the connect that is under way, or else of one that begins now.
async fn outcome(
    under_way: &mut Option<Dialled>,
    dial: impl FnOnce() -> Dialled,
) -> Result<Made, ConnectError> {
    // What came of one that nobody waited for is history.
    let goes_on = |dialled: &mut Dialled| matches!(dialled.try_recv(), Err(TryRecvError::Empty));
    let is_under_way = under_way.as_mut().is_some_and(goes_on);
    let dialled = under_way.take().filter(|_| is_under_way);
    // Left there when this request goes: the next one waits for it.
    let made = under_way.insert(dialled.unwrap_or_else(dial)).await;
    *under_way = None;
    made.map_or(Ok(Made::ByNobody), |made| made.map(|()| Made::Added))
}

#[cfg(all(test, mesh_loom))]
mod loom_models;
