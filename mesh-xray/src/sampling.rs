//! [`Sampler`]: which requests are recorded when the caller did not say.

use std::sync::atomic::{AtomicU64, Ordering};

/// Records the first few requests of every second, and a share of the rest.
///
/// So a quiet service shows every request of its first test, and a busy one a steady share. The budget is that of this
/// process. [`Default`] is what every X-Ray tool starts with: one request a second, then 5 %.
///
/// # Units
/// `per_second` counts requests, 0 for none by right. `rate` is a share from 0 to 1; what lies outside is taken as the
/// nearer end, and what is no number as 0.
///
/// # Source
/// X-Ray developer guide, "Configuring sampling rules": reservoir and fixed rate. Differs from Envoy, which rounds the rate
/// to whole percents.
///
/// # Examples
/// ```
/// use mesh_xray::sampling::Sampler;
///
/// let sampler = Sampler::new(1, 0.5);
/// let (low, high) = (0, u64::MAX); // draws of a random source
/// assert!(sampler.sample(7, high), "the first of the second");
/// assert!(!sampler.sample(7, high), "beyond the first, the draw decides");
/// assert!(sampler.sample(7, low));
/// assert!(sampler.sample(8, high), "a new second");
/// ```
#[derive(Debug)]
pub struct Sampler {
    per_second: u32,
    /// How many of the 2^64 draws record; it takes one bit more than a draw, for all of them may.
    threshold: u128,
    /// The second, as far as 32 bits hold it, above what was taken in it.
    taken: AtomicU64,
}

impl Sampler {
    /// Records `per_second` requests of each second, and `rate` of those beyond.
    #[must_use]
    pub const fn new(per_second: u32, rate: f64) -> Self {
        Self {
            per_second,
            threshold: (rate.clamp(0.0, 1.0) * DRAWS) as u128,
            taken: AtomicU64::new(0),
        }
    }

    /// Decides about one request.
    ///
    /// `second` is any count of seconds that goes up; `draw` is 64 random bits. Threads may disagree about the second by
    /// a little: the newest counts for all of them. Takes no lock.
    pub fn sample(&self, second: u64, draw: u64) -> bool {
        self.take(second as u32) || u128::from(draw) < self.threshold
    }

    /// Takes one of the second's budget, if one is left.
    fn take(&self, second: u32) -> bool {
        let mut seen = self.taken.load(Ordering::Relaxed);
        loop {
            let next = match unpack(seen) {
                (then, taken) if taken > 0 && !is_newer(second, then) => {
                    (taken < self.per_second).then(|| pack(then, taken + 1))
                }
                _ => (self.per_second > 0).then(|| pack(second, 1)),
            };
            let Some(next) = next else { return false };
            let swap =
                self.taken
                    .compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed);
            match swap {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::new(1, 0.05)
    }
}

fn pack(second: u32, taken: u32) -> u64 {
    u64::from(second) << 32 | u64::from(taken)
}

fn unpack(state: u64) -> (u32, u32) {
    ((state >> 32) as u32, state as u32)
}

/// Compared as serial numbers are, so that 32 bits of seconds may wrap.
fn is_newer(second: u32, then: u32) -> bool {
    second != then && second.wrapping_sub(then) < 1 << 31
}

/// 2^64: how many different draws there are.
const DRAWS: f64 = 18_446_744_073_709_551_616.0;

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const NEVER: u64 = u64::MAX;

    #[test]
    fn each_second_has_its_own_budget() {
        let sampler = Sampler::new(2, 0.0);
        let timeline = [
            (100, [true, true, false, false]),
            (101, [true, true, false, false]),
            (500, [true, true, false, false]),
        ];
        for (second, want) in timeline {
            assert_eq!(want.map(|_| sampler.sample(second, 0)), want, "{second}");
        }
    }

    #[test]
    fn unless_told_otherwise_one_a_second_and_then_a_twentieth() {
        let sampler = Sampler::default();
        let of_a_hundred = |second| {
            let draws = (0..100).map(|percent| u64::MAX / 200 * (2 * percent + 1));
            draws.filter(|&draw| sampler.sample(second, draw)).count()
        };
        assert!(sampler.sample(1, NEVER));
        assert_eq!(of_a_hundred(1), 5);
        assert!(sampler.sample(2, NEVER));
    }

    #[test]
    fn a_rate_below_one_percent_is_kept() {
        let sampler = Sampler::new(0, 0.001);
        let thousandth = u64::MAX / 1000;
        assert!(sampler.sample(1, thousandth - 1));
        assert!(!sampler.sample(1, thousandth + 1));
    }

    #[test]
    fn rates_at_and_beyond_the_ends_are_the_ends() {
        for (rate, want) in [
            (1.0, true),
            (7.0, true),
            (0.0, false),
            (-1.0, false),
            (f64::NAN, false),
        ] {
            let sampler = Sampler::new(0, rate);
            assert_eq!(sampler.sample(1, 0), want, "{rate}, lowest draw");
            assert_eq!(sampler.sample(1, u64::MAX), want, "{rate}, highest draw");
        }
    }

    #[test]
    fn a_thread_that_is_late_does_not_bring_the_old_second_back() {
        let sampler = Sampler::new(1, 0.0);
        assert!(sampler.sample(8, NEVER));
        assert!(!sampler.sample(7, NEVER));
        assert!(!sampler.sample(8, NEVER));
    }

    #[test]
    fn seconds_beyond_32_bits_go_on() {
        let sampler = Sampler::new(1, 0.0);
        for second in [u64::from(u32::MAX), 1 << 32, (1 << 32) + 1, 3 << 31] {
            assert!(sampler.sample(second, NEVER), "{second}");
            assert!(!sampler.sample(second, NEVER), "{second}");
        }
    }

    #[test]
    fn any_count_may_come_first() {
        for second in [0, 1, 1_795_354_262, u64::MAX] {
            assert!(Sampler::new(1, 0.0).sample(second, NEVER), "{second}");
        }
    }

    #[test]
    fn threads_share_one_budget() {
        let sampler = Sampler::new(100, 0.0);
        let taken: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..1000).filter(|_| sampler.sample(1, NEVER)).count()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(taken, 100);
    }
}
