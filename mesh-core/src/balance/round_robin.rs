//! One after the other.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Picks endpoints in turn; what it picks from may change between two picks.
///
/// # Source
/// App Mesh balanced so; an attempt avoids the endpoints that earlier attempts of its request used, while others are
/// left (Envoy's `previous_hosts`).
///
/// # Examples
/// ```
/// use mesh_core::balance::RoundRobin;
///
/// let turns = RoundRobin::default();
/// assert_eq!(turns.pick(3, |_| false), Some(0));
/// assert_eq!(turns.pick(3, |endpoint| endpoint == 1), Some(2));
/// assert_eq!(turns.pick(0, |_| false), None);
/// ```
#[derive(Debug, Default)]
pub struct RoundRobin {
    next: AtomicUsize,
}

impl RoundRobin {
    /// The index of the endpoint whose turn it is, of `usable` endpoints; one that was `tried` only if all were. `None`
    /// when there is none.
    ///
    /// Costs as many steps as endpoints were tried, however many there are.
    pub fn pick(&self, usable: usize, tried: impl Fn(usize) -> bool) -> Option<usize> {
        if usable == 1 {
            // It is always its turn; counting that would have all cores write to one line.
            return Some(0);
        }
        let first = self
            .next
            .fetch_add(1, Ordering::Relaxed)
            .checked_rem(usable)?;
        let fresh = (0..usable).find(|step| !tried((first + step) % usable));
        let skipped = fresh.unwrap_or(0);
        if skipped > 0 {
            // Those passed over have had their turn; else the one behind them would be picked twice in a row.
            self.next.fetch_add(skipped, Ordering::Relaxed);
        }
        Some((first + skipped) % usable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_has_the_same_number_of_turns() {
        let turns = RoundRobin::default();
        let mut counts = [0; 3];
        for _ in 0..300 {
            counts[turns.pick(3, |_| false).unwrap()] += 1;
        }
        assert_eq!(counts, [100; 3]);
    }

    #[test]
    fn an_endpoint_already_tried_is_avoided_while_another_is_left() {
        let turns = RoundRobin::default();
        let mut tried = Vec::new();
        for _ in 0..5 {
            tried.push(turns.pick(5, |endpoint| tried.contains(&endpoint)).unwrap());
        }
        tried.sort_unstable();
        assert_eq!(tried, [0, 1, 2, 3, 4]);
        assert!(turns.pick(5, |_| true).is_some(), "all tried: any will do");
    }

    #[test]
    fn passing_over_one_does_not_give_its_neighbour_two_turns() {
        let turns = RoundRobin::default();
        assert_eq!(turns.pick(3, |endpoint| endpoint == 0), Some(1));
        assert_eq!(turns.pick(3, |_| false), Some(2));
    }

    #[test]
    fn a_shrunken_set_is_never_left() {
        let turns = RoundRobin::default();
        for usable in [7, 2, 1, 3] {
            assert!(turns.pick(usable, |_| false).unwrap() < usable);
        }
    }
}
