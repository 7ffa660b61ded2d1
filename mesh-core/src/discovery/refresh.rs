//! When a directory is asked again.

use std::time::Duration;

use crate::rng::Rng;

/// How long an answer that is valid for `ttl` is used before it is asked for again.
///
/// # Units
/// 1 s to 30 s, whatever the TTL; less up to a tenth that is drawn, so that the processes of a fleet that began together part.
///
/// # Source
/// Envoy asked every 5 s under App Mesh and ignored the TTL. A TTL of 0, as some directories give, must not become a busy loop; one of
/// an hour, as others give, must not keep a deploy's dead addresses.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::{discovery::refresh_after, rng::SplitMix};
///
/// let mut rng = SplitMix::new(7);
/// assert_eq!(refresh_after(Duration::ZERO, &mut rng), Duration::from_secs(1));
/// assert!(refresh_after(Duration::from_secs(3600), &mut rng) <= Duration::from_secs(30));
/// ```
pub fn refresh_after<R: Rng + ?Sized>(ttl: Duration, rng: &mut R) -> Duration {
    let ttl = ttl.clamp(SHORTEST, LONGEST);
    ttl.saturating_sub(below(ttl / 10, rng)).max(SHORTEST)
}

/// How long to wait after so many failures in a row, counted from 1: 1 s doubled up to 30 s, of which a half is drawn.
pub fn retry_after<R: Rng + ?Sized>(failures: u32, rng: &mut R) -> Duration {
    let doublings = failures.saturating_sub(1).min(MAX_DOUBLINGS);
    let bound = (SHORTEST * (1 << doublings)).min(LONGEST);
    bound / 2 + below(bound / 2, rng)
}

fn below<R: Rng + ?Sized>(bound: Duration, rng: &mut R) -> Duration {
    // Every bound here is below 30 s, and so fits.
    Duration::from_nanos(rng.below(bound.as_nanos() as u64))
}

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// 1 s doubled five times is beyond the longest.
const MAX_DOUBLINGS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_ttl_is_kept_within_its_bounds() {
        let mut rng = SplitMix::new(5);
        for (ttl, least, most) in [
            (0, 1_000, 1_000),
            (1, 1_000, 1_000),
            (10, 9_000, 10_000),
            (30, 27_000, 30_000),
            (u64::from(u32::MAX), 27_000, 30_000),
        ] {
            let bounds = Duration::from_millis(least)..=Duration::from_millis(most);
            for _ in 0..500 {
                let after =
                    refresh_after(SECOND * u32::try_from(ttl).unwrap_or(u32::MAX), &mut rng);
                assert!(bounds.contains(&after), "ttl {ttl}: {after:?}");
            }
        }
    }

    #[test]
    fn waits_after_failures_double_up_to_the_longest() {
        let mut rng = SplitMix::new(5);
        for (failures, bound) in [
            (1, 1),
            (2, 2),
            (3, 4),
            (4, 8),
            (5, 16),
            (6, 30),
            (u32::MAX, 30),
        ] {
            let bound = SECOND * bound;
            let waits: Vec<_> = (0..500).map(|_| retry_after(failures, &mut rng)).collect();
            let within = |wait: &Duration| (bound / 2..=bound).contains(wait);
            assert!(waits.iter().all(within), "after {failures}");
            assert!(
                waits.iter().any(|wait| *wait > bound.mul_f64(0.95)),
                "after {failures}"
            );
        }
    }
}
