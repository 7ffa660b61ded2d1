//! Weighted targets: who gets which share of a route's requests.

use thiserror::Error;

use crate::rng::Rng;

/// Targets with shares, of which at least one can be drawn.
///
/// # Source
/// App Mesh user guide, "Routes"; weights are relative and need not sum to 100. A draw is made once per request: its
/// retries stay in the target that was drawn.
///
/// # Examples
/// ```
/// use mesh_core::{rng::SplitMix, weight::WeightedTargets};
///
/// let versions = WeightedTargets::new([("v1", 90), ("v2", 10)])?;
/// let mut rng = SplitMix::new(7);
/// let to_v2 = (0..1_000).filter(|_| *versions.choose(&mut rng) == "v2").count();
/// assert!((70..130).contains(&to_v2));
/// # Ok::<(), mesh_core::weight::NoTargets>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WeightedTargets<T> {
    /// Each target with the sum of the weights up to and with its own; never empty, the last sum is above 0.
    slots: Box<[(u64, T)]>,
    total: u64,
}

impl<T> WeightedTargets<T> {
    /// Takes targets with their weights, in any order; weight 0 is legal and gets nothing.
    ///
    /// # Errors
    /// [`NoTargets`] if no weight is above 0.
    pub fn new(targets: impl IntoIterator<Item = (T, u32)>) -> Result<Self, NoTargets> {
        let mut total = 0_u64;
        let slots: Box<[_]> = targets
            .into_iter()
            .map(|(target, weight)| {
                total += u64::from(weight);
                (total, target)
            })
            .collect();
        if total == 0 {
            return Err(NoTargets {
                targets: slots.len(),
            });
        }
        Ok(Self { slots, total })
    }

    /// One target that gets everything.
    pub fn one(target: T) -> Self {
        Self {
            slots: Box::new([(1, target)]),
            total: 1,
        }
    }

    /// The target with the greatest weight; of several, the first.
    pub fn heaviest(&self) -> &T {
        let mut before = 0;
        let mut heaviest = (0, 0);
        for (position, (sum, _)) in self.slots.iter().enumerate() {
            if sum - before > heaviest.0 {
                heaviest = (sum - before, position);
            }
            before = *sum;
        }
        // There is at least one.
        &self.slots[heaviest.1].1
    }

    /// Draws a target; the same generator in the same state draws the same one.
    pub fn choose<R: Rng + ?Sized>(&self, rng: &mut R) -> &T {
        self.choose_indexed(rng).1
    }

    /// Draws as [`choose`](Self::choose) does, and says at which position the target was given: what belongs to it elsewhere
    /// is found without a search.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::{rng::SplitMix, weight::WeightedTargets};
    ///
    /// let versions = WeightedTargets::new([("off", 0), ("v1", 1)])?;
    /// assert_eq!(versions.choose_indexed(&mut SplitMix::new(7)), (1, &"v1"));
    /// # Ok::<(), mesh_core::weight::NoTargets>(())
    /// ```
    pub fn choose_indexed<R: Rng + ?Sized>(&self, rng: &mut R) -> (usize, &T) {
        // A generator may break its promise; `total` is above 0.
        let draw = rng.below(self.total).min(self.total - 1);
        let slot = self.slots.partition_point(|(sum, _)| *sum <= draw);
        // `draw < total` and the last sum is `total`, so there is a slot above the draw.
        (slot, &self.slots[slot].1)
    }

    /// Every target, in the order in which they were given.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.slots.iter().map(|(_, target)| target)
    }

    /// Every target with its weight.
    pub fn weights(&self) -> impl ExactSizeIterator<Item = (&T, u64)> {
        let mut before = 0;
        self.slots.iter().map(move |(sum, target)| {
            let weight = sum - std::mem::replace(&mut before, *sum);
            (target, weight)
        })
    }

    /// Every target with its part of the whole.
    ///
    /// # Units
    /// 0.0 to 1.0; the parts sum to 1.
    pub fn shares(&self) -> impl ExactSizeIterator<Item = (&T, f64)> {
        let total = self.total as f64;
        self.weights()
            .map(move |(target, weight)| (target, weight as f64 / total))
    }
}

/// Targets of which none could ever be drawn.
///
/// # Source
/// Envoy refuses a weighted cluster whose weights sum to 0; App Mesh was silent.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("none of {targets} targets has a weight above 0")]
#[non_exhaustive]
pub struct NoTargets {
    /// How many targets there were.
    pub targets: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    #[test]
    fn ninety_to_ten_gives_exactly_these_counts_for_a_seed() {
        let targets = WeightedTargets::new([("v1", 90), ("v2", 10)]).unwrap();
        let mut rng = SplitMix::new(42);
        let v1 = (0..10_000)
            .filter(|_| *targets.choose(&mut rng) == "v1")
            .count();
        assert_eq!((v1, 10_000 - v1), (9_008, 992));
    }

    #[test]
    fn zero_weight_target_gets_no_traffic() {
        let targets = WeightedTargets::new([
            ("off", 0),
            ("a", 1),
            ("also off", 0),
            ("b", 1),
            ("last off", 0),
        ])
        .unwrap();
        let mut rng = SplitMix::new(1);
        let drawn: std::collections::BTreeSet<_> =
            (0..1_000).map(|_| *targets.choose(&mut rng)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_draw_at_either_end_stays_inside() {
        struct Fixed(u64);
        impl Rng for Fixed {
            fn next_u64(&mut self) -> u64 {
                self.0
            }
        }
        let targets = WeightedTargets::new([("first", 1), ("middle", 98), ("last", 1)]).unwrap();
        assert_eq!(*targets.choose(&mut Fixed(0)), "first");
        assert_eq!(*targets.choose(&mut Fixed(u64::MAX)), "last");
    }

    #[test]
    fn a_generator_that_draws_too_high_gets_the_last_target_that_has_a_weight() {
        struct TooHigh;
        impl Rng for TooHigh {
            fn next_u64(&mut self) -> u64 {
                u64::MAX
            }
            fn below(&mut self, bound: u64) -> u64 {
                bound
            }
        }
        let targets = WeightedTargets::new([("first", 1), ("last", 1), ("off", 0)]).unwrap();
        assert_eq!(*targets.choose(&mut TooHigh), "last");
    }

    #[test]
    fn a_draw_tells_the_position_at_which_its_target_was_given() {
        let given = [("off", 0), ("a", 3), ("b", 5), ("off too", 0), ("c", 2)];
        let targets = WeightedTargets::new(given).unwrap();
        assert_eq!(
            targets.iter().collect::<Vec<_>>(),
            given.iter().map(|(target, _)| target).collect::<Vec<_>>()
        );
        let (mut rng, mut same) = (SplitMix::new(3), SplitMix::new(3));
        for _ in 0..100 {
            let (position, target) = targets.choose_indexed(&mut rng);
            assert_eq!(given[position].0, *target);
            assert_eq!(target, targets.choose(&mut same));
        }
    }

    #[test]
    fn shares_are_relative_to_the_sum_of_weights() {
        let targets = WeightedTargets::new([("a", 1), ("off", 0), ("b", 3)]).unwrap();
        assert_eq!(
            targets.shares().collect::<Vec<_>>(),
            [(&"a", 0.25), (&"off", 0.0), (&"b", 0.75)]
        );
        assert_eq!(
            WeightedTargets::one("all").shares().collect::<Vec<_>>(),
            [(&"all", 1.0)]
        );
    }

    #[test]
    fn the_heaviest_is_the_first_of_the_greatest_weight() {
        let rows = [
            (vec![("a", 1)], "a"),
            (vec![("off", 0), ("a", 2), ("b", 2)], "a"),
            (vec![("a", 10), ("b", 90), ("off", 0)], "b"),
            (vec![("a", 10), ("b", 20), ("c", 25)], "c"),
        ];
        for (given, heaviest) in rows {
            let targets = WeightedTargets::new(given).unwrap();
            assert_eq!(*targets.heaviest(), heaviest);
        }
    }

    #[test]
    fn weights_that_sum_to_zero_cannot_be_built() {
        assert_eq!(
            WeightedTargets::new([("a", 0), ("b", 0)]),
            Err(NoTargets { targets: 2 })
        );
        assert_eq!(
            WeightedTargets::<&str>::new([]),
            Err(NoTargets { targets: 0 })
        );
    }
}
