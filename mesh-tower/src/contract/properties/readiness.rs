//! `poll_ready` and `call`: on the same service, and nothing said that is not so.

use std::task::{Context, Poll, Waker};

use tower::ServiceExt as _;
use tower_service::Service as _;

use super::wakes::Wakes;
use crate::contract::{
    case::{Case, Erased, get},
    properties::ends::finish,
    script::{Readiness, settle},
};

fn poll(service: &mut Erased, waker: &Waker) -> Poll<bool> {
    service
        .poll_ready(&mut Context::from_waker(waker))
        .map(|polled| polled.is_ok())
}

pub(in crate::contract) async fn the_service_that_was_polled_is_called(case: Case) {
    let mut service = case.service.clone();
    service.ready().await.expect("it is ready");
    assert!(case.script.polls() > 0, "nobody asked what is inside");
    let (asking, exchange) = case.arrival(service.call(get())).await;
    finish(asking, exchange).await;
    drop((service, case.service));
    assert_eq!(case.script.reserved(), 0, "what was reserved is given back");
}

pub(in crate::contract) async fn a_clone_in_between_takes_no_readiness_along(case: Case) {
    let mut service = case.service.clone();
    service.ready().await.expect("it is ready");
    let mut clone = service.clone();
    let (asking, exchange) = case.arrival(service.call(get())).await;
    clone.ready().await.expect("it is ready");
    let (other, its) = case.arrival(clone.call(get())).await;
    case.keeps(2, "both are open").await;
    finish(asking, exchange).await;
    finish(other, its).await;
    case.keeps(0, "both have ended").await;
}

pub(in crate::contract) async fn replaced_by_its_clone_the_ready_one_is_called(case: Case) {
    let mut service = case.service.clone();
    service.ready().await.expect("it is ready");
    let clone = service.clone();
    let mut ready = std::mem::replace(&mut service, clone);
    let (asking, exchange) = case.arrival(ready.call(get())).await;
    finish(asking, exchange).await;
    case.keeps(0, "it has ended").await;
}

pub(in crate::contract) async fn readiness_is_that_of_what_is_inside(case: Case) {
    let mut service = case.service.clone();
    for _ in 0..2 {
        case.script.set(Readiness::Pending);
        assert_eq!(poll(&mut service, Waker::noop()), Poll::Pending);
        case.script.set(Readiness::Ready);
        assert_eq!(poll(&mut service, Waker::noop()), Poll::Ready(true));
        let (asking, exchange) = case.arrival(service.call(get())).await;
        finish(asking, exchange).await;
    }
}

pub(in crate::contract) async fn an_error_of_readiness_is_passed_on(case: Case) {
    let mut service = case.service.clone();
    case.script.set(Readiness::Failed);
    assert_eq!(poll(&mut service, Waker::noop()), Poll::Ready(false));
    case.keeps(0, "nothing was asked").await;
}

pub(in crate::contract) async fn who_waits_for_readiness_is_woken_by_it_and_by_nothing_else(
    case: Case,
) {
    let (mut service, wakes) = (case.service.clone(), Wakes::default());
    case.script.set(Readiness::Pending);
    assert_eq!(poll(&mut service, &wakes.waker()), Poll::Pending);
    settle().await;
    assert_eq!(wakes.count(), 0, "nothing has changed");
    case.script.set(Readiness::Ready);
    assert_eq!(wakes.count(), 1);
    assert_eq!(poll(&mut service, &wakes.waker()), Poll::Ready(true));
}

pub(in crate::contract) async fn it_is_always_ready(case: Case) {
    let mut service = case.service.clone();
    for inside in [Readiness::Ready, Readiness::Pending, Readiness::Failed] {
        case.script.set(inside);
        assert_eq!(
            poll(&mut service, Waker::noop()),
            Poll::Ready(true),
            "{inside:?}"
        );
    }
}
