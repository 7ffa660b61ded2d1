//! How often the waiting records were written, for those who wait until they are.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Rounds of writing. Each takes everything that was recorded before it began.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    counts: Mutex<Counts>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Counts {
    asked: u64,
    done: u64,
    last: bool,
}

impl Rounds {
    /// Asks for one more; `wake` tells the writer.
    pub(super) fn ask(&self, wake: impl FnOnce()) -> u64 {
        let asked = {
            let mut counts = self.counts.lock();
            counts.asked += 1;
            counts.asked
        };
        wake();
        asked
    }

    /// The same, and there will be no other.
    pub(super) fn ask_for_last(&self, wake: impl FnOnce()) -> u64 {
        self.counts.lock().last = true;
        self.ask(wake)
    }

    /// Waits until that one has ended; not for ever, because what is written to may block.
    pub(super) fn wait(&self, round: u64) {
        let mut counts = self.counts.lock();
        self.ended
            .wait_while_for(&mut counts, |counts| counts.done < round, PATIENCE);
    }

    /// Whether somebody waits.
    pub(super) fn is_asked(&self) -> bool {
        let counts = self.counts.lock();
        counts.done < counts.asked
    }

    /// Begins the one that all who asked until now wait for; says whether it is the last.
    pub(super) fn begin(&self) -> (u64, bool) {
        let counts = self.counts.lock();
        (counts.asked, counts.last)
    }

    pub(super) fn end(&self, round: u64) {
        self.counts.lock().done = round;
        self.ended.notify_all();
    }

    /// Nobody writes any more, so nobody need wait.
    pub(super) fn end_all(&self) {
        self.end(u64::MAX);
    }
}

/// Whoever stops a service has more to do than to wait for a log that nobody reads.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn whoever_asked_waits_for_a_round_that_began_afterwards() {
        let rounds = Rounds::default();
        let (before, _) = rounds.begin();
        let (asked, woken) = mpsc::channel();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let round = rounds.ask(|| asked.send(()).expect("the test listens"));
                rounds.wait(round);
                rounds.is_asked()
            });
            woken.recv().expect("asked");
            rounds.end(before);
            assert!(rounds.is_asked(), "the one before does not count");
            let (round, last) = rounds.begin();
            assert!(!last);
            rounds.end(round);
            assert!(!waiting.join().expect("no panic"));
        });
    }

    #[test]
    fn nobody_waits_for_a_writer_that_is_gone() {
        let rounds = Rounds::default();
        rounds.end_all();
        let round = rounds.ask_for_last(|| {});
        rounds.wait(round);
        assert!(!rounds.is_asked() && rounds.begin().1);
    }
}
