//! Which request the calls of a handler belong to, and what they take along from it.

use std::{
    convert::Infallible,
    future::{Future, pending},
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture, stream};
use http::{HeaderMap, Request, Response, StatusCode, request::Parts};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use mesh_core::{
    config::{Mesh as Model, Route, VirtualNode, VirtualRouter, VirtualService},
    unit::Protocol,
};
use mesh_tower::{Body, CallContext, ErrorKind, InCall as _, Mesh, test_util::MemoryNetwork};
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time,
};
use tower::service_fn;

use crate::support::{Abort, BoxError, PeerBody, served, text, two_nodes};

const SECOND: Duration = Duration::from_secs(1);
const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";

/// What `web` does with a request: it is given its head and a handle to call others with.
type Handler = fn(Parts, Mesh) -> BoxFuture<'static, Response<PeerBody>>;

/// `outside` calls `web`, whose handler calls `orders`; requests with the header `x-canary` go to `canary` instead.
struct Shop {
    outside: Mesh,
    seen: Seen,
    _web: Abort,
}

/// The heads of requests that came to the end, and to which node.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(&'static str, HeaderMap)>>>);

impl Seen {
    fn take(&self) -> Vec<(&'static str, HeaderMap)> {
        mem::take(&mut *self.0.lock().expect("no panic held it"))
    }

    fn app(&self, node: &'static str) -> Router {
        let seen = self.clone();
        Router::new().fallback(async move |headers: HeaderMap| {
            seen.0
                .lock()
                .expect("no panic held it")
                .push((node, headers));
        })
    }
}

impl Shop {
    async fn open(handler: Handler) -> Self {
        let (network, model, seen) = (MemoryNetwork::new(), model(), Seen::default());
        for (node, addr) in [("orders", "10.0.0.2:8080"), ("canary", "10.0.0.3:8080")] {
            served(&network, &model, node, addr, seen.app(node)).await;
        }
        let node = |name: &str, seed| {
            let builder = Mesh::builder().config(model.clone()).virtual_node(name);
            builder.network(&network).seed(seed)
        };
        let web = node("web", 2)
            .bind(8080, "10.0.0.1:8080")
            .endpoint("orders", "10.0.0.2:8080")
            .endpoint("canary", "10.0.0.3:8080")
            .carry_header("x-tenant")
            .carry_header("X-Canary");
        let web = web.start().await.expect("the mesh starts");
        let server = web.clone();
        let app = service_fn(move |request: Request<Body>| {
            handler(request.into_parts().0, web.clone()).map(Ok::<_, Infallible>)
        });
        let serving = tokio::spawn(async move { server.serve_until(app, pending()).await });
        let outside = node("outside", 1).endpoint("web", "10.0.0.1:8080");
        Self {
            outside: outside.start().await.expect("the mesh starts"),
            seen,
            _web: Abort(serving),
        }
    }

    /// Sends a request of this name to `web`; what that has called when all is at rest.
    async fn ask(&self, name: &str, more: &[(&str, &str)]) -> Vec<(&'static str, HeaderMap)> {
        let request = Request::get("http://web.local/")
            .header("x-request-id", name)
            .header("x-amzn-trace-id", TRACE)
            .header("x-tenant", "a")
            .header("x-tenant", "b")
            .header("cookie", "secret")
            .header("authorization", "secret");
        let request = more.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let request = request.body(Body::empty()).expect("a request");
        let answer = self
            .outside
            .client()
            .send(request)
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.into_body().collect().await.expect("a body");
        time::sleep(SECOND).await;
        self.seen.take()
    }
}

fn model() -> Model {
    let node = |name: &str| {
        VirtualNode::builder(name)
            .listener(8080, Protocol::Http)
            .dns(name)
    };
    let all = Route::http("all").prefix("/").target("orders", 1);
    let canary = Route::http("canary").prefix("/").header_present("x-canary");
    let router = VirtualRouter::builder("orders")
        .listener(8080, Protocol::Http)
        .route(canary.target("canary", 1))
        .route(all);
    Model::builder("shop")
        .virtual_node(node("outside").backend("web.local"))
        .virtual_node(node("web").backend("orders.local"))
        .virtual_node(node("orders"))
        .virtual_node(node("canary"))
        .virtual_router(router)
        .virtual_service(VirtualService::builder("web.local").virtual_node("web"))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid")
}

async fn call(web: Mesh) {
    call_with(web, Request::new(Body::empty())).await;
}

async fn call_with(web: Mesh, mut request: Request<Body>) {
    *request.uri_mut() = "http://orders.local/".parse().expect("a URI");
    web.client().send(request).await.expect("an answer");
}

/// What becomes of a task that nobody waits for is seen by what it called.
fn detached(future: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(future));
}

#[tokio::test(start_paused = true)]
async fn a_call_belongs_to_the_request_wherever_the_handler_makes_it() {
    let ways: [(&str, Handler); 8] = [
        ("the handler", |_, web| then_ok(call(web))),
        ("a task in the call", |_, web| {
            then_ok(async { tokio::spawn(call(web).in_call()).await.expect("no panic") })
        }),
        ("a task of the mesh", |_, web| {
            web.spawn(call(web.clone()));
            then_ok(async {})
        }),
        ("a task of a task", |_, web| {
            let inner = async { detached(call(web).in_call()) };
            detached(inner.in_call());
            then_ok(async {})
        }),
        ("a task of the mesh of a task", |_, web| {
            let inner = async move { web.spawn(call(web.clone())) };
            detached(inner.in_call());
            then_ok(async {})
        }),
        ("a scope in a task", |head, web| {
            let context = head.extensions.get::<CallContext>().expect("a context");
            detached(context.scope(call(web)));
            then_ok(async {})
        }),
        ("a future in the call, in a scope, in a task", |_, web| {
            let context = CallContext::current().expect("a context");
            detached(context.scope(async { call(web).in_call().await }));
            then_ok(async {})
        }),
        ("an explicit context in a task", |head, web| {
            let mut request = Request::new(Body::empty());
            let context = head.extensions.get::<CallContext>().cloned();
            request.extensions_mut().insert(context.expect("a context"));
            detached(call_with(web, request));
            then_ok(async {})
        }),
    ];
    for (way, handler) in ways {
        let shop = Shop::open(handler).await;
        let seen = shop.ask("the-first", &[]).await;
        let [(_, headers)] = &*seen else {
            panic!("{way}: {seen:?}")
        };
        assert_eq!(headers["x-request-id"], "the-first", "{way}");
        assert_eq!(headers["x-amzn-trace-id"], TRACE, "{way}");
        let tenants: Vec<_> = headers.get_all("x-tenant").iter().collect();
        assert_eq!(tenants, ["a", "b"], "{way}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_not_made_part_of_the_call_belongs_to_no_request() {
    let shop = Shop::open(|_, web| {
        detached(call(web));
        then_ok(async {})
    });
    let seen = shop.await.ask("the-first", &[]).await;
    let [(_, headers)] = &*seen else {
        panic!("{seen:?}")
    };
    assert_ne!(headers["x-request-id"], "the-first");
    assert_ne!(headers["x-amzn-trace-id"], TRACE);
    assert!(!headers.contains_key("x-tenant"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_calls_others_while_it_is_read_does_so_in_its_request() {
    let shop = Shop::open(|_, web| {
        let pieces = stream::unfold(2, move |left| {
            let web = web.clone();
            async move {
                call(web).await;
                let piece = Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"piece")));
                (left > 0).then_some((piece, left - 1))
            }
        });
        let response = Response::new(StreamBody::new(pieces).boxed_unsync());
        Box::pin(async { response })
    });
    let seen = shop.await.ask("the-first", &[]).await;
    let names: Vec<_> = seen
        .iter()
        .map(|(_, headers)| &headers["x-request-id"])
        .collect();
    assert_eq!(names, ["the-first"; 3]);
}

#[tokio::test(start_paused = true)]
async fn the_explicit_context_beats_the_one_that_runs() {
    // The handler of the second request calls for the first one.
    static FIRST: Mutex<Option<CallContext>> = Mutex::new(None);
    let shop = Shop::open(|head, web| {
        let mut first = FIRST.lock().expect("no panic held it");
        let Some(explicit) = first.take() else {
            *first = head.extensions.get().cloned();
            return then_ok(async {});
        };
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(explicit.clone());
        let scoped = explicit.scope(call(web.clone()));
        then_ok(async {
            call_with(web.clone(), request).await;
            scoped.await;
            call(web).await;
        })
    });
    let shop = shop.await;
    assert!(shop.ask("the-first", &[]).await.is_empty());
    let seen = shop.ask("the-second", &[]).await;
    let names: Vec<_> = seen
        .iter()
        .map(|(_, headers)| &headers["x-request-id"])
        .collect();
    assert_eq!(names, ["the-first", "the-first", "the-second"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_but_what_was_allowed_is_carried_and_what_the_handler_says_beats_it() {
    let shop = Shop::open(|_, web| {
        let mut request = Request::new(Body::empty());
        let own = "the-handlers-own".parse().expect("a value");
        request.headers_mut().insert("x-tenant", own);
        then_ok(call_with(web, request))
    });
    let seen = shop.await.ask("the-first", &[("x-other", "1")]).await;
    let [("orders", headers)] = &*seen else {
        panic!("{seen:?}")
    };
    let tenants: Vec<_> = headers.get_all("x-tenant").iter().collect();
    assert_eq!(tenants, ["the-handlers-own"]);
    let mut names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    let ours = [
        "x-amzn-trace-id",
        "x-envoy-expected-rq-timeout-ms",
        "x-request-id",
    ];
    assert_eq!(names, ["host", ours[0], ours[1], ours[2], "x-tenant"]);
}

#[tokio::test(start_paused = true)]
async fn a_carried_header_chooses_the_route_of_the_calls_it_causes() {
    let shop = Shop::open(|_, web| then_ok(call(web))).await;
    for (more, node) in [(&[("x-canary", "1")][..], "canary"), (&[], "orders")] {
        let seen = shop.ask("the-first", more).await;
        let [(called, headers)] = &*seen else {
            panic!("{seen:?}")
        };
        assert_eq!(*called, node);
        assert_eq!(headers.contains_key("x-canary"), node == "canary");
    }
}

#[tokio::test]
async fn a_header_to_carry_has_a_name_that_a_header_can_have() {
    let builder = Mesh::builder().config(two_nodes()).virtual_node("web");
    let error = builder.carry_header("x tenant").start().await;
    let error = error.expect_err("no name");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("x tenant"), "{error}");
}

/// Ends the other end's wait with an error when it is dropped before it sent.
async fn work(time: Duration, done: oneshot::Sender<()>) {
    time::sleep(time).await;
    done.send(()).expect("the test waits");
}

async fn mesh() -> Mesh {
    let mesh = Mesh::builder().config(two_nodes()).virtual_node("web");
    let mesh = mesh.network(&MemoryNetwork::new()).start().await;
    mesh.expect("the mesh starts")
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_tasks_of_a_mesh_as_long_as_it_waits_for_requests() {
    for (takes, stopped_after, finished) in [
        (2 * SECOND, 2 * SECOND, true),
        (9 * SECOND, 5 * SECOND, false),
    ] {
        let (mesh, (done, finishes)) = (mesh().await, oneshot::channel());
        mesh.spawn(work(takes, done));
        let start = time::Instant::now();
        mesh.stop(5 * SECOND).await;
        assert_eq!(start.elapsed(), stopped_after);
        assert_eq!(finishes.await.is_ok(), finished);
        assert_eq!(start.elapsed(), stopped_after, "it ended with the mesh");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_of_a_mesh_ends_with_the_last_handle() {
    let (mesh, (done, mut finishes)) = (mesh().await, oneshot::channel());
    let client = mesh.client();
    mesh.spawn(work(9 * SECOND, done));
    let start = time::Instant::now();
    drop(mesh);
    time::sleep(SECOND).await;
    let early = finishes.try_recv();
    assert_eq!(early, Err(TryRecvError::Empty), "a client keeps the mesh");
    drop(client);
    finishes.await.expect_err("it was ended");
    assert_eq!(start.elapsed(), SECOND);
}

fn then_ok(
    future: impl Future<Output = ()> + Send + 'static,
) -> BoxFuture<'static, Response<PeerBody>> {
    Box::pin(future.map(|()| text("done")))
}
