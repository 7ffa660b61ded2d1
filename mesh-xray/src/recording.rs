//! [`Recording`]: the open segment that a request and its attempts share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::SegmentId;
use crate::segment::{MAX_EMBEDDED, Subsegment};

/// Collects the calls a request makes until its segment is closed.
///
/// The request keeps it in an `Arc`, and each attempt adds itself when it has ended. An attempt may outlive its request (a
/// hedge that lost, a stream that goes on); then it gets its [`Subsegment`] back, to be sent as a document of its own.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_xray::{Recording, SegmentId};
/// use mesh_xray::segment::{Name, Subsegment};
/// # let mut random = || 7;
///
/// let recording = Recording::new(SegmentId::generate(&mut random));
/// let attempt = || Subsegment::new(Name::new("colors/blue"), SegmentId::generate(|| 8), Duration::ZERO);
///
/// assert!(recording.add(attempt()).is_ok());
/// assert_eq!(recording.close().len(), 1);
/// assert_eq!(recording.add(attempt()), Err(attempt()));
/// ```
#[derive(Debug)]
pub struct Recording {
    id: SegmentId,
    /// `None` once closed.
    finished: Mutex<Option<Vec<Subsegment>>>,
}

impl Recording {
    /// Opens the segment `id`.
    #[must_use]
    pub const fn new(id: SegmentId) -> Self {
        Self {
            id,
            finished: Mutex::new(Some(Vec::new())),
        }
    }

    /// The segment: what a late subsegment names as its parent.
    #[must_use]
    pub fn id(&self) -> SegmentId {
        self.id
    }

    /// Adds a call that has ended.
    ///
    /// # Errors
    /// The subsegment itself, if the segment is closed, or holds [`MAX_EMBEDDED`] already: a stream that goes on all day may
    /// make calls without end. It is then to be sent alone ([`Subsegment::encode_alone`]).
    #[expect(
        clippy::result_large_err,
        reason = "a late call goes on to be written; boxing it would be undone at once"
    )]
    pub fn add(&self, subsegment: Subsegment) -> Result<(), Subsegment> {
        match &mut *self.lock() {
            Some(finished) if finished.len() < MAX_EMBEDDED => {
                finished.push(subsegment);
                Ok(())
            }
            _ => Err(subsegment),
        }
    }

    /// Closes the segment and hands out what was added, in the order in which the calls ended; nothing the second time.
    #[must_use = "the calls that were added are recorded nowhere else"]
    pub fn close(&self) -> Vec<Subsegment> {
        self.lock().take().unwrap_or_default()
    }

    /// A panic elsewhere cannot leave a `push` or a `take` half done.
    fn lock(&self) -> MutexGuard<'_, Option<Vec<Subsegment>>> {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::segment::Name;

    #[test]
    fn every_call_ends_up_in_the_segment_or_alone() {
        let recording = Recording::new(id(1));
        let (together, alone) = thread::scope(|scope| {
            let late = |thread: u64| {
                let calls = (0..100).map(|call| call_of(1 + thread * 100 + call));
                calls
                    .filter(|call| recording.add(call.clone()).is_err())
                    .count()
            };
            let threads: Vec<_> = (0..2)
                .map(|thread| scope.spawn(move || late(thread)))
                .collect();
            let together = recording.close().len();
            let alone = threads.into_iter().map(|thread| thread.join().unwrap());
            (together, alone.sum::<usize>())
        });
        assert_eq!(together + alone, 200);
    }

    #[test]
    fn an_open_segment_holds_no_more_calls_than_are_embedded() {
        let recording = Recording::new(id(1));
        let added = (2..100).filter(|number| recording.add(call_of(*number)).is_ok());
        assert_eq!(added.count(), MAX_EMBEDDED);
        assert_eq!(recording.close().len(), MAX_EMBEDDED);
    }

    #[test]
    fn a_segment_closes_once() {
        let recording = Recording::new(id(1));
        assert_eq!(recording.add(call_of(2)), Ok(()));
        assert_eq!(recording.add(call_of(3)), Ok(()));
        let ids: Vec<_> = recording.close().iter().map(|call| call.id).collect();
        assert_eq!(ids, [id(2), id(3)]);
        assert_eq!(recording.close(), []);
        assert_eq!(recording.add(call_of(4)), Err(call_of(4)));
    }

    fn call_of(number: u64) -> Subsegment {
        Subsegment::new(Name::new("callee"), id(number), Duration::ZERO)
    }

    fn id(number: u64) -> SegmentId {
        SegmentId::generate(|| number)
    }
}
