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

/// Any odd number visits every state; this one is SplitMix's own, so the sequence is SplitMix's from the same seed.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shared_sequence_is_the_generators_own() {
        let (shared, mut alone) = (SharedRng::new(7), SplitMix::new(7));
        for _ in 0..10 {
            assert_eq!((&shared).next_u64(), alone.next_u64());
        }
    }
}
