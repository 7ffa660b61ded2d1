//! A future that is asked only when something happened to it, though its task is woken for much else.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::task::AtomicWaker;
use pin_project::pin_project;

/// Polls what is inside only if that was woken itself: beside a future that is polled often, it costs a look at a flag.
#[pin_project]
#[derive(Debug)]
pub(super) struct Seldom<F> {
    #[pin]
    inner: F,
    bell: Arc<Bell>,
    /// The bell once more, as what is inside sees it.
    ours: Waker,
    /// Whom the bell wakes.
    task: Option<Waker>,
}

#[derive(Debug)]
struct Bell {
    rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl<F: Future> Seldom<F> {
    pub(super) fn new(inner: F) -> Self {
        let bell = Arc::new(Bell {
            // Or it would never be polled for the first time.
            rung: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        Self {
            inner,
            ours: bell.clone().into(),
            bell,
            task: None,
        }
    }
}

impl<F: Future> Future for Seldom<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let known = this.task.as_ref();
        let same = known.is_some_and(|task| task.will_wake(cx.waker()));
        if same && !this.bell.rung.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        // Registered before it is looked at: a ring in between is heard now or wakes. Who has woken us has forgotten us.
        this.bell.task.register(cx.waker());
        *this.task = Some(cx.waker().clone());
        if !this.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        this.inner.poll(&mut Context::from_waker(this.ours))
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use tokio::{sync::Notify, time};

    use super::*;

    #[tokio::test]
    async fn it_is_asked_when_it_was_woken_and_not_when_its_task_was() {
        let (event, mut asked) = (Notify::new(), 0);
        let mut notified = Box::pin(event.notified());
        let inner = poll_fn(|cx| {
            asked += 1;
            notified.as_mut().poll(cx)
        });
        let mut seldom = Box::pin(Seldom::new(inner));
        for _ in 0..3 {
            assert!(futures::poll!(seldom.as_mut()).is_pending());
        }
        event.notify_one();
        assert!(futures::poll!(seldom.as_mut()).is_ready());
        drop(seldom);
        assert_eq!(asked, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn it_wakes_whoever_polled_it_last() {
        let mut seldom = Box::pin(Seldom::new(time::sleep(Duration::from_secs(1))));
        assert!(futures::poll!(seldom.as_mut()).is_pending());
        let elsewhere = tokio::spawn(seldom);
        elsewhere.await.expect("it ends in another task");
    }
}
