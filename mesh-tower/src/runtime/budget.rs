//! What is left of a budget of retries, counted where many threads send.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use mesh_core::retry::{Bucket, Budget};

use super::{clock, shard::Shards};

/// What the requests to one target have earned, and what its retries have spent.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    /// Written by every request: each thread has its own.
    earned: Shards<AtomicU64>,
    bucket: Bucket,
    born: Instant,
}

impl RetryBudget {
    pub(crate) fn new() -> Self {
        Self {
            earned: Shards::new(AtomicU64::default),
            bucket: Bucket::default(),
            born: clock::now(),
        }
    }

    /// A request is sent under this budget.
    pub(crate) fn earn(&self, budget: Budget) {
        let earned = self.earned.mine();
        earned.fetch_add(budget.earns(), Ordering::Relaxed);
    }

    /// Takes one retry, if there is one.
    pub(crate) fn spend(&self, budget: Budget, now: Instant) -> bool {
        let earned = self.earned.iter().fold(0_u64, |sum, shard| {
            sum.saturating_add(shard.load(Ordering::Relaxed))
        });
        let at = now.saturating_duration_since(self.born);
        self.bucket.withdraw(budget, earned, at)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_every_thread_earned_can_be_spent_once() {
        let (state, budget) = (RetryBudget::new(), Budget::new(50, 0));
        let send = || {
            for _ in 0..10 {
                state.earn(budget);
            }
        };
        let spend = || {
            (0..100)
                .filter(|_| state.spend(budget, clock::now()))
                .count()
        };
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(send);
            }
        });
        let spent: usize = thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(spend));
            threads
                .map(|one| one.join().expect("no panic"))
                .iter()
                .sum()
        });
        assert_eq!(spent, 20);
    }
}
