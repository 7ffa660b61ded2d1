//! Two nodes with an access log each, and an application that can end a request in every way.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::stream;
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request::Builder};
use http_body_util::BodyExt;
use hyper::upgrade;
use hyper_util::rt::TokioIo;
use mesh_core::{
    Defaults,
    config::{
        HttpRetryEvent, Listener, Mesh as Model, RetryPolicy, Route, RouteBuilder, Timeout,
        VirtualNode, VirtualRouter, VirtualRouterBuilder, VirtualService,
    },
    unit::Protocol,
};
use mesh_tower::{Body, Client, Mesh, test_util::MemoryNetwork};
use tokio::time;
use tower::service_fn;

use crate::support::{Abort, BoxError, Log, PeerBody, half_and, status, text};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// `web` calls `orders`; time is paused, so that the lines show exact durations.
pub(super) struct Shop {
    pub(super) web: Mesh,
    pub(super) orders: Mesh,
    web_log: Log,
    orders_log: Log,
    _serving: Abort,
    _silent: Mesh,
}

impl Shop {
    pub(super) async fn open(protocol: Protocol) -> Self {
        let (network, model) = (MemoryNetwork::new(), model(protocol));
        let node = |name: &str| {
            Mesh::builder()
                .config(model.clone())
                .virtual_node(name)
                .network(&network)
                .defaults(Defaults::AppMesh)
                .seed(7)
        };
        let (web_log, orders_log) = (Log::default(), Log::default());
        let orders = node("orders")
            .bind(8080, "10.0.0.1:8080")
            .access_log(orders_log.clone());
        let orders = orders.start().await.expect("the mesh starts");
        let server = orders.clone();
        let failed_once = Arc::new(AtomicBool::new(false));
        let app = service_fn(move |request| answer(request, failed_once.clone()));
        let serving = Abort(tokio::spawn(async move {
            server.serve_until(app, pending()).await
        }));
        // Bound and never served: a connection is made, but HTTP/2 does not begin on it.
        let silent = node("silent").bind(8080, "10.0.0.2:8080").start().await;
        let web = node("web")
            .endpoint("orders", "10.0.0.1:8080")
            .endpoint("silent", "10.0.0.2:8080")
            .endpoint("gone", "10.0.0.9:8080")
            .discover("none", stream::iter([vec![]]))
            .max_waiting(1)
            .access_log(web_log.clone());
        Self {
            web: web.start().await.expect("the mesh starts"),
            orders,
            web_log,
            orders_log,
            _serving: serving,
            _silent: silent.expect("the mesh starts"),
        }
    }

    pub(super) fn client(&self) -> Client {
        self.web.client_for("orders.local").expect("a backend")
    }

    /// Sends a request and reads its response, however far that goes.
    pub(super) async fn ask(&self, uri: &str) {
        self.send(Request::get(uri)).await;
    }

    pub(super) async fn send(&self, request: Builder) {
        self.send_body(request.body(Body::empty()).expect("a request"))
            .await;
    }

    pub(super) async fn send_body(&self, request: Request<Body>) {
        if let Ok(response) = self.client().send(request).await {
            // How it ended is the log's to say.
            let _ = response.into_body().collect().await;
        }
    }

    /// The lines of both nodes once everything has come to rest: of what was sent, of what was answered.
    pub(super) async fn lines(&self) -> (Vec<String>, Vec<String>) {
        time::sleep(Duration::from_millis(1)).await;
        let sent = self.web_log.lines(&self.web).await;
        (sent, self.orders_log.lines(&self.orders).await)
    }
}

fn model(protocol: Protocol) -> Model {
    let listener = |name: &str, protocol| {
        let limit = Timeout::new().per_request(5 * SECOND);
        VirtualNode::builder(name)
            .listener_with(Listener::builder(8080, protocol).timeout(limit))
            .dns(name)
    };
    let nodes = [
        ("orders", protocol),
        ("none", Protocol::Http),
        ("gone", Protocol::Http),
        ("silent", Protocol::Http2),
    ];
    let web = nodes
        .iter()
        .fold(VirtualNode::builder("web"), |web, (name, _)| {
            web.backend(format!("{name}.local"))
        });
    let model = Model::builder("shop").virtual_node(web);
    let model = nodes.into_iter().fold(model, |model, (name, protocol)| {
        let service = VirtualService::builder(format!("{name}.local"));
        model
            .virtual_node(listener(name, protocol))
            .virtual_router(router(name, protocol))
            .virtual_service(service.virtual_router(name))
    });
    model.build().expect("the model is valid")
}

/// By the path: what is limited, what is tried within a limit, what is tried again, and what is none of these.
fn router(node: &str, protocol: Protocol) -> VirtualRouterBuilder {
    let policy = |retries, event| RetryPolicy::new(retries, SECOND).on(event);
    let untried = RetryPolicy::new(1, 60 * SECOND).on(HttpRetryEvent::ClientError);
    let to = |name: &str| -> RouteBuilder {
        let route = match protocol {
            Protocol::Http2 => Route::http2(name),
            _ => Route::http(name),
        };
        route.target(node, 1)
    };
    VirtualRouter::builder(node)
        .listener(8080, protocol)
        .route(to("all").prefix("/").retry(untried.clone()))
        .route(
            to("limited")
                .prefix("/limited")
                .retry(untried)
                .timeout(SECOND),
        )
        .route(
            to("tried")
                .prefix("/tried")
                .retry(policy(1, HttpRetryEvent::ClientError)),
        )
        .route(
            to("again")
                .prefix("/again")
                .retry(policy(2, HttpRetryEvent::ServerError)),
        )
}

/// The application: what it does is said by the last part of the path.
async fn answer(
    request: Request<Body>,
    failed_once: Arc<AtomicBool>,
) -> Result<Response<PeerBody>, BoxError> {
    let path = request.uri().path().to_owned();
    Ok(match path.rsplit('/').next().unwrap_or_default() {
        _ if request.method() == Method::CONNECT => tunnel(request, StatusCode::OK),
        "never" => pending().await,
        "error" => return Err("the application gave up".into()),
        "down" => status(StatusCode::SERVICE_UNAVAILABLE),
        "flaky" if !failed_once.swap(true, Ordering::SeqCst) => {
            status(StatusCode::SERVICE_UNAVAILABLE)
        }
        "flaky-echo" => {
            let body = request.into_body().collect().await?.to_bytes();
            match failed_once.swap(true, Ordering::SeqCst) {
                true => text(body),
                false => status(StatusCode::SERVICE_UNAVAILABLE),
            }
        }
        "empty" => status(StatusCode::NO_CONTENT),
        "half" => half_and(pending()),
        "broken" => half_and(async { Err("the disk is gone".into()) }),
        "echo" => text(request.into_body().collect().await?.to_bytes()),
        "tunnel" => tunnel(request, StatusCode::SWITCHING_PROTOCOLS),
        // As long as the answer to a GET is.
        _ if request.method() == Method::HEAD => with_length(text(""), "5"),
        _ => text("hello"),
    })
}

fn with_length(mut response: Response<PeerBody>, length: &'static str) -> Response<PeerBody> {
    let length = HeaderValue::from_static(length);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length);
    response
}

/// Agrees to become something else than HTTP, and echoes then.
pub(super) fn tunnel(mut request: Request<Body>, agreed: StatusCode) -> Response<PeerBody> {
    let upgrading = upgrade::on(&mut request);
    tokio::spawn(async move {
        let io = TokioIo::new(upgrading.await.expect("an upgrade"));
        let (mut read, mut write) = tokio::io::split(io);
        // Until the caller is gone.
        let _ = tokio::io::copy(&mut read, &mut write).await;
    });
    let mut response = status(agreed);
    if agreed == StatusCode::SWITCHING_PROTOCOLS {
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("echo"));
    }
    response
}
