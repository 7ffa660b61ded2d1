//! When an endpoint is connected to again, without waiting for a request to need it.

use std::time::Duration;

use crate::rng::Rng;

/// How long to wait before the next connect to an endpoint to which so many have failed since it was last given up; `None`:
/// it is given up until a request asks for it.
///
/// Each wait is drawn from between half of its bound and the bound: 50 ms, doubled with each failure up to 1 s, so that
/// callers whose peer restarts do not come back all at once. Before the first connect it is anywhere below 50 ms.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::{health, rng::SplitMix};
///
/// let wait = health::redial(3, &mut SplitMix::new(7)).expect("not given up yet");
/// assert!(wait >= Duration::from_millis(100) && wait < Duration::from_millis(200));
/// assert_eq!(health::redial(20, &mut SplitMix::new(7)), None);
/// ```
pub fn redial<R: Rng + ?Sized>(failures: u32, rng: &mut R) -> Option<Duration> {
    if failures >= MOST {
        return None;
    }
    let doublings = failures.saturating_sub(1).min(MAX_DOUBLINGS);
    let bound = (BASE_NANOS << doublings).min(CAP_NANOS);
    let least = if failures == 0 { 0 } else { bound / 2 };
    Some(Duration::from_nanos(least + rng.below(bound - least)))
}

/// Some 16 s of trying, or 36 s where each connect runs into a limit of a second.
const MOST: u32 = 20;
const BASE_NANOS: u64 = 50_000_000;
const CAP_NANOS: u64 = 1_000_000_000;
/// 50 ms doubled five times is beyond the cap.
const MAX_DOUBLINGS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    #[test]
    fn waits_double_up_to_a_second_and_end() {
        let mut rng = SplitMix::new(5);
        let half = |bound: u64| (bound / 2, bound);
        for (failures, (least, bound)) in [
            (0, (0, 50)),
            (1, half(50)),
            (2, half(100)),
            (5, half(800)),
            (6, half(1_000)),
            (MOST - 1, half(1_000)),
        ] {
            let range = Duration::from_millis(least)..Duration::from_millis(bound);
            for _ in 0..500 {
                let wait = redial(failures, &mut rng).expect("not given up");
                assert!(range.contains(&wait), "{failures}: {wait:?}");
            }
        }
        assert_eq!(redial(MOST, &mut rng), None);
    }
}
