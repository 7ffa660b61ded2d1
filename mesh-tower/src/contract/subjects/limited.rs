//! The inbound services at a listener that limits how many requests its application gets at a time.

use std::task::{Context, Poll};

use futures::{FutureExt as _, future::BoxFuture};
use http::Request;
use mesh_core::{
    Defaults,
    config::Listener,
    limit::{ConnectionPool, Limit},
    unit::Protocol,
};
use tower_service::Service;

use super::inbound::{connection, counting, strict, unready};
use crate::{
    body::Body,
    contract::{
        case::Case,
        mock::{Strict, app},
        properties::wakes::Wakes,
        script::{Script, settle},
    },
    inbound::{InboundState, stack, testing},
};

pub(in crate::contract) async fn whole_stack() -> Case {
    let (state, script) = (state(), Script::new());
    let (connection, info) = connection();
    let stack = stack(strict!(script), state.clone(), Some(info));
    let case = Case::new(stack, script).on(connection);
    permits(counting(case, &state), state)
}

/// Every request finds the listener full, and waits for a place.
pub(in crate::contract) async fn whole_stack_after_waiting() -> Case {
    let (state, script) = (state(), Script::new());
    let (connection, info) = connection();
    let stack = stack(strict!(script), state.clone(), Some(info));
    let case = Case::new(Crowded::new(stack, &state), script).on(connection);
    permits(counting(case, &state), state)
}

fn state() -> InboundState {
    let pool = ConnectionPool::http(PLACES, Some(PLACES)).expect("in range");
    let listener = Listener::builder(8080, Protocol::Http).connection_pool(pool);
    testing::state_of([listener], Defaults::Safe)
}

/// Nobody waits whenever anything is counted, so that whoever waits for nothing is one too many.
fn permits(case: Case, state: InboundState) -> Case {
    case.counting("permits and places", move || {
        let (inside, waiting) = testing::counts(&state);
        inside + waiting
    })
}

/// Lets the listener be full when a request comes, until it waits.
#[derive(Clone)]
struct Crowded<S> {
    inner: S,
    state: InboundState,
}

impl<S> Crowded<S> {
    fn new(inner: S, state: &InboundState) -> Self {
        Self {
            inner,
            state: state.clone(),
        }
    }
}

impl<S> Service<Request<Body>> for Crowded<S>
where
    S: Service<Request<Body>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let others = testing::crowd(&self.state, Limit::requests(SIZE));
        let mut asking = Box::pin(self.inner.call(request));
        Box::pin(async move {
            let wakes = Wakes::default();
            let waits = asking
                .poll_unpin(&mut Context::from_waker(&wakes.waker()))
                .is_pending();
            assert!(waits, "there was no place for it");
            settle().await;
            assert_eq!(wakes.count(), 0, "woken, though nobody has left");
            drop(others);
            assert!(wakes.count() > 0, "not woken, though somebody has left");
            asking.await
        })
    }
}

/// More than any test has in flight.
const PLACES: i64 = 8;
const SIZE: usize = 8;
