//! Three nodes on one network: `outside` only passes trace headers on; `web`, which it calls, and `orders`, which `web`
//! calls, record.

use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::stream;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use mesh_core::{
    config::{
        HttpRetryEvent, Mesh as Model, RetryPolicy, Route, VirtualNode, VirtualRouter,
        VirtualService,
    },
    unit::Protocol,
};
use mesh_tower::{Body, Client, Mesh, MeshBuilder, XRay, test_util::MemoryNetwork};
use serde_json::Value;
use tokio::time;
use tower::service_fn;

use super::daemon::Daemon;
use crate::support::{Abort, PeerBody, half_and, status, text};

pub(super) const TRACE: &str = "x-amzn-trace-id";
pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) struct Shop {
    pub(super) web: Mesh,
    pub(super) orders: Mesh,
    outside: Mesh,
    daemon: Daemon,
    _serving: [Abort; 2],
}

/// Which documents came, by the node that sent them.
pub(super) struct Documents {
    pub(super) web: Vec<Value>,
    pub(super) orders: Vec<Value>,
}

impl Shop {
    /// With these samplers; who sends to a daemon of its own is told so by `xray`.
    pub(super) async fn open(xray: impl Fn(XRay) -> XRay) -> Self {
        let daemon = Daemon::start();
        Self::with(daemon, |builder, addr| {
            builder.xray(xray(XRay::daemon(addr)))
        })
        .await
    }

    /// Where nobody records.
    pub(super) async fn without_traces() -> Self {
        Self::with(Daemon::start(), |builder, _| builder).await
    }

    async fn with(daemon: Daemon, traced: impl Fn(MeshBuilder, &str) -> MeshBuilder) -> Self {
        let (network, model, addr) = (MemoryNetwork::new(), model(), daemon.addr());
        let node = |name: &str, seed| {
            Mesh::builder()
                .config(model.clone())
                .virtual_node(name)
                .network(&network)
                .seed(seed)
        };
        let orders = traced(node("orders", 3), &addr).bind(8080, "10.0.0.2:8080");
        let orders = orders.start().await.expect("the mesh starts");
        let web = traced(node("web", 2), &addr).bind(8080, "10.0.0.1:8080");
        let web = web
            .endpoint("orders", "10.0.0.2:8080")
            .endpoint("gone", "10.0.0.9:8080")
            .discover("none", stream::iter([vec![]]));
        let web = web.start().await.expect("the mesh starts");
        let outside = node("outside", 1).endpoint("web", "10.0.0.1:8080");
        let serving = [serving(&orders, &web, false), serving(&web, &web, true)];
        Self {
            outside: outside.start().await.expect("the mesh starts"),
            web,
            orders,
            daemon,
            _serving: serving,
        }
    }

    /// Sends a request to `web` and reads the answer: its status, its trace header and its text.
    pub(super) async fn ask(
        &self,
        request: http::request::Builder,
    ) -> (StatusCode, Option<String>, String) {
        let request = request.body(Body::empty()).expect("a request");
        let client = self.outside.client_for("web.local").expect("a backend");
        let answer = client.send(request).await.expect("an answer");
        let told = answer
            .headers()
            .get(TRACE)
            .and_then(|value| value.to_str().ok());
        let (status, told) = (answer.status(), told.map(ToOwned::to_owned));
        let body = answer
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        (status, told, String::from_utf8_lossy(&body).into_owned())
    }

    pub(super) async fn get(&self, path: &str) -> StatusCode {
        self.ask(Request::get(path)).await.0
    }

    /// The documents of everything that has ended.
    pub(super) async fn documents(&self) -> Documents {
        time::sleep(Duration::from_millis(1)).await;
        self.web.flush().await;
        self.orders.flush().await;
        // Each sends by itself as well, so that they are told apart by what they say and not by when they came.
        let documents = self.daemon.documents().into_iter();
        let (orders, web) = documents
            .partition(|document| document["aws"]["app_mesh"]["virtual_node_name"] == "orders");
        Documents { web, orders }
    }
}

fn model() -> Model {
    let node = |name: &str| {
        VirtualNode::builder(name)
            .listener(8080, Protocol::Http)
            .dns(name)
    };
    let policy = RetryPolicy::new(1, 5 * SECOND);
    let to = |name: &str| Route::http(name).target("orders", 1);
    let router = VirtualRouter::builder("orders")
        .listener(8080, Protocol::Http)
        .route(
            to("once")
                .prefix("/")
                .retry(policy.clone().on(HttpRetryEvent::ClientError)),
        )
        .route(to("limited").prefix("/limited").timeout(SECOND))
        .route(
            to("again")
                .prefix("/again")
                .retry(policy.clone().on(HttpRetryEvent::ServerError)),
        );
    let web = VirtualRouter::builder("web")
        .listener(8080, Protocol::Http)
        .route(
            Route::http("once")
                .prefix("/")
                .target("web", 1)
                .retry(policy.on(HttpRetryEvent::ClientError)),
        );
    let services = ["none", "gone"]
        .map(|name| VirtualService::builder(format!("{name}.local")).virtual_node(name));
    let model = Model::builder("shop")
        .virtual_node(node("outside").backend("web.local"))
        .virtual_node(
            node("web")
                .backend("orders.local")
                .backend("none.local")
                .backend("gone.local"),
        )
        .virtual_node(node("orders"))
        .virtual_node(node("none"))
        .virtual_node(node("gone"))
        .virtual_router(router)
        .virtual_router(web)
        .virtual_service(VirtualService::builder("web.local").virtual_router("web"))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"));
    let model = services
        .into_iter()
        .fold(model, |model, service| model.virtual_service(service));
    model.build().expect("the model is valid")
}

fn serving(mesh: &Mesh, web: &Mesh, calls: bool) -> Abort {
    let (server, caller) = (mesh.clone(), web.clone());
    let failed_once = Arc::new(AtomicBool::new(false));
    let app = service_fn(move |request: Request<Body>| {
        let (caller, failed_once) = (caller.clone(), failed_once.clone());
        async move {
            Ok::<_, Infallible>(match calls {
                true => call(request, &caller).await,
                false => answer(request, &failed_once).await,
            })
        }
    });
    Abort(tokio::spawn(async move {
        server.serve_until(app, pending()).await
    }))
}

/// `web`: hands most requests on to `orders` and passes the answer back.
async fn call(request: Request<Body>, web: &Mesh) -> Response<PeerBody> {
    let orders = web.client_for("orders.local").expect("a backend");
    let mut onward = Request::get(request.uri().path())
        .body(Body::empty())
        .expect("a request");
    if let Some(kind) = request.headers().get(header::CONTENT_TYPE) {
        onward
            .headers_mut()
            .insert(header::CONTENT_TYPE, kind.clone());
    }
    match request.uri().path() {
        "/alone" => text("alone"),
        "/nowhere" => {
            let refused = web.client().get("http://none.local/").send().await;
            text(refused.expect_err("it has no endpoint").to_string())
        }
        "/twelve" => {
            for _ in 0..12 {
                drop(send(orders.clone(), Request::new(Body::empty())).await);
            }
            text("twelve")
        }
        "/later" => {
            web.spawn(async move { drop(send(orders, onward).await) });
            status(StatusCode::ACCEPTED)
        }
        _ => send(orders, onward).await,
    }
}

async fn send(orders: Client, request: Request<Body>) -> Response<PeerBody> {
    let Ok(answer) = orders.send(request).await else {
        return status(StatusCode::BAD_GATEWAY);
    };
    let (head, body) = answer.into_parts();
    let Ok(body) = body.collect().await else {
        return status(StatusCode::BAD_GATEWAY);
    };
    let mut response = text(body.to_bytes());
    *response.status_mut() = head.status;
    response
}

/// `orders`: what it does is said by the last part of the path.
async fn answer(request: Request<Body>, failed_once: &AtomicBool) -> Response<PeerBody> {
    let path = request.uri().path();
    match path.rsplit('/').next().unwrap_or_default() {
        "never" => pending().await,
        "later" => {
            time::sleep(SECOND).await;
            text("late")
        }
        "flaky" if !failed_once.swap(true, Ordering::SeqCst) => {
            status(StatusCode::SERVICE_UNAVAILABLE)
        }
        "broken" => half_and(async { Err("the disk is gone".into()) }),
        "header" => {
            let header = request.headers().get(TRACE).map(HeaderValue::as_bytes);
            text(header.unwrap_or_default().to_vec())
        }
        code => match (
            code.parse().map(StatusCode::from_u16),
            code.strip_prefix("grpc-"),
        ) {
            (Ok(Ok(code)), _) => status(code),
            (_, Some(code)) => {
                let mut response = text("");
                let code = HeaderValue::from_str(code).expect("a number");
                response.headers_mut().insert("grpc-status", code);
                response
            }
            _ => text("hello"),
        },
    }
}
