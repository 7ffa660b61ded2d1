//! The moment by which somebody else wants an answer.

use std::time::{Duration, Instant};

/// By when the caller wants its answer: it was told by a request that came in, or with the request that is sent.
///
/// There are two kinds. An HTTP caller's ends where a request limit ends, as
/// [`RequestEnds`](super::RequestEnds) says; a gRPC caller's is one for the whole call, its stream included. Unlike a limit,
/// a deadline does not wait for the request's body.
///
/// # Examples
/// ```
/// use std::time::{Duration, Instant};
/// use mesh_core::timeout::{Deadline, Deadlines, LimitKind, Timeouts};
///
/// let (start, second) = (Instant::now(), Duration::from_secs(1));
/// let deadline = Deadline::of_call(start + 2 * second).earlier(Deadline::of_request(start + second));
/// let deadlines = Deadlines::new(Timeouts::none(), start).with_deadline(deadline);
/// assert_eq!(deadlines.earliest().unwrap().kind, LimitKind::Deadline);
/// assert_eq!(deadlines.remaining(start), Some(second));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Deadline {
    pub(super) request: Option<Instant>,
    pub(super) call: Option<Instant>,
}

impl Deadline {
    /// Nobody is in a hurry.
    pub const NONE: Self = Self {
        request: None,
        call: None,
    };

    /// An HTTP caller's.
    #[must_use]
    pub const fn of_request(at: Instant) -> Self {
        Self {
            request: Some(at),
            ..Self::NONE
        }
    }

    /// A gRPC caller's.
    #[must_use]
    pub const fn of_call(at: Instant) -> Self {
        Self {
            call: Some(at),
            ..Self::NONE
        }
    }

    /// What keeps both.
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        let earlier = |one: Option<Instant>, other| [one, other].into_iter().flatten().min();
        Self {
            request: earlier(self.request, other.request),
            call: earlier(self.call, other.call),
        }
    }

    /// The same, so much later.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        let later = |at: Option<Instant>| at.and_then(|at| at.checked_add(by));
        Self {
            request: later(self.request),
            call: later(self.call),
        }
    }

    /// The moment; `None`: there is none.
    #[must_use]
    pub fn at(self) -> Option<Instant> {
        [self.request, self.call].into_iter().flatten().min()
    }
}
