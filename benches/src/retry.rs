//! What it costs that a request which succeeds could have been tried again: the mesh's [`RetryLayer`] beside tower's `Retry`.
//!
//! Both stand around a service that answers at once, and get the same request: a GET with eight headers and no body, of which a copy is
//! made for each run. Both policies allow two more attempts within a budget of 20 % and 10 a second.

use std::{
    future::{Ready, poll_fn, ready},
    hint::black_box,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, Uri};
use http_body_util::Empty;
use mesh_core::retry::{Budget, Policy};
use mesh_tower::{RetryLayer, standalone::RetryPolicy};
use tower::{
    Layer, Service,
    retry::{
        self,
        budget::{Budget as _, TpsBudget},
    },
};

use crate::{
    answer::Answer,
    operation::{Operation, at_once},
};

/// The requests of this bench.
pub type Sent = Request<Empty<Bytes>>;

/// All that are measured, the one that the others are compared with first.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let kept = Policy::idempotent(2).with_budget(Budget::new(PERCENT, PER_SECOND));
    let mesh = |policy| RetryLayer::new(RetryPolicy::new(policy)).layer(Answer);
    let tower = |retries| retry::RetryLayer::new(Retries::new(retries)).layer(Answer);
    vec![
        calls("bare", "call", Answer),
        head_clone(),
        calls("mesh", "no_retry", mesh(Policy::none())),
        calls("mesh", "policy", mesh(kept)),
        calls("tower", "no_retry", tower(0)),
        calls("tower", "policy", tower(2)),
    ]
}

/// A call without anything around it, whose head is copied once more: no retry can do without.
fn head_clone() -> Operation {
    let (request, mut service) = (request(), Answer);
    Operation::new("bare", "head_clone", move || {
        let sent = request.clone();
        let (head, _) = sent.clone().into_parts();
        drop(black_box((head.method, head.uri, head.headers)));
        drop(black_box(at_once(service.call(black_box(sent)))));
    })
}

fn calls<S>(subject: &'static str, what: &str, mut service: S) -> Operation
where
    S: Service<Sent, Error: std::fmt::Debug> + 'static,
{
    let request = request();
    Operation::new(subject, what, move || {
        let ready = at_once(poll_fn(|cx| service.poll_ready(cx)));
        ready.expect("nothing fails");
        let answered = at_once(service.call(black_box(request.clone())));
        drop(black_box(answered.expect("nothing fails")));
    })
}

/// What a browser's request for a page carries, behind a gateway.
fn request() -> Sent {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = Uri::from_static("http://orders.shop.local:8080/orders/17?full=yes");
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        // Owned, as what comes from a peer or from a token is: a clone of it counts its holders.
        let value = HeaderValue::from_str(value).expect("visible letters");
        request.headers_mut().insert(name, value);
    }
    request
}

/// The policy that one writes for tower: what is tried again, how often, and how many of all.
#[derive(Clone, Debug)]
pub struct Retries {
    left: u32,
    budget: Arc<TpsBudget>,
}

impl Retries {
    /// So many attempts after the first.
    #[must_use]
    pub fn new(left: u32) -> Self {
        let share = f32::from(PERCENT) / 100.0;
        let budget = TpsBudget::new(Duration::from_secs(10), PER_SECOND.into(), share);
        let budget = Arc::new(budget);
        Self { left, budget }
    }
}

impl<B, E> retry::Policy<Sent, Response<B>, E> for Retries {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Sent, result: &mut Result<Response<B>, E>) -> Option<Ready<()>> {
        if result.as_ref().is_ok_and(|answer| answer.status() != 503) {
            self.budget.deposit();
            return None;
        }
        if self.left == 0 || !self.budget.withdraw() {
            return None;
        }
        self.left -= 1;
        Some(ready(()))
    }

    fn clone_request(&mut self, request: &Sent) -> Option<Sent> {
        (self.left > 0).then(|| request.clone())
    }
}

const PERCENT: u8 = 20;
const PER_SECOND: u16 = 10;
const HEADERS: [(&str, &str); 8] = [
    ("host", "orders.shop.local:8080"),
    ("user-agent", "shop/1.4 (Linux; x86_64)"),
    ("accept", "application/json"),
    ("accept-encoding", "gzip, br"),
    (
        "authorization",
        "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
    ),
    ("x-forwarded-for", "203.0.113.7"),
    ("x-request-id", "6f1c0f9e-3b0a-4c55-9d0c-1f7a5f5d9a10"),
    (
        "x-amzn-trace-id",
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    ),
];
