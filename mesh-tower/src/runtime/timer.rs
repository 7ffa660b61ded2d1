//! One timer for one request: armed only when something is waited for, moved when another limit comes first.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Instant,
};

use tokio::{
    runtime::{Handle, Id},
    time::{self, Sleep},
};

/// A timer that costs nothing until it is polled.
///
/// The next request on the same thread mostly needs one that ends later than this one: so it stays armed when it is dropped,
/// and is moved on without a lock, where a new one would have to be put into the runtime's wheel and this one taken out.
#[derive(Debug, Default)]
pub(crate) struct Timer(Option<Armed>);

#[derive(Debug)]
struct Armed {
    sleep: Pin<Box<Sleep>>,
    /// A timer ends with its runtime.
    runtime: Id,
}

impl Timer {
    /// Ready once `at` has passed.
    pub(crate) fn poll_until(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let at = at.into();
        let Armed { sleep, .. } = self.0.get_or_insert_with(|| Armed::until(at));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        sleep.as_mut().poll(cx)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(armed) = self.0.take() {
            armed.keep();
        }
    }
}

impl Armed {
    fn until(at: time::Instant) -> Self {
        let runtime = Handle::current().id();
        let spare = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            spare.retain(|spare| spare.runtime == runtime);
            spare.pop()
        });
        spare.ok().flatten().unwrap_or_else(|| Self {
            sleep: Box::pin(time::sleep_until(at)),
            runtime,
        })
    }

    fn keep(mut self) {
        // Or it would keep the task that waited, and wake it.
        let nobody = &mut Context::from_waker(Waker::noop());
        if self.sleep.as_mut().poll(nobody).is_ready() {
            return;
        }
        // A thread that ends keeps none.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < MOST_SPARE {
                spare.push(self);
            }
        });
    }
}

thread_local! {
    static SPARE: RefCell<Vec<Armed>> = const { RefCell::new(Vec::new()) };
}

/// As many as requests are waited for at a time, where that is not many.
const MOST_SPARE: usize = 32;

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, sync::Arc, task::Wake, time::Duration};

    use super::*;
    use crate::runtime::clock;

    struct Task;

    impl Wake for Task {
        fn wake(self: Arc<Self>) {}
    }

    /// Polls a timer once, and drops it.
    fn asked_and_dropped(after: Duration, waker: &Waker) {
        let mut timer = Timer::default();
        let polled = timer.poll_until(clock::now() + after, &mut Context::from_waker(waker));
        assert!(polled.is_pending());
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_is_ready_at_its_own_time_whatever_it_was_armed_for_before() {
        for (before, after) in [(1, 10), (10, 1), (5, 5)] {
            let (before, after) = (Duration::from_secs(before), Duration::from_secs(after));
            asked_and_dropped(before, Waker::noop());
            let begun = clock::now();
            let mut timer = Timer::default();
            poll_fn(|cx| timer.poll_until(begun + after, cx)).await;
            let late = clock::now() - begun - after;
            assert!(late <= Duration::from_millis(1), "{before:?}, {after:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_of_a_timer_keeps_no_task() {
        let task = Arc::new(Task);
        asked_and_dropped(Duration::from_secs(1), &Waker::from(task.clone()));
        assert_eq!(Arc::strong_count(&task), 1);
        assert_eq!(SPARE.with(|spare| spare.borrow().len()), 1);
    }

    #[test]
    fn a_runtime_gets_no_timer_of_one_that_has_ended() {
        for _ in 0..2 {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_time().build().expect("a runtime");
            runtime.block_on(async { asked_and_dropped(Duration::from_secs(1), Waker::noop()) });
        }
    }
}
