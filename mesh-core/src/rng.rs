//! Randomness as an argument: the same seed gives the same decisions.

/// A source of randomness that a decision is given by its caller.
///
/// # Examples
/// ```
/// use mesh_core::rng::{Rng, SplitMix};
///
/// let (mut a, mut b) = (SplitMix::new(7), SplitMix::new(7));
/// assert_eq!(a.next_u64(), b.next_u64());
/// ```
pub trait Rng {
    /// The next 64 random bits.
    fn next_u64(&mut self) -> u64;

    /// A number below `bound`, each equally likely; 0 if `bound` is 0.
    fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product maps the draw onto the bound; for bounds far below 2^64, as all of ours are,
        // the bias is smaller than what any test of a distribution could see.
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}

impl<R: Rng + ?Sized> Rng for &mut R {
    fn next_u64(&mut self) -> u64 {
        (**self).next_u64()
    }
}

/// A small generator for decisions, not for secrets: one multiplication chain per draw, any seed is good.
///
/// # Source
/// Steele, Lea, Flood: "Fast splittable pseudorandom number generators" (2014).
#[derive(Clone, Debug)]
pub struct SplitMix(u64);

impl SplitMix {
    /// Starts a sequence.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl Rng for SplitMix {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_reaches_every_value_and_stays_below() {
        let mut rng = SplitMix::new(1);
        let mut seen = [0_u32; 7];
        for _ in 0..7_000 {
            seen[rng.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| n > 800), "{seen:?}");
        assert_eq!(rng.below(0), 0);
    }

    #[test]
    fn a_borrowed_generator_draws_what_its_owner_would() {
        let (mut lent, mut own) = (SplitMix::new(5), SplitMix::new(5));
        for _ in 0..3 {
            let drawn = Rng::next_u64(&mut &mut lent);
            assert_eq!(drawn, own.next_u64());
        }
    }

    #[test]
    fn the_sequence_is_the_published_one() {
        let mut rng = SplitMix::new(1_234_567);
        assert_eq!(rng.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next_u64(), 3_203_168_211_198_807_973);
    }
}
