//! Where a thread writes what other threads write too, so that they do not wait for each other's caches.

use std::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// One of these for each thread that is likely to run at a time; a thread always writes to its own, and whoever reads looks
/// at all of them.
#[derive(Debug)]
pub(crate) struct Shards<T>(Box<[Padded<T>]>);

/// Alone on its cache lines: on x86-64 they are fetched in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Padded<T>(T);

impl<T> Shards<T> {
    pub(crate) fn new(make: impl Fn() -> T) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let shards = threads.next_power_of_two().min(MOST);
        Self((0..shards).map(|_| Padded(make())).collect())
    }

    /// The shard of the thread that asks.
    pub(crate) fn mine(&self) -> &T {
        // A power of two, so the mask keeps every number inside.
        &self.0[this_thread() & (self.0.len() - 1)].0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|padded| &padded.0)
    }
}

/// A number of its own for each thread, as far as there are numbers.
fn this_thread() -> usize {
    MINE.with(|mine| {
        if mine.get() == usize::MAX {
            mine.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        mine.get()
    })
}

thread_local! {
    static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// More threads than this share.
const MOST: usize = 16;

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[test]
    fn what_every_thread_wrote_is_found_in_the_shards() {
        let shards = Shards::new(|| AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..2 * MOST {
                scope.spawn(|| shards.mine().fetch_add(1, Ordering::Relaxed));
            }
        });
        let sum: u64 = shards
            .iter()
            .map(|shard| shard.load(Ordering::Relaxed))
            .sum();
        assert_eq!(sum, 2 * MOST as u64);
    }

    #[test]
    fn a_thread_keeps_its_shard() {
        let shards = Shards::new(|| AtomicU64::new(0));
        assert!(std::ptr::eq(shards.mine(), shards.mine()));
    }
}
