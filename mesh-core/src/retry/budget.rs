//! How many retries a target gets, all requests together: the brake on retries that would bury a target in trouble.
//!
//! A [`Budget`] is policy, a [`Bucket`] is the state it acts on, and neither holds the other: numbers change without losing
//! what was counted.

#[cfg(not(all(test, mesh_loom)))]
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, time::Duration};

#[cfg(all(test, mesh_loom))]
use loom::sync::atomic::{AtomicU64, Ordering};

/// So many retries for each hundred requests, and so many each second besides.
///
/// The second number is what a target with little traffic lives on. Each retry costs one, a time limit's no more than
/// another's; what the application never saw (a failed connect, a refused stream) gave it no work, and costs nothing. What is
/// not used is kept, up to a hundred retries of the share and a second's worth of the rest.
///
/// # Units
/// Retries for each hundred requests, and retries each second. Zero and zero: no retry at all.
///
/// # Source
/// Ours: App Mesh had none. Envoy's `retry_budget`, which App Mesh never set, is a share of the requests in flight instead.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::retry::{Bucket, Budget};
///
/// let (budget, bucket) = (Budget::new(20, 0), Bucket::default());
/// let earned = 10 * budget.earns(); // ten requests
/// let retries = (0..10).filter(|_| bucket.withdraw(budget, earned, Duration::ZERO));
/// assert_eq!(retries.count(), 2);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    percent: u8,
    per_second: u16,
}

impl Budget {
    /// This share of the requests, and so many each second besides.
    #[must_use]
    pub const fn new(percent: u8, per_second: u16) -> Self {
        Self {
            percent,
            per_second,
        }
    }

    /// What one request adds to what may be withdrawn.
    ///
    /// # Units
    /// Thousandths of a retry.
    #[must_use]
    pub const fn earns(self) -> u64 {
        self.percent as u64 * (RETRY / 100)
    }
}

/// As it is explained.
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "at most {} % of the requests and {} each second",
            self.percent, self.per_second
        )
    }
}

/// What was withdrawn so far for one target. Requests on all threads share it, without a lock.
///
/// What the requests earned is counted by the caller, who can do that where no two threads meet, and is told with each
/// withdrawal.
#[derive(Debug, Default)]
pub struct Bucket {
    /// Of what requests earned, in thousandths.
    spent: AtomicU64,
    /// Until when each second's worth is used up, in nanoseconds.
    used_until: AtomicU64,
}

impl Bucket {
    /// Takes one retry, if there is one.
    ///
    /// # Units
    /// `earned`: the sum of [`Budget::earns`] over all requests so far, which never falls. `at`: now, as the time since a
    /// moment that is the same for all calls.
    #[must_use]
    pub fn withdraw(&self, budget: Budget, earned: u64, at: Duration) -> bool {
        self.spend(earned) || self.use_second(budget.per_second, at)
    }

    fn spend(&self, earned: u64) -> bool {
        let oldest = earned.saturating_sub(KEPT);
        let spend = |spent: u64| {
            let after = spent.max(oldest).checked_add(RETRY)?;
            (after <= earned).then_some(after)
        };
        let (store, load) = (Ordering::Relaxed, Ordering::Relaxed);
        self.spent.fetch_update(store, load, spend).is_ok()
    }

    fn use_second(&self, per_second: u16, at: Duration) -> bool {
        let Some(each) = SECOND.checked_div(u64::from(per_second)) else {
            return false;
        };
        let now = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        let now = now.min(u64::MAX - SECOND);
        let end = now + SECOND;
        let advance = |until: u64| {
            let after = until.max(now).checked_add(each)?;
            (after <= end).then_some(after)
        };
        let (store, load) = (Ordering::Relaxed, Ordering::Relaxed);
        self.used_until.fetch_update(store, load, advance).is_ok()
    }
}

/// One retry, in thousandths of it.
const RETRY: u64 = 1_000;
/// What a quiet time saves up for a bad one: a hundred retries.
const KEPT: u64 = 100 * RETRY;
const SECOND: u64 = 1_000_000_000;

#[cfg(all(test, not(mesh_loom)))]
mod tests {
    use std::thread;

    use super::*;

    fn withdrawn(bucket: &Bucket, budget: Budget, earned: u64, at: Duration) -> usize {
        (0..1_000)
            .filter(|_| bucket.withdraw(budget, earned, at))
            .count()
    }

    #[test]
    fn retries_are_a_share_of_the_requests_and_a_few_each_second() {
        let rows = [
            (Budget::new(20, 0), 0, 0),
            (Budget::new(20, 0), 4, 0),
            (Budget::new(20, 0), 5, 1),
            (Budget::new(20, 0), 100, 20),
            (Budget::new(20, 10), 100, 30),
            (Budget::new(0, 10), 100, 10),
            (Budget::new(0, 0), 100, 0),
            (Budget::new(100, 0), 1_000_000, 100),
        ];
        for (budget, requests, want) in rows {
            let earned = requests * budget.earns();
            let got = withdrawn(&Bucket::default(), budget, earned, Duration::ZERO);
            assert_eq!(got, want, "{budget} after {requests} requests");
        }
    }

    #[test]
    fn what_each_second_brings_comes_evenly_and_is_not_saved_up() {
        let (bucket, budget) = (Bucket::default(), Budget::new(0, 10));
        let millis = Duration::from_millis;
        for (at, want) in [(0, 10), (99, 0), (100, 1), (350, 2), (60_000, 10)] {
            assert_eq!(
                withdrawn(&bucket, budget, 0, millis(at)),
                want,
                "at {at} ms"
            );
        }
    }

    #[test]
    fn a_changed_number_keeps_what_was_counted() {
        let (bucket, before) = (Bucket::default(), Budget::new(50, 0));
        let earned = 10 * before.earns();
        assert_eq!(withdrawn(&bucket, before, earned, Duration::ZERO), 5);
        let after = Budget::new(10, 0);
        assert_eq!(withdrawn(&bucket, after, earned, Duration::ZERO), 0);
        let earned = earned + 20 * after.earns();
        assert_eq!(withdrawn(&bucket, after, earned, Duration::ZERO), 2);
    }

    #[test]
    fn threads_together_withdraw_no_more_than_there_is() {
        let (bucket, budget) = (Bucket::default(), Budget::new(50, 7));
        let withdraw = || withdrawn(&bucket, budget, 100 * budget.earns(), Duration::ZERO);
        let total: usize = thread::scope(|scope| {
            let threads = [(); 3].map(|()| scope.spawn(withdraw));
            threads.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(total, 57);
    }

    #[test]
    fn the_end_of_time_is_no_retry_for_nothing() {
        let (bucket, budget) = (Bucket::default(), Budget::new(100, 1));
        assert_eq!(withdrawn(&bucket, budget, u64::MAX, Duration::MAX), 101);
    }
}

#[cfg(all(test, mesh_loom))]
mod loom_models {
    use std::sync::Arc;

    use loom::thread;

    use super::*;

    #[test]
    fn of_two_requests_one_gets_the_retry_that_is_there() {
        for (budget, earned) in [(Budget::new(100, 0), RETRY), (Budget::new(0, 1), 0)] {
            loom::model(move || {
                let bucket = Arc::new(Bucket::default());
                let withdraw = |bucket: Arc<Bucket>| {
                    thread::spawn(move || bucket.withdraw(budget, earned, Duration::ZERO))
                };
                let threads = [withdraw(bucket.clone()), withdraw(bucket.clone())];
                let got = threads.map(|thread| thread.join().expect("it only counts"));
                assert_eq!(got.into_iter().filter(|got| *got).count(), 1, "{budget}");
            });
        }
    }
}
