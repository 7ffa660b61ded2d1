//! One target's part in what is counted over all.

use std::sync::{Arc, atomic::Ordering};

use super::Freshness;

/// One target, until it is dropped.
#[derive(Debug)]
pub(super) struct Watched {
    all: Arc<Freshness>,
    is_stale: bool,
}

impl Watched {
    pub(super) fn new(all: &Arc<Freshness>) -> Self {
        Self {
            all: all.clone(),
            is_stale: false,
        }
    }

    pub(super) fn failed(&self) {
        self.all.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_stale(&mut self, is_stale: bool) {
        match (self.is_stale, is_stale) {
            (false, true) => self.all.stale.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.all.stale.fetch_sub(1, Ordering::Relaxed),
            _ => return,
        };
        self.is_stale = is_stale;
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.set_stale(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_stale_once_however_often_it_is_said_and_no_longer_when_it_is_gone() {
        let all = Arc::new(Freshness::default());
        let (mut one, mut other) = (Watched::new(&all), Watched::new(&all));
        let stale = || all.numbers()[1].value;
        one.set_stale(true);
        one.set_stale(true);
        other.set_stale(true);
        assert_eq!(stale(), 2);
        other.set_stale(false);
        assert_eq!(stale(), 1);
        drop((one, other));
        assert_eq!(stale(), 0);
    }
}
