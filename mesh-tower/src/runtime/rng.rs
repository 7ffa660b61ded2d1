//! Randomness that every request may draw from at once, without a lock.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::atomic::{AtomicU64, Ordering},
};

use mesh_core::rng::{Rng, SplitMix};

/// One sequence, shared: each draw takes its next number. Requests that come one after the other draw the same numbers
/// from the same seed.
#[derive(Debug)]
pub(crate) struct SharedRng(AtomicU64);

impl SharedRng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Starts somewhere no one can foresee.
    pub(crate) fn from_entropy() -> Self {
        // The standard library seeds its hashers from the operating system; no further dependency is needed for a seed.
        Self::new(RandomState::new().hash_one(0_u64))
    }
}

impl Rng for &SharedRng {
    fn next_u64(&mut self) -> u64 {
        SplitMix::new(self.0.fetch_add(STEP, Ordering::Relaxed)).next_u64()
    }
}

/// What one request draws for itself, however much that is: the shared sequence, which all threads write to, is asked by its
/// first draw alone.
#[derive(Debug)]
pub(crate) struct OwnRng<'a> {
    shared: &'a SharedRng,
    own: Option<SplitMix>,
}

impl<'a> OwnRng<'a> {
    pub(crate) const fn of(shared: &'a SharedRng) -> Self {
        Self { shared, own: None }
    }
}

impl Rng for OwnRng<'_> {
    fn next_u64(&mut self) -> u64 {
        let mut shared = self.shared;
        let own = || SplitMix::new(shared.next_u64());
        self.own.get_or_insert_with(own).next_u64()
    }
}

/// Any odd number visits every state; this one is SplitMix's own, so the sequence is SplitMix's from the same seed.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_draws_from_the_shared_sequence_once_and_only_if_it_draws() {
        let (shared, mut other) = (SharedRng::new(7), SplitMix::new(7));
        let _never_drawn_from = OwnRng::of(&shared);
        for _ in 0..3 {
            let (mut own, mut alone) = (OwnRng::of(&shared), SplitMix::new(other.next_u64()));
            for _ in 0..4 {
                assert_eq!(own.next_u64(), alone.next_u64());
            }
        }
    }

    #[test]
    fn the_shared_sequence_is_the_generators_own() {
        let (shared, mut alone) = (SharedRng::new(7), SplitMix::new(7));
        for _ in 0..10 {
            assert_eq!((&shared).next_u64(), alone.next_u64());
        }
    }
}
