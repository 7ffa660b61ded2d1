//! Who waits is woken by what he waits for, and by nothing else.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::FutureExt as _;
use http_body::Body as _;
use http_body_util::BodyExt as _;

use crate::contract::{
    case::{Answer, Case},
    script::{Step, settle},
};

/// Counts how often its waker was woken.
#[derive(Default)]
pub(in crate::contract) struct Wakes(Arc<Counted>);

#[derive(Default)]
struct Counted(AtomicUsize);

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Wakes {
    pub(in crate::contract) fn waker(&self) -> Waker {
        self.0.clone().into()
    }

    pub(in crate::contract) fn count(&self) -> usize {
        self.0.0.load(Ordering::Relaxed)
    }
}

/// Polls what waits, changes nothing, and sees that nothing wakes it; then polls it with another waker, says that it may go
/// on, and sees that it is the later waker which is woken.
async fn waits_quietly<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>, go_on: impl FnOnce()) {
    let (former, latter) = (Wakes::default(), Wakes::default());
    for wakes in [&former, &latter] {
        assert!(poll(&mut Context::from_waker(&wakes.waker())).is_pending());
        settle().await;
        assert_eq!(wakes.count(), 0, "woken, though nothing has changed");
    }
    go_on();
    settle().await;
    assert!(latter.count() > 0, "the last waker is the one to wake");
    assert!(
        latter.count() < 4,
        "woken {} times for one step",
        latter.count()
    );
    assert_eq!(former.count(), 0, "a waker that was replaced");
}

pub(in crate::contract) async fn who_waits_for_the_head_is_woken_by_it_and_by_nothing_else(
    case: Case,
) {
    let (mut asking, exchange) = case.begin().await;
    settle().await;
    let go_on = || exchange.say(Step::Head);
    waits_quietly(|cx| asking.as_mut().poll(cx), go_on).await;
    exchange.say(Step::Head);
    drop(asking);
    case.keeps(0, "it was dropped").await;
}

pub(in crate::contract) async fn who_waits_for_the_body_is_woken_by_it_and_by_nothing_else(
    case: Case,
) {
    let (asking, exchange) = case.begin().await;
    exchange.say(Step::Head);
    let mut answer = asking.await.expect("an answer");
    settle().await;
    let poll =
        |answer: &mut Answer, cx: &mut Context<'_>| Pin::new(answer.body_mut()).poll_frame(cx);
    waits_quietly(|cx| poll(&mut answer, cx), || exchange.say(Step::Frame)).await;
    assert!(poll(&mut answer, &mut Context::from_waker(Waker::noop())).is_ready());
    waits_quietly(|cx| poll(&mut answer, cx), || exchange.say(Step::End)).await;
    let rest = answer.body_mut().collect().now_or_never();
    rest.expect("the end is there").expect("no error");
    case.holds(0, "it has ended").await;
}
