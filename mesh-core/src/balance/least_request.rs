//! Of two, the less busy one.

use crate::rng::Rng;

/// The index of an endpoint, of `usable` endpoints: of two different ones drawn at random, the one with fewer requests in
/// flight. One that was `tried` only if all were. `None` when there is none.
///
/// Draws once, asks two endpoints and allocates nothing, however many there are. Only where it draws one that was tried does it
/// look for those that were not.
///
/// # Source
/// Mitzenmacher, "The power of two choices in randomized load balancing" (1996); Envoy's least request balancer with its
/// choice count of 2. An attempt avoids the endpoints that earlier attempts of its request used, while others are left
/// (Envoy's `previous_hosts`).
///
/// # Examples
/// ```
/// use mesh_core::{balance::least_request, rng::SplitMix};
///
/// let busy = [7, 0];
/// let picked = least_request(2, |_| false, |endpoint| busy[endpoint], &mut SplitMix::new(7));
/// assert_eq!(picked, Some(1));
/// ```
pub fn least_request(
    usable: usize,
    tried: impl Fn(usize) -> bool,
    in_flight: impl Fn(usize) -> usize,
    rng: &mut impl Rng,
) -> Option<usize> {
    let (a, b) = match usable {
        0 => return None,
        1 => return Some(0),
        _ => two_of(usable, rng),
    };
    let (a, b) = match tried(a) || tried(b) {
        false => (a, b),
        true => untried(usable, tried, rng).unwrap_or((a, b)),
    };
    Some(if in_flight(b) < in_flight(a) { b } else { a })
}

/// Two different numbers below `bound`, each pair equally likely, from one draw.
fn two_of(bound: usize, rng: &mut impl Rng) -> (usize, usize) {
    let draw = rng.next_u64();
    let scaled = |half: u64, bound: usize| ((u128::from(half) * bound as u128) >> 32) as usize;
    let first = scaled(draw >> 32, bound);
    let second = scaled(draw & u64::from(u32::MAX), bound.saturating_sub(1));
    // The second skips the first, so that both are never the same.
    (first, second + usize::from(second >= first))
}

/// Two endpoints that were not tried, or one twice if only one is left.
#[cold]
fn untried(
    usable: usize,
    tried: impl Fn(usize) -> bool,
    rng: &mut impl Rng,
) -> Option<(usize, usize)> {
    let fresh = || (0..usable).filter(|&endpoint| !tried(endpoint));
    let (a, b) = match fresh().count() {
        0 => return None,
        1 => (0, 0),
        left => two_of(left, rng),
    };
    fresh().nth(a).zip(fresh().nth(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SplitMix;

    fn rng() -> SplitMix {
        SplitMix::new(7)
    }

    fn idle(_: usize) -> usize {
        0
    }

    #[test]
    fn among_equals_everyone_is_picked_as_often() {
        let (mut rng, mut counts) = (rng(), [0_u32; 5]);
        for _ in 0..10_000 {
            counts[least_request(5, |_| false, idle, &mut rng).unwrap()] += 1;
        }
        assert!(
            counts.iter().all(|count| (1_850..2_150).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn the_busiest_is_never_picked_and_the_idlest_most_often() {
        let (mut rng, mut counts) = (rng(), [0_u32; 4]);
        for _ in 0..6_000 {
            let picked = least_request(4, |_| false, |endpoint| endpoint, &mut rng);
            counts[picked.unwrap()] += 1;
        }
        // Of six pairs the first is in three, the second the less busy one of two, the third of one.
        assert_eq!(counts[3], 0);
        let near = |count: u32, want: u32| count.abs_diff(want) < 200;
        assert!(
            near(counts[0], 3_000) && near(counts[1], 2_000) && near(counts[2], 1_000),
            "{counts:?}"
        );
    }

    #[test]
    fn a_tried_endpoint_is_avoided_while_another_is_left() {
        let mut rng = rng();
        for _ in 0..200 {
            let mut tried = Vec::new();
            for _ in 0..5 {
                let picked = least_request(5, |e| tried.contains(&e), idle, &mut rng);
                tried.push(picked.unwrap());
            }
            tried.sort_unstable();
            assert_eq!(tried, [0, 1, 2, 3, 4]);
            assert!(least_request(5, |_| true, idle, &mut rng).is_some());
        }
    }

    #[test]
    fn of_the_untried_the_less_busy_one_is_picked() {
        let mut rng = rng();
        for _ in 0..200 {
            let picked = least_request(4, |e| e < 2, |e| [0, 0, 3, 1][e], &mut rng);
            assert_eq!(picked, Some(3));
        }
    }

    #[test]
    fn none_and_one_need_no_draw() {
        assert_eq!(least_request(0, |_| false, idle, &mut rng()), None);
        assert_eq!(least_request(1, |_| true, idle, &mut rng()), Some(0));
    }

    #[test]
    fn two_drawn_ones_are_always_two() {
        let mut rng = rng();
        for bound in [2, 3, 1_000] {
            for _ in 0..1_000 {
                let (a, b) = two_of(bound, &mut rng);
                assert!(a != b && a < bound && b < bound, "{a} {b} of {bound}");
            }
        }
    }
}
