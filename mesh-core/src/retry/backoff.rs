//! How long a retry waits.

use std::time::Duration;

use crate::rng::Rng;

/// The wait before the `retry`-th retry, counted from 1: anywhere below 25 ms, 50, 100, 200, and then 250 ms.
///
/// # Source
/// Envoy 1.40, measured: the default that App Mesh never changed. Envoy's documentation names other bounds.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::{retry, rng::SplitMix};
///
/// assert!(retry::backoff(1, &mut SplitMix::new(7)) < Duration::from_millis(25));
/// ```
pub fn backoff<R: Rng + ?Sized>(retry: u32, rng: &mut R) -> Duration {
    let doublings = retry.saturating_sub(1).min(MAX_DOUBLINGS);
    let bound = (BASE_NANOS << doublings).min(CAP_NANOS);
    Duration::from_nanos(rng.below(bound))
}

const BASE_NANOS: u64 = 25_000_000;
const CAP_NANOS: u64 = 250_000_000;
/// 25 ms doubled four times is beyond the cap.
const MAX_DOUBLINGS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    #[test]
    fn waits_fill_their_range_and_stay_below_its_end() {
        let mut rng = SplitMix::new(3);
        for (retry, bound) in [
            (1, 25),
            (2, 50),
            (3, 100),
            (4, 200),
            (5, 250),
            (6, 250),
            (u32::MAX, 250),
        ] {
            let bound = Duration::from_millis(bound);
            let waits: Vec<_> = (0..2_000).map(|_| backoff(retry, &mut rng)).collect();
            assert!(waits.iter().all(|wait| *wait < bound), "retry {retry}");
            assert!(
                waits.iter().any(|wait| *wait > bound.mul_f64(0.99)),
                "retry {retry}"
            );
            assert!(
                waits.iter().any(|wait| *wait < bound.mul_f64(0.01)),
                "retry {retry}"
            );
        }
    }
}
