//! What is tried again, through the facade, on the in-memory network with the clock paused.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use mesh_core::{
    compile::Target,
    metric::{Flag, Outcome},
    retry::{Budget, Policy},
};
use mesh_tower::{Client, ClientResponse, Mesh, test_util::MemoryNetwork};
use tokio::time::Instant;

use crate::support::{served, two_nodes};

const SECOND: Duration = Duration::from_secs(1);

/// `web`, which calls `orders` under a policy of its own.
struct Shop {
    web: Mesh,
    client: Client,
    arrived: Arc<AtomicUsize>,
    _orders: Mesh,
}

impl Shop {
    /// Answers each request by its number, counted from 1.
    async fn open(
        target: Target,
        answer: impl Fn(usize, HeaderMap) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        let (network, arrived) = (MemoryNetwork::new(), Arc::new(AtomicUsize::new(0)));
        let counted = arrived.clone();
        let app = Router::new().fallback(async move |headers: HeaderMap| {
            answer(counted.fetch_add(1, Ordering::SeqCst) + 1, headers)
        });
        let orders = served(&network, &two_nodes(), "orders", "10.0.0.1:8080", app).await;
        let web = Mesh::builder()
            .service("orders:8080", target)
            .network(&network)
            .seed(7);
        let web = web.endpoint("orders", "10.0.0.1:8080").start().await;
        let web = web.expect("the mesh starts");
        Self {
            client: web.client_for("orders:8080").expect("a service"),
            web,
            arrived,
            _orders: orders,
        }
    }

    async fn get(&self) -> ClientResponse {
        self.client.get("/").send().await.expect("an answer")
    }

    fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }
}

fn orders(policy: Policy) -> Target {
    Target::dns("orders").retry(policy)
}

fn answer(status: u16, lines: &[(&'static str, &'static str)]) -> Response {
    let mut response = StatusCode::from_u16(status)
        .expect("a status")
        .into_response();
    for (name, value) in lines {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

fn outcomes(answer: &ClientResponse) -> Vec<Option<Outcome>> {
    let call = answer.call().expect("a call");
    call.attempts().map(mesh_tower::Attempt::outcome).collect()
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_says_rate_limited_is_not_tried_again() {
    let limited = |_, _| answer(503, &[("x-envoy-ratelimited", "true")]);
    let shop = Shop::open(orders(Policy::idempotent(2)), limited).await;
    let answer = shop.get().await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(shop.arrived(), 1);
    assert_eq!(outcomes(&answer), [Some(Outcome::RateLimited(503))]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_asks_for_time_gets_it_where_the_limit_leaves_room() {
    let rows = [
        // asked for, limit in seconds, seconds waited, attempts
        (("retry-after", "2"), 9, 2, 2),
        (("retry-after", "9"), 9, 0, 1),
        (("retry-after", "26"), 0, 0, 1),
        (("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"), 9, 0, 2),
        (("grpc-retry-pushback-ms", "3000"), 9, 3, 2),
        (("grpc-retry-pushback-ms", "-1"), 9, 0, 1),
    ];
    for (asked, limit, waited, attempts) in rows {
        let first_asks = move |number, _| match number {
            1 => answer(503, &[asked]),
            _ => answer(200, &[]),
        };
        let target = orders(Policy::idempotent(2)).timeout(limit * SECOND);
        let shop = Shop::open(target, first_asks).await;
        let begun = Instant::now();
        let answer = shop.get().await;
        let passed_on = answer.status() == StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!(passed_on, attempts == 1, "{asked:?}");
        assert_eq!(outcomes(&answer).len(), attempts, "{asked:?}");
        assert_eq!(begun.elapsed().as_secs(), waited, "{asked:?}");
        assert!(
            answer.call().expect("a call").flags().is_empty(),
            "{asked:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_in_trouble_gets_no_more_retries_than_its_budget() {
    let policy = Policy::idempotent(2).with_budget(Budget::new(20, 1));
    let shop = Shop::open(orders(policy), |_, _| answer(503, &[])).await;
    let mut braked = 0;
    for _ in 0..50 {
        let flags = shop.get().await.call().expect("a call").flags();
        braked += usize::from(flags.contains(Flag::RetryBudgetExceeded));
    }
    // A fifth of the requests, and one for each second, of which only the first has begun.
    assert_eq!(shop.arrived(), 50 + 10 + 1);
    assert!(braked > 40, "{braked}");
    let metrics = shop.web.metrics();
    let counted = format!(r#"flag="URB"}} {braked}"#);
    assert!(metrics.contains(&counted), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_every_request_has_its_retries() {
    let shop = Shop::open(orders(Policy::idempotent(2)), |_, _| answer(503, &[])).await;
    for _ in 0..50 {
        let flags = shop.get().await.call().expect("a call").flags();
        assert_eq!(flags.to_string(), "URX");
    }
    assert_eq!(shop.arrived(), 150);
}

#[tokio::test(start_paused = true)]
async fn the_peer_is_told_which_attempt_it_sees_from_the_second_on() {
    let told = |number, headers: HeaderMap| {
        let count = headers.get("x-envoy-attempt-count");
        let expected: Option<&str> = [None, Some("2"), Some("3")][number - 1];
        assert_eq!(
            count.map(HeaderValue::as_bytes),
            expected.map(str::as_bytes)
        );
        answer(if number == 3 { 200 } else { 503 }, &[])
    };
    let shop = Shop::open(orders(Policy::idempotent(2)), told).await;
    assert_eq!(shop.get().await.status(), StatusCode::OK);
    assert_eq!(shop.arrived(), 3);
}
