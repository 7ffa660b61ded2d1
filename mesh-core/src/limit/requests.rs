//! Whether a request comes in, waits, or is turned away.

use std::fmt;

/// How many requests may be in flight at once, and how many may wait for that.
///
/// It counts nothing: who holds the counts asks it about them, one at a time, so that each answer can be acted on in one
/// atomic step and a changed limit finds the counts of the former one.
///
/// # Source
/// App Mesh `HttpConnectionPool`: `maxRequests`, `maxPendingRequests`. There a request waits for a connection, here for
/// another one to end.
///
/// # Examples
/// ```
/// use mesh_core::limit::Limit;
///
/// let limit = Limit::requests(2).pending(1);
/// assert!(limit.admits(1, 0), "one is in, nobody waits");
/// assert!(!limit.admits(2, 0) && limit.queues(0), "two are in: the third waits");
/// assert!(!limit.queues(1), "one waits already: the fourth is shed");
/// assert!(!limit.admits(1, 1), "what has become free is for the one who waits");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limit {
    requests: usize,
    pending: usize,
}

impl Limit {
    /// So many in flight, and none that waits. With 0, every request is shed.
    #[must_use]
    pub const fn requests(requests: usize) -> Self {
        Self {
            requests,
            pending: 0,
        }
    }

    /// This limit, under which so many may wait.
    #[must_use]
    pub const fn pending(self, pending: usize) -> Self {
        Self { pending, ..self }
    }

    /// Whether one more comes in where so many are in flight and so many have waited longer: their room is not its own.
    #[must_use]
    pub const fn admits(self, in_flight: usize, ahead: usize) -> bool {
        in_flight < self.requests.saturating_sub(ahead)
    }

    /// Whether one more may wait where so many do. Under a limit of none nobody may: none is in flight whose end could be
    /// waited for.
    #[must_use]
    pub const fn queues(self, waiting: usize) -> bool {
        self.requests > 0 && waiting < self.pending
    }
}

/// As it is told at start.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, pending } = self;
        match *pending >= super::size(super::UNSET) {
            true => write!(f, "{requests} requests at a time, any number may wait"),
            false => write!(f, "{requests} requests at a time, {pending} may wait"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_come_in_and_wait_as_the_limit_says() {
        let limit = Limit::requests(2).pending(2);
        let rows = [
            // in flight, ahead -> admitted
            (0, 0, true),
            (1, 0, true),
            (2, 0, false),
            (3, 0, false),
            (1, 1, false),
            (0, 1, true),
            (0, 9, false),
        ];
        for (in_flight, ahead, admitted) in rows {
            assert_eq!(
                limit.admits(in_flight, ahead),
                admitted,
                "{in_flight} in flight, {ahead} ahead"
            );
        }
        assert_eq!(
            [0, 1, 2, 3].map(|n| limit.queues(n)),
            [true, true, false, false]
        );
    }

    #[test]
    fn a_limit_of_none_lets_nobody_in_and_nobody_wait() {
        let none = Limit::requests(0).pending(10);
        assert!(!none.admits(0, 0) && !none.queues(0));
    }

    #[test]
    fn a_smaller_limit_lets_nobody_in_before_enough_have_ended() {
        let limit = Limit::requests(1);
        assert!(!limit.admits(5, 0) && !limit.admits(1, 0) && limit.admits(0, 0));
    }
}
