//! What is served, and what calls: axum, tonic, plain hyper and tower-http's layers, and traces that join across them.

mod application;
mod layers;
mod servers;
mod websocket;

use std::{
    convert::Infallible,
    future::{Future, pending},
    time::Duration,
};

use axum::{Router, extract::State, routing::get};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use http_body_util::{BodyExt, Full};
use mesh_core::{compile::Target, unit::Protocol};
use mesh_tower::{Body, CallContext, Client, Error, ErrorKind, Mesh, test_util::MemoryNetwork};
use tokio::time;
use tower::Service;

use crate::support::{Abort, BoxError, calling, served, serving, two_nodes};

/// `orders` serves an application on a real socket, and `web` calls it.
struct Pair {
    orders: Mesh,
    web: Mesh,
    client: Client,
    _serving: Abort,
}

impl Pair {
    /// Called with this protocol; the listener takes whichever its connections begin with.
    async fn start<S, B>(app: S, protocol: Protocol) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let orders = Mesh::builder().config(two_nodes()).virtual_node("orders");
        let orders = orders.bind(8080, "127.0.0.1:0").start().await;
        let orders = orders.expect("the mesh starts");
        let server = orders.clone();
        let _serving = Abort(tokio::spawn(async move {
            server.serve_until(app, pending()).await
        }));
        orders.ready().await;
        let web = calling(&["orders.local"], protocol, orders.addrs()[&8080]).await;
        let client = web.client_for("orders.local:8080").expect("a backend");
        Self {
            orders,
            web,
            client,
            _serving,
        }
    }

    /// Waits until neither end has a request open.
    async fn idle(&self) {
        let open = || self.web.in_flight().0 + self.orders.in_flight().1;
        soon(async {
            while open() > 0 {
                time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }
}

/// Fails a test that would hang; no claim is about how long something takes.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(20);
    time::timeout(limit, future)
        .await
        .expect("it does not hang")
}

/// Answers with the trace id that the handler sees.
async fn trace_id(request: Request<axum::body::Body>) -> String {
    let context = request
        .extensions()
        .get::<CallContext>()
        .expect("the inbound stack puts it there");
    context.call().trace().id().to_string()
}

/// Says its own trace id, and that of the service it called.
async fn both(
    State(orders): State<Client>,
    request: Request<axum::body::Body>,
) -> Result<String, Error> {
    let theirs = orders
        .get("/")
        .send()
        .await?
        .error_for_status()?
        .text()
        .await?;
    Ok(format!("{} {theirs}", trace_id(request).await))
}

#[tokio::test]
async fn an_axum_handler_calls_through_the_mesh_and_both_sides_see_one_trace() {
    let (network, model) = (MemoryNetwork::new(), two_nodes());
    let _orders = served(
        &network,
        &model,
        "orders",
        "10.0.0.1:8080",
        Router::new().route("/", get(trace_id)),
    )
    .await;
    let start = |node: &str| {
        Mesh::builder()
            .config(model.clone())
            .virtual_node(node)
            .network(&network)
    };
    let web = start("web")
        .bind(8080, "10.0.0.2:8080")
        .endpoint("orders", "10.0.0.1:8080");
    let web = web.start().await.expect("the mesh starts");
    let app = Router::new()
        .route("/", get(both))
        .with_state(web.client_for("orders.local").expect("a backend"));
    let _serving = serving(&web, app);

    let edge = Mesh::builder()
        .service("web:80", Target::dns("web"))
        .network(&network);
    let edge = edge
        .endpoint("web", "10.0.0.2:8080")
        .start()
        .await
        .expect("the mesh starts");
    let root = "1-5759e988-bd862e3fe1be46a994272793";
    let asked = edge.client_for("web:80").expect("a service").get("/");
    let told = asked
        .header("x-amzn-trace-id", &format!("Root={root};Sampled=0"))
        .send()
        .await;
    assert_eq!(
        told.expect("an answer").text().await.expect("a body"),
        format!("{root} {root}")
    );

    let fresh = edge
        .client_for("web:80")
        .expect("a service")
        .get("/")
        .send()
        .await
        .expect("an answer");
    let fresh = fresh.text().await.expect("a body");
    let (ours, theirs) = fresh.split_once(' ').expect("two ids");
    assert_eq!(ours, theirs, "a trace that begins in the mesh joins, too");
    assert_ne!(ours, root);
}

#[tokio::test]
async fn a_plain_hyper_service_is_served() {
    let network = MemoryNetwork::new();
    let hyper = hyper::service::service_fn(async |request: Request<Body>| {
        let echoed = request
            .into_body()
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes);
        Ok::<_, Infallible>(Response::new(Full::new(echoed.unwrap_or_default())))
    });
    let orders = Mesh::builder()
        .config(two_nodes())
        .virtual_node("orders")
        .network(&network);
    let orders = orders
        .bind(8080, "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let app = tower::service_fn(move |request| hyper::service::Service::call(&hyper, request));
    let server = orders.clone();
    let _serving = Abort(tokio::spawn(async move {
        server.serve_until(app, pending()).await
    }));

    let web = Mesh::builder()
        .config(two_nodes())
        .virtual_node("web")
        .network(&network);
    let web = web
        .bind(8080, "10.0.0.2:8080")
        .endpoint("orders", "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let client = web.client_for("orders.local").expect("a backend");
    let answer = client
        .post("/")
        .body(Bytes::from_static(b"echo"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "echo");
}

#[tokio::test]
async fn an_unknown_backend_is_refused_with_the_nearest_name() {
    let web = Mesh::builder()
        .config(two_nodes())
        .virtual_node("web")
        .network(&MemoryNetwork::new());
    let web = web
        .bind(8080, "10.0.0.2:8080")
        .endpoint("orders", "10.0.0.1:1")
        .start()
        .await
        .expect("the mesh starts");
    let error = web.client_for("orders.locl").expect_err("no such backend");
    assert_eq!(error.kind(), ErrorKind::NoRoute);
    assert!(
        error.to_string().contains("did you mean orders.local?"),
        "{error}"
    );
}
