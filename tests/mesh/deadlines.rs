//! How the time that a caller gives goes from hop to hop, on the in-memory network with the clock paused.

use std::{
    convert::Infallible,
    future::{Future, pending},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::Router;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response, StatusCode, header::CONTENT_TYPE};
use mesh_core::{
    config::{Mesh as Model, VirtualNode, VirtualService},
    metric::Flag,
    unit::Protocol,
};
use mesh_tower::{Body, ErrorKind, InCall as _, Mesh, test_util::MemoryNetwork};
use tokio::time::{self, Instant};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{served, two_nodes};

const SECOND: Duration = Duration::from_secs(1);
const EXPECTED: &str = "x-envoy-expected-rq-timeout-ms";

/// `orders`, which keeps the heads that it gets and answers by them, and `web`, which calls it.
struct Shop {
    web: Mesh,
    heads: Arc<Mutex<Vec<HeaderMap>>>,
    _orders: Mesh,
}

impl Shop {
    async fn open<F>(answer: impl Fn(usize) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = StatusCode> + Send + 'static,
    {
        let (network, heads) = (MemoryNetwork::new(), Arc::<Mutex<Vec<_>>>::default());
        let seen = heads.clone();
        let app = Router::new().fallback(async move |headers: HeaderMap| {
            let number = {
                let mut seen = seen.lock().expect("no panic held it");
                seen.push(headers);
                seen.len()
            };
            answer(number).await
        });
        let orders = served(&network, &two_nodes(), "orders", "10.0.0.1:8080", app).await;
        let web = Mesh::builder()
            .config(two_nodes())
            .virtual_node("web")
            .network(&network)
            .without_listeners()
            .endpoint("orders", "10.0.0.1:8080")
            .seed(7);
        Self {
            web: web.start().await.expect("the mesh starts"),
            heads,
            _orders: orders,
        }
    }

    /// What the requests that came to `orders` said of the time there is.
    fn told(&self) -> Vec<Option<String>> {
        let heads = self.heads.lock().expect("no panic held it");
        let text = |head: &HeaderMap| {
            let value = head.get(EXPECTED)?.to_str().expect("digits");
            Some(value.to_owned())
        };
        heads.iter().map(text).collect()
    }

    /// What `web` answers to this request, when its handler does this.
    async fn ask<F>(&self, request: http::request::Builder, handler: F) -> Response<Vec<u8>>
    where
        F: FnOnce(Mesh) -> BoxFuture<'static, StatusCode> + Clone + Send + 'static,
    {
        let web = self.web.clone();
        let app = service_fn(move |_: Request<Body>| {
            let answer = handler.clone()(web.clone());
            async move {
                let mut response = Response::new(String::new());
                *response.status_mut() = answer.await;
                Ok::<_, Infallible>(response)
            }
        });
        let request = request.body(Body::empty()).expect("a request");
        let answered = self.web.inbound().layer(app).oneshot(request).await;
        answered.expect("infallible").map(|_| Vec::new())
    }
}

async fn ok(_number: usize) -> StatusCode {
    StatusCode::OK
}

async fn never(_number: usize) -> StatusCode {
    pending().await
}

fn get() -> http::request::Builder {
    Request::get("http://web.local/")
}

fn grpc() -> http::request::Builder {
    Request::post("http://web.local/pkg.Svc/Get").header(CONTENT_TYPE, "application/grpc")
}

async fn call(web: &Mesh) -> StatusCode {
    let orders = web.client_for("orders.local").expect("a backend");
    match orders.get("/").send().await {
        Ok(answer) => answer.status(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
            assert_eq!(error.flag(), Some(Flag::DeadlineExceeded), "{error}");
            StatusCode::IM_A_TEAPOT
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_caller_gives_is_spent_down_and_sent_on() {
    let shop = Shop::open(ok).await;
    let rows = [
        // what the caller says, and what is said after a second
        (Some("3000"), "2000"),
        (Some("60000"), "15000"),
        (Some("0"), "15000"),
        (Some("soon"), "15000"),
        (None, "15000"),
    ];
    for (given, told) in rows {
        let request = given
            .iter()
            .fold(get(), |request, value| request.header(EXPECTED, *value));
        let answer = shop.ask(request, |web| {
            Box::pin(async move {
                time::sleep(SECOND).await;
                call(&web).await
            })
        });
        assert_eq!(answer.await.status(), StatusCode::OK, "{given:?}");
        assert_eq!(
            shop.told().last(),
            Some(&Some(told.to_owned())),
            "{given:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_outlasts_its_caller_is_answered_for() {
    let shop = Shop::open(never).await;
    let hang = |_: Mesh| -> BoxFuture<'static, StatusCode> { Box::pin(pending()) };
    let rows = [
        (
            get().header(EXPECTED, "2000"),
            2,
            StatusCode::GATEWAY_TIMEOUT,
            None,
        ),
        (
            get().header(EXPECTED, "20000"),
            15,
            StatusCode::GATEWAY_TIMEOUT,
            None,
        ),
        (
            grpc().header("grpc-timeout", "2S"),
            2,
            StatusCode::OK,
            Some("4"),
        ),
        (
            grpc().header("grpc-timeout", "20S"),
            15,
            StatusCode::OK,
            Some("14"),
        ),
        (
            grpc().header("grpc-timeout", "0m"),
            0,
            StatusCode::OK,
            Some("4"),
        ),
    ];
    for (request, seconds, status, code) in rows {
        let text = format!("{:?}", request.headers_ref());
        let begun = Instant::now();
        let answer = shop.ask(request, hang).await;
        let late = begun.elapsed() - seconds * SECOND;
        assert!(late <= Duration::from_millis(10), "{late:?} {text}");
        assert_eq!(answer.status(), status, "{text}");
        let told = answer.headers().get("grpc-status");
        assert_eq!(told.and_then(|code| code.to_str().ok()), code, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_by_the_deadline_of_what_caused_it_and_a_detached_task_goes_on() {
    let shop = Shop::open(never).await;
    let begun = Instant::now();
    let (ended, ends) = tokio::sync::oneshot::channel();
    let ended = Arc::new(Mutex::new(Some(ended)));
    let answer = shop.ask(get().header(EXPECTED, "3000"), move |web| {
        Box::pin(async move {
            let (part, detached) = (web.clone(), web.clone());
            tokio::spawn(
                async move {
                    call(&part).await;
                    let ended = ended.lock().expect("no panic held it").take();
                    let _ = ended.expect("once").send(begun.elapsed());
                    // Nothing is left: it is not even tried.
                    assert_eq!(call(&part).await, StatusCode::IM_A_TEAPOT);
                }
                .in_call(),
            );
            web.spawn(async move {
                let orders = detached.client_for("orders.local").expect("a backend");
                drop(orders.get("/").send().await);
            });
            time::sleep(4 * SECOND).await;
            StatusCode::OK
        })
    });
    assert_eq!(answer.await.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(ends.await.expect("it ended"), 3 * SECOND);
    time::sleep(SECOND).await;
    let (part, detached) = ("3000".to_owned(), "15000".to_owned());
    assert_eq!(shop.told(), [Some(part), Some(detached)]);
    assert_eq!(shop.web.in_flight().0, 1, "the detached one waits on");
}

#[tokio::test(start_paused = true)]
async fn every_attempt_is_told_what_is_left_for_it() {
    let shop = Shop::open(async |number| match number {
        1 => {
            time::sleep(SECOND).await;
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::OK,
    })
    .await;
    let orders = shop.web.client_for("orders.local").expect("a backend");
    let answer = orders.get("/").timeout(4 * SECOND).send().await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::OK);
    let told = shop.told();
    let [Some(first), Some(second)] = &*told else {
        panic!("{told:?}")
    };
    assert_eq!(first, "4000");
    let second: u64 = second.parse().expect("digits");
    assert!((2_975..3_000).contains(&second), "{second}");
}

#[tokio::test(start_paused = true)]
async fn no_attempt_is_made_where_no_time_is_given() {
    let shop = Shop::open(ok).await;
    let orders = shop.web.client_for("orders.local").expect("a backend");
    let error = orders.get("/").timeout(Duration::ZERO).send().await;
    let error = error.expect_err("no time");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
    assert!(shop.told().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stubs_timeout_is_kept_and_sent_on() {
    let node = VirtualNode::builder("greeter").listener(50_051, Protocol::Grpc);
    let model = Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("greeter.local"))
        .virtual_node(node.dns("greeter"))
        .virtual_service(VirtualService::builder("greeter.local").virtual_node("greeter"))
        .build()
        .expect("the model is valid");
    let network = MemoryNetwork::new();
    let start = |node: &str| {
        let builder = Mesh::builder().config(model.clone()).virtual_node(node);
        builder.network(&network)
    };
    let greeter = start("greeter")
        .bind(50_051, "10.0.0.1:50051")
        .start()
        .await;
    let (greeter, heads) = (greeter.expect("it starts"), Arc::<Mutex<Vec<_>>>::default());
    let seen = heads.clone();
    let app = service_fn(move |request: Request<Body>| {
        let timeout = request.headers().get("grpc-timeout").cloned();
        seen.lock().expect("no panic held it").push(timeout);
        pending::<Result<Response<Body>, Infallible>>()
    });
    tokio::spawn(async move { greeter.serve_until(app, pending()).await });
    let web = start("web")
        .endpoint("greeter", "10.0.0.1:50051")
        .start()
        .await;
    let client = web.expect("it starts").client_for("greeter.local:50051");
    let mut stub = HealthClient::new(client.expect("a backend"));
    let mut request = tonic::Request::new(HealthCheckRequest::default());
    request.set_timeout(2 * SECOND);
    let begun = Instant::now();
    let status = stub.check(request).await.expect_err("no answer");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert_eq!(begun.elapsed(), 2 * SECOND);
    let heads = heads.lock().expect("no panic held it");
    let [Some(told)] = &**heads else {
        panic!("{heads:?}")
    };
    assert_eq!(told, "2000m");
}
