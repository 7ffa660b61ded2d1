//! [`Counters`]: what became of the documents.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts documents by what became of them; shared by who emits and who reports.
///
/// # Examples
/// ```
/// use mesh_xray::emit::{Counters, Dropped};
///
/// let counters = Counters::default();
/// counters.dropped(Dropped::QueueFull);
/// assert_eq!(counters.snapshot().queue_full, 1);
/// ```
#[derive(Debug, Default)]
pub struct Counters {
    sent: AtomicU64,
    bytes: AtomicU64,
    refused: AtomicU64,
    queue_full: AtomicU64,
    too_large: AtomicU64,
    blocked: AtomicU64,
    failed: AtomicU64,
}

impl Counters {
    /// Counts a document that was not sent. The emitter counts its own; a queue before it counts here too.
    pub fn dropped(&self, reason: Dropped) {
        add(self.of(reason), 1);
    }

    /// How many of each there are until now.
    #[must_use]
    pub fn snapshot(&self) -> Emitted {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Emitted {
            sent: read(&self.sent),
            bytes: read(&self.bytes),
            refused: read(&self.refused),
            queue_full: read(&self.queue_full),
            too_large: read(&self.too_large),
            blocked: read(&self.blocked),
            failed: read(&self.failed),
        }
    }

    pub(super) fn sent(&self, bytes: usize) {
        add(&self.sent, 1);
        add(&self.bytes, bytes as u64);
    }

    pub(super) fn refused(&self) {
        add(&self.refused, 1);
    }

    fn of(&self, reason: Dropped) -> &AtomicU64 {
        match reason {
            Dropped::QueueFull => &self.queue_full,
            Dropped::TooLarge => &self.too_large,
            Dropped::Blocked => &self.blocked,
            Dropped::Failed => &self.failed,
        }
    }
}

fn add(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}

/// Why a document was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dropped {
    /// The queue before the emitter had no room.
    QueueFull,
    /// The document is longer than a datagram, or than X-Ray takes.
    TooLarge,
    /// The socket's buffer had no room.
    Blocked,
    /// The socket gave another error.
    Failed,
}

/// The state of [`Counters`] at one time.
///
/// # Units
/// Documents, except `bytes`, which counts what was sent with headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Emitted {
    /// Handed to the system. It may still lose them, and does not tell.
    pub sent: u64,
    /// The length of those.
    pub bytes: u64,
    /// Of those that were sent: how many the system said later to have found nobody listening.
    pub refused: u64,
    /// Dropped as [`Dropped::QueueFull`].
    pub queue_full: u64,
    /// Dropped as [`Dropped::TooLarge`].
    pub too_large: u64,
    /// Dropped as [`Dropped::Blocked`].
    pub blocked: u64,
    /// Dropped as [`Dropped::Failed`].
    pub failed: u64,
}

impl Emitted {
    /// How many were not sent, for any reason.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.queue_full + self.too_large + self.blocked + self.failed
    }
}
