//! The streams of a connection that requests share: how many there are, and who is told of room for another.

use std::sync::{Arc, OnceLock};

use crate::sync::{AtomicUsize, Notify, Ordering};

/// A connection that takes new streams.
#[derive(Debug)]
pub(crate) struct Opened<C> {
    /// What hands requests over. Not kept by streams: requests that come too late are handed back when the last of these is
    /// gone.
    pub(crate) connection: C,
    pub(crate) shared: Arc<Shared>,
}

/// How many streams a connection carries.
#[derive(Debug)]
pub(crate) struct Shared {
    /// And whether somebody waits for one to end: [`AWAITED`], which no limit reaches.
    open: AtomicUsize,
    /// Whether it ever carried a stream: 1.
    used: AtomicUsize,
    /// The peer's limit, published by the connection's task: nobody else can ask for it.
    max: AtomicUsize,
    /// Who is told of room; set when the connection is published.
    room: OnceLock<Arc<Notify>>,
}

impl Shared {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            open: AtomicUsize::new(0),
            used: AtomicUsize::new(0),
            max: AtomicUsize::new(max),
            room: OnceLock::new(),
        }
    }

    /// The peer has said how many streams it takes.
    pub(crate) fn limit(&self, max: usize) {
        self.max.store(max, Ordering::Release);
        self.tell_of_room();
    }

    #[cold]
    fn tell_of_room(&self) {
        if let Some(room) = self.room.get() {
            room.notify_one();
        }
    }

    /// Who is told from now on when there may be room.
    pub(super) fn tell(&self, room: &Arc<Notify>) {
        self.room.get_or_init(|| room.clone());
    }

    /// How many there are, to compare connections by.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Whether it ever carried a stream.
    pub(crate) fn was_used(&self) -> bool {
        self.used.load(Ordering::Relaxed) > 0
    }

    pub(super) fn has_room(&self) -> bool {
        self.open() < self.max.load(Ordering::Acquire)
    }

    /// Whether it carries nothing, and the peer lets it carry nothing more.
    pub(super) fn is_withdrawn(&self) -> bool {
        self.max.load(Ordering::Acquire) == 0 && self.open() & !AWAITED == 0
    }

    /// Likewise, for the first in the queue; from now on streams that end tell of it.
    pub(super) fn has_room_for_first(&self) -> bool {
        let open = self.open.fetch_or(AWAITED, Ordering::AcqRel) & !AWAITED;
        open < self.max.load(Ordering::Acquire)
    }

    pub(super) fn is_awaited_no_more(&self) {
        self.open.fetch_and(!AWAITED, Ordering::AcqRel);
    }
}

impl<C: Clone> Opened<C> {
    /// Called by one at a time, so that nobody else takes the place in between; streams may end meanwhile.
    pub(super) fn reserve(&self) -> Stream<C> {
        self.shared.open.fetch_add(1, Ordering::AcqRel);
        self.shared.used.store(1, Ordering::Relaxed);
        Stream {
            connection: Some(self.connection.clone()),
            shared: self.shared.clone(),
        }
    }
}

/// One stream of a connection, reserved until dropped.
#[derive(Debug)]
pub(crate) struct Stream<C> {
    connection: Option<C>,
    shared: Arc<Shared>,
}

impl<C> Stream<C> {
    /// What hands the request over, once.
    pub(crate) fn take_connection(&mut self) -> Option<C> {
        self.connection.take()
    }
}

impl<C> Drop for Stream<C> {
    fn drop(&mut self) {
        let before = self.shared.open.fetch_sub(1, Ordering::AcqRel);
        if before & AWAITED != 0 {
            self.shared.tell_of_room();
        }
    }
}

/// Somebody waits: the highest bit, so that there is no room for others by the count alone.
const AWAITED: usize = 1 << (usize::BITS - 1);
