//! Where the records of ended requests wait to be written, for at most some tens of milliseconds.

use std::{
    mem,
    net::SocketAddr,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use http::{Method, Version};
use mesh_core::metric::Flags;
use parking_lot::Mutex;

use super::text::Text;
use crate::{runtime::shard::Shards, trace::Traced};

/// What is known of one request that has ended, without its texts.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) started: Instant,
    pub(super) method: Method,
    pub(super) version: Version,
    pub(super) status: u16,
    pub(super) flags: Flags,
    pub(super) bytes_received: u64,
    pub(super) bytes_sent: u64,
    pub(super) duration: Duration,
    pub(super) upstream_service_time: Option<Duration>,
    pub(super) upstream_host: Option<SocketAddr>,
    pub(super) text: Text,
}

/// Records in the order in which they came, and their texts one after the other.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) entries: Vec<Entry>,
    pub(super) text: Vec<u8>,
    pub(super) traced: Vec<Traced>,
}

/// Bounded: a record that finds no room is dropped, and counted. No thread waits for another to write its record, unless the
/// two share a shard; and nobody is woken for one, but only when a shard is half full.
#[derive(Debug)]
pub(crate) struct Ring {
    shards: Shards<Mutex<Batch>>,
    dropped: AtomicU64,
    /// Nobody comes for records any more.
    closed: AtomicBool,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kept {
    Yes,
    /// It waits, and somebody should come for it soon.
    HalfFull,
    No,
}

impl Ring {
    pub(crate) fn new() -> Self {
        Self {
            shards: Shards::new(Mutex::default),
            dropped: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// Keeps a record whose texts are written by `write`.
    pub(super) fn push(&self, write: impl FnOnce(&mut Vec<u8>) -> Entry) -> Kept {
        let mut batch = self.shards.mine().lock();
        let full = batch.entries.len() >= MOST_ENTRIES || batch.text.len() >= MOST_TEXT;
        if full || self.is_closed() {
            return self.drop_one();
        }
        let entry = write(&mut batch.text);
        batch.entries.push(entry);
        // Told once, as it passes the middle.
        let half = batch.entries.len() == MOST_ENTRIES / 2
            || (batch.text.len() >= MOST_TEXT / 2
                && batch.text.len() - batch.last_text() < MOST_TEXT / 2);
        if half { Kept::HalfFull } else { Kept::Yes }
    }

    /// Keeps a piece of a trace.
    pub(super) fn push_traced(&self, traced: Traced) -> Kept {
        let mut batch = self.shards.mine().lock();
        if batch.traced.len() >= MOST_TRACED || self.is_closed() {
            return self.drop_one();
        }
        batch.traced.push(traced);
        match batch.traced.len() == MOST_TRACED / 2 {
            true => Kept::HalfFull,
            false => Kept::Yes,
        }
    }

    /// Takes out what each shard holds, one after the other; `batch` is used again for each.
    pub(super) fn drain(&self, batch: &mut Batch, mut write: impl FnMut(&mut Batch)) {
        for shard in self.shards.iter() {
            mem::swap(&mut *shard.lock(), batch);
            write(batch);
            batch.entries.clear();
            batch.text.clear();
            batch.traced.clear();
        }
    }

    /// Counts records that were taken out, unless it is told before it is dropped that they were written.
    pub(super) fn unwritten(&self, records: usize) -> Unwritten<'_> {
        Unwritten {
            ring: self,
            records,
        }
    }

    /// Nobody comes for records any more: those that wait are lost, and so are all that come.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        // Whoever did not see that held a shard's lock before this does, and so left its record for it.
        self.drain(&mut Batch::default(), |batch| {
            drop(self.unwritten(batch.len()));
        });
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// How many records found no room, or were lost afterwards.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn drop_one(&self) -> Kept {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        Kept::No
    }
}

/// Records that are being written. What ends that before its time, an error or a panic, loses them.
#[derive(Debug)]
pub(super) struct Unwritten<'a> {
    ring: &'a Ring,
    records: usize,
}

impl Unwritten<'_> {
    pub(super) fn written(&mut self, records: usize) {
        self.records = self.records.saturating_sub(records);
    }
}

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        let lost = self.records as u64;
        self.ring.dropped.fetch_add(lost, Ordering::Relaxed);
    }
}

impl Batch {
    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.traced.len()
    }

    fn last_text(&self) -> usize {
        self.entries.last().map_or(0, |entry| entry.text.len())
    }
}

/// Per shard. Together with what one text may have, these bound the memory: about 0.4 MB for each processor, used twice.
const MOST_ENTRIES: usize = 1024;
const MOST_TEXT: usize = 128 * 1024;
const MOST_TRACED: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(batch: &mut Vec<u8>, text: &[u8]) -> Entry {
        Entry {
            started: crate::runtime::clock::now(),
            method: Method::GET,
            version: Version::HTTP_11,
            status: 200,
            flags: Flags::default(),
            bytes_received: 0,
            bytes_sent: 0,
            duration: Duration::ZERO,
            upstream_service_time: None,
            upstream_host: None,
            text: Text::write(batch, [Some(text), None, None, None, None]),
        }
    }

    fn drained(ring: &Ring) -> usize {
        let mut entries = 0;
        ring.drain(&mut Batch::default(), |batch| {
            entries += batch.entries.len()
        });
        entries
    }

    #[test]
    fn a_record_that_finds_no_room_is_dropped_and_counted() {
        let ring = Ring::new();
        let kept = (0..MOST_ENTRIES + 3)
            .map(|_| ring.push(|text| entry(text, b"x")))
            .filter(|kept| *kept != Kept::No);
        assert_eq!(kept.count(), MOST_ENTRIES);
        assert_eq!(ring.dropped(), 3);
        assert_eq!(drained(&ring), MOST_ENTRIES);
        assert_eq!(drained(&ring), 0);
        assert_ne!(ring.push(|text| entry(text, b"x")), Kept::No);
    }

    #[test]
    fn somebody_is_called_once_when_a_shard_is_half_full_of_records_or_of_text() {
        for (pieces, text) in [(MOST_ENTRIES - 1, 1), (100, MOST_TEXT / 101)] {
            let ring = Ring::new();
            let text = vec![b'x'; text];
            let called = (0..pieces)
                .filter(|_| ring.push(|to| entry(to, &text)) == Kept::HalfFull)
                .count();
            assert_eq!(called, 1, "{pieces} pieces");
        }
    }

    #[test]
    fn what_waits_or_comes_when_nobody_writes_any_more_is_lost_and_counted() {
        let ring = Ring::new();
        ring.push(|text| entry(text, b"x"));
        ring.close();
        assert_eq!((ring.dropped(), drained(&ring)), (1, 0));
        assert_eq!(ring.push(|text| entry(text, b"x")), Kept::No);
        assert_eq!((ring.dropped(), drained(&ring)), (2, 0));
    }

    #[test]
    fn memory_is_bounded_whatever_the_texts_are() {
        let ring = Ring::new();
        let long = vec![b'x'; 1 << 20];
        for _ in 0..1000 {
            ring.push(|text| entry(text, &long));
        }
        let mut bytes = 0;
        ring.drain(&mut Batch::default(), |batch| bytes += batch.text.len());
        assert!(bytes < 2 * MOST_TEXT, "{bytes}");
        assert!(ring.dropped() > 900);
    }
}
