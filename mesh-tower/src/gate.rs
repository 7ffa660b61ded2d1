//! The one queue in front of what has a limit: who comes in, who waits, who is turned away.
//!
//! The core decides; here are the counts, in atomics, and the wakers of those who wait.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use mesh_core::limit::Limit;

use crate::sync::{Count, Notify, Ordering::SeqCst, OwnedNotified};

/// The counts behind one limit. They hold no limit themselves: that comes with each request, and may have become another one
/// while it waits.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    in_flight: Count,
    waiting: Count,
    freed: Arc<Notify>,
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Entry {
    In(Permit),
    Wait(Place),
    Shed { waiting: usize },
}

impl Gate {
    pub(crate) fn enter(self: &Arc<Self>, limit: Limit) -> Entry {
        let ahead = self.waiting.load(SeqCst);
        if let Some(permit) = self.try_enter(limit, ahead) {
            if ahead > 0 {
                // They wait under a limit that may have been a smaller one.
                self.recall(Some(limit));
            }
            return Entry::In(permit);
        }
        match count_up(&self.waiting, |waiting| limit.queues(waiting)) {
            Err(waiting) => Entry::Shed { waiting },
            Ok(ahead) => Entry::Wait(Place {
                limit: Some(limit),
                ahead,
                freed: Box::pin(self.freed.clone().notified_owned()),
                gate: self.clone(),
            }),
        }
    }

    /// Nobody takes the room of those who wait `ahead`: there has to be some beyond it.
    fn try_enter(self: &Arc<Self>, limit: Limit, ahead: usize) -> Option<Permit> {
        count_up(&self.in_flight, |n| limit.admits(n, ahead)).ok()?;
        Some(Permit(self.clone()))
    }

    /// Tells the one who has waited longest to look again.
    fn call_next(&self) {
        if self.waiting.load(SeqCst) > 0 {
            self.freed.notify_one();
        }
    }

    /// Tells it only if there is room under this limit, which may have become a wider one since, or none.
    pub(crate) fn recall(&self, limit: Option<Limit>) {
        if limit.is_none_or(|limit| limit.admits(self.in_flight.load(SeqCst), 0)) {
            self.call_next();
        }
    }

    /// How many are in flight, and how many wait.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.in_flight.load(SeqCst), self.waiting.load(SeqCst))
    }
}

/// One more than the number it gives, unless there is no room beside that many.
fn count_up(count: &Count, has_room: impl Fn(usize) -> bool) -> Result<usize, usize> {
    count.fetch_update(SeqCst, SeqCst, |n| has_room(n).then_some(n + 1))
}

/// Counts a request as in flight until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Gate>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, SeqCst);
        self.0.call_next();
    }
}

/// Counts a request as waiting until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    /// The one that it was last held to; `None` once nothing is limited any more.
    limit: Option<Limit>,
    /// How many waited before it; none counts any more once it is called.
    ahead: usize,
    /// Dropped with a call that came too late, it hands that on to the next.
    freed: Pin<Box<OwnedNotified>>,
    gate: Arc<Gate>,
}

impl Place {
    /// Ready when it is this one's turn, under the limit as it is now.
    pub(crate) fn poll_permit(&mut self, limit: Limit, cx: &mut Context<'_>) -> Poll<Permit> {
        self.limit = Some(limit);
        loop {
            let called = self.freed.as_mut().poll(cx).is_ready();
            if called {
                // Taken before anything else: dropped with this place, it would call the next, who finds no room and loses its turn.
                self.freed.set(self.gate.freed.clone().notified_owned());
                self.ahead = 0;
            }
            // Also uncalled: a request may have ended before anybody was counted as waiting for it.
            if let Some(permit) = self.gate.try_enter(limit, self.ahead) {
                return Poll::Ready(permit);
            }
            if !called {
                return Poll::Pending;
            }
        }
    }

    /// The limit has gone, for this one and for whoever comes after.
    pub(crate) fn lift(&mut self) {
        self.limit = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.waiting.fetch_sub(1, SeqCst);
        // Two calls that nobody listened to yet are one: who comes in calls the next if there is room.
        self.gate.recall(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures::task::noop_waker;

    use super::*;

    fn permit(gate: &Arc<Gate>, limit: Limit) -> Permit {
        match gate.enter(limit) {
            Entry::In(permit) => permit,
            other => panic!("{other:?}"),
        }
    }

    fn place(gate: &Arc<Gate>, limit: Limit) -> Place {
        match gate.enter(limit) {
            Entry::Wait(place) => place,
            other => panic!("{other:?}"),
        }
    }

    fn poll(place: &mut Place) -> Option<Permit> {
        let limit = place.limit.expect("it has one");
        match place.poll_permit(limit, &mut Context::from_waker(&noop_waker())) {
            Poll::Ready(permit) => Some(permit),
            Poll::Pending => None,
        }
    }

    #[test]
    fn as_many_as_the_limits_say_are_in_and_wait_and_no_more() {
        let (gate, limit) = (Arc::default(), Limit::requests(2).pending(1));
        let (_first, _second) = (permit(&gate, limit), permit(&gate, limit));
        let _third = place(&gate, limit);
        assert!(matches!(gate.enter(limit), Entry::Shed { waiting: 1 }));
        assert_eq!(gate.counts(), (2, 1));
    }

    #[test]
    fn a_limit_of_none_sheds_instead_of_waiting_for_ever() {
        let gate: Arc<Gate> = Arc::default();
        let entry = gate.enter(Limit::requests(0).pending(10));
        assert!(matches!(entry, Entry::Shed { .. }));
    }

    #[test]
    fn those_who_wait_come_in_by_turn_and_nobody_passes_them() {
        let (gate, limit) = (Arc::default(), Limit::requests(1).pending(2));
        let first = permit(&gate, limit);
        let (mut second, mut third) = (place(&gate, limit), place(&gate, limit));
        assert!(poll(&mut second).is_none() && poll(&mut third).is_none());
        drop(first);
        assert!(matches!(gate.enter(limit), Entry::Shed { waiting: 2 }));
        let second = poll(&mut second).expect("its turn");
        assert!(poll(&mut third).is_none());
        drop(second);
        assert!(poll(&mut third).is_some());
    }

    #[test]
    fn one_who_comes_in_wakes_nobody_for_whom_there_is_no_room() {
        let (gate, limit) = (Arc::default(), Limit::requests(1).pending(3));
        let first = permit(&gate, limit);
        let mut waiting = [limit; 3].map(|limit| waiter(place(&gate, limit)));
        assert!(waiting.iter_mut().all(|one| one.poll().is_none()));
        let mut running = first;
        for next in 0..3 {
            drop(running);
            running = waiting[next].poll().expect("its turn");
            assert!(waiting[next + 1..].iter().all(|one| !one.woken()), "{next}");
        }
    }

    #[test]
    fn one_who_comes_when_there_is_room_again_leaves_it_to_those_who_waited() {
        let (gate, limit) = (Arc::default(), Limit::requests(1).pending(2));
        let first = permit(&gate, limit);
        let mut second = waiter(place(&gate, limit));
        assert!(second.poll().is_none());
        drop(first);
        let mut third = waiter(place(&gate, limit));
        assert!(third.poll().is_none());
        let second = second.poll().expect("its turn");
        drop(second);
        assert!(third.woken());
        assert!(third.poll().is_some());
    }

    #[test]
    fn one_who_comes_is_not_held_up_where_there_is_room_for_those_who_waited_too() {
        let (gate, narrow, wide) = (
            Arc::default(),
            Limit::requests(1).pending(2),
            Limit::requests(3).pending(2),
        );
        let _first = permit(&gate, narrow);
        let mut second = waiter(place(&gate, narrow));
        assert!(second.poll().is_none());
        let _third = permit(&gate, wide);
        assert!(
            matches!(gate.enter(wide), Entry::Wait(_)),
            "one of three is the second's"
        );
    }

    #[test]
    fn room_that_was_left_to_one_who_gave_up_goes_to_the_next() {
        for listens in [true, false] {
            let (gate, limit) = (Arc::default(), Limit::requests(1).pending(2));
            let first = permit(&gate, limit);
            let mut second = waiter(place(&gate, limit));
            assert!(!listens || second.poll().is_none());
            drop(first);
            let mut third = waiter(place(&gate, limit));
            assert!(!listens || third.poll().is_none());
            drop(second);
            assert_eq!(third.woken(), listens);
            assert!(third.poll().is_some(), "listens: {listens}");
        }
    }

    #[test]
    fn a_limit_that_grows_lets_in_those_who_wait_with_the_next_who_comes() {
        let (gate, narrow, wide) = (
            Arc::default(),
            Limit::requests(1).pending(2),
            Limit::requests(5).pending(2),
        );
        let _first = permit(&gate, narrow);
        let mut waiting = [narrow; 2].map(|limit| waiter(place(&gate, limit)));
        assert!(waiting.iter_mut().all(|one| one.poll().is_none()));
        let _fourth = permit(&gate, wide);
        for one in &mut waiting {
            assert!(one.woken());
            one.place.as_mut().expect("it waits").limit = Some(wide);
            assert!(one.poll().is_some());
        }
        assert_eq!(
            gate.counts(),
            (2, 0),
            "their permits went with the assertion"
        );
    }

    #[test]
    fn a_limit_that_goes_lets_everybody_in_one_after_the_other() {
        let (gate, limit) = (Arc::default(), Limit::requests(1).pending(3));
        let _first = permit(&gate, limit);
        let mut waiting = [limit; 3].map(|limit| waiter(place(&gate, limit)));
        assert!(waiting.iter_mut().all(|one| one.poll().is_none()));
        gate.recall(Some(limit));
        assert!(!waiting[0].woken(), "there is no room");
        gate.recall(None);
        for one in &mut waiting {
            assert!(one.woken());
            one.place.take().expect("it waits").lift();
        }
        assert_eq!(gate.counts(), (1, 0));
    }

    #[test]
    fn a_limit_that_shrinks_lets_nobody_in_before_enough_have_ended() {
        let (gate, wide, narrow) = (
            Arc::default(),
            Limit::requests(2).pending(1),
            Limit::requests(1).pending(1),
        );
        let (first, second) = (permit(&gate, wide), permit(&gate, wide));
        let mut third = place(&gate, narrow);
        assert!(poll(&mut third).is_none());
        drop(first);
        assert!(
            poll(&mut third).is_none(),
            "one is in, and one is the limit now"
        );
        drop(second);
        assert!(poll(&mut third).is_some());
    }

    #[test]
    fn the_end_of_a_request_wakes_the_one_who_has_waited_longest_and_nobody_else() {
        let (gate, limit) = (Arc::default(), Limit::requests(1).pending(2));
        let first = permit(&gate, limit);
        let mut second = waiter(place(&gate, limit));
        let mut third = waiter(place(&gate, limit));
        assert!(second.poll().is_none() && third.poll().is_none());
        drop(first);
        assert_eq!((second.woken(), third.woken()), (true, false));
    }

    #[test]
    fn a_call_to_one_who_went_away_is_handed_on() {
        let (gate, limit) = (Arc::default(), Limit::requests(1).pending(2));
        let first = permit(&gate, limit);
        let (mut second, third) = (place(&gate, limit), place(&gate, limit));
        assert!(poll(&mut second).is_none());
        let mut third = waiter(third);
        assert!(third.poll().is_none());
        drop(first);
        drop(second);
        assert!(third.woken());
        assert!(third.poll().is_some());
        assert_eq!(gate.counts().1, 0);
    }

    /// A place whose wake-ups are counted.
    fn waiter(place: Place) -> Waiter {
        Waiter {
            place: Some(place),
            wakes: Arc::default(),
        }
    }

    struct Waiter {
        place: Option<Place>,
        wakes: Arc<Wakes>,
    }

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl std::task::Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    impl Waiter {
        fn poll(&mut self) -> Option<Permit> {
            let waker = self.wakes.clone().into();
            let place = self.place.as_mut().expect("it waits");
            let limit = place.limit.expect("it has one");
            match place.poll_permit(limit, &mut Context::from_waker(&waker)) {
                Poll::Ready(permit) => {
                    self.place = None;
                    Some(permit)
                }
                Poll::Pending => None,
            }
        }

        fn woken(&self) -> bool {
            self.wakes.0.load(SeqCst) > 0
        }
    }
}

#[cfg(all(test, mesh_loom))]
mod loom_models {
    use std::{future::poll_fn, iter};

    use loom::{future::block_on, thread};

    use super::*;
    use crate::sync::{explore, join};

    /// Gives what it holds until the others have come in, too.
    type Request = fn(&Arc<Gate>, Limit) -> Option<Permit>;

    /// What a request does that lasts.
    fn last(gate: &Arc<Gate>, limit: Limit) -> Option<Permit> {
        match gate.enter(limit) {
            Entry::In(permit) => Some(permit),
            Entry::Wait(mut place) => Some(block_on(poll_fn(|cx| place.poll_permit(limit, cx)))),
            Entry::Shed { .. } => None,
        }
    }

    /// What a request does that stays until it has been let in.
    fn stay(gate: &Arc<Gate>, limit: Limit) -> Option<Permit> {
        drop(last(gate, limit));
        None
    }

    /// What a request does whose caller goes away while it waits.
    fn give_up(gate: &Arc<Gate>, limit: Limit) -> Option<Permit> {
        if let Entry::Wait(mut place) = gate.enter(limit) {
            block_on(poll_fn(|cx| {
                drop(place.poll_permit(limit, cx));
                Poll::Ready(())
            }));
        }
        None
    }

    /// Two requests come while so many end as may be in.
    fn explore_full(limit: Limit, requests: [Request; 2]) {
        explore(move || {
            let gate: Arc<Gate> = Arc::default();
            let permits: Vec<_> = iter::from_fn(|| gate.try_enter(limit, 0)).collect();
            let threads = requests.map(|request| {
                let gate = gate.clone();
                thread::spawn(move || request(&gate, limit))
            });
            drop(permits);
            drop(join(threads));
            assert_eq!(gate.counts(), (0, 0));
            assert!(matches!(gate.enter(limit), Entry::In(_)), "there is room");
        });
    }

    #[test]
    fn everybody_who_waits_comes_in_wherever_the_others_end() {
        explore_full(Limit::requests(1).pending(2), [stay, stay]);
    }

    #[test]
    fn of_two_who_end_at_once_both_make_room() {
        explore_full(Limit::requests(2).pending(2), [last, last]);
    }

    #[test]
    fn a_turn_is_not_lost_with_one_who_gave_up() {
        explore_full(Limit::requests(1).pending(2), [stay, give_up]);
    }
}
