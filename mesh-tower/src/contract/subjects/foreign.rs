//! Ours among the layers and servers of others.

use std::{convert::Infallible, time::Duration};

use axum::Router;
use bytes::Bytes;
use http::{HeaderName, Request, StatusCode, header};
use http_body::Body as HttpBody;
use http_body_util::{BodyExt as _, combinators::UnsyncBoxBody};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::DuplexStream;
use tonic::{service::Routes, transport::Server};
use tower::{ServiceBuilder, service_fn, util::BoxCloneSyncService};
use tower_http::{
    ServiceBuilderExt as _, compression::CompressionLayer, limit::RequestBodyLimitLayer,
    sensitive_headers::SetSensitiveHeadersLayer, timeout::TimeoutLayer, trace::TraceLayer,
};

use super::{
    clients,
    inbound::{state, strict, unready},
};
use crate::{
    body::{Body, BoxError},
    contract::{
        case::Case,
        mock::{Strict, app},
        script::{Part, Script},
    },
    inbound::{InboundLayer, InboundState},
};

/// Layers of tower-http around the inbound layer, and inside of it.
pub(in crate::contract) async fn inbound_among_tower_http() -> Case {
    let (state, script) = (state(), Script::new());
    let service = ServiceBuilder::new()
        .layer(SetSensitiveHeadersLayer::new(SECRETS))
        .layer(TraceLayer::new_for_http())
        .layer(CompressionLayer::new())
        .map_response_body(boxed)
        .layer(TimeoutLayer::with_status_code(LATE, LIMIT))
        .map_response_body(boxed)
        .layer(InboundLayer::new(state.clone()))
        .layer(RequestBodyLimitLayer::new(1024))
        .layer(CompressionLayer::new())
        .map_response_body(boxed)
        .layer(TimeoutLayer::with_status_code(LATE, LIMIT))
        .map_response_body(boxed)
        .layer(TraceLayer::new_for_http())
        .map_response_body(boxed)
        .service(strict!(script));
    counting(Case::new(service, script), &state)
}

/// Layers of tower-http around the client. Inside of it there is no place for them: its rooms speak to each other in types of
/// their own.
pub(in crate::contract) async fn client_in_tower_http() -> Case {
    let (mesh, script) = clients::calling().await;
    let service = ServiceBuilder::new()
        .layer(SetSensitiveHeadersLayer::new(SECRETS))
        .layer(TraceLayer::new_for_http())
        .layer(TimeoutLayer::with_status_code(LATE, LIMIT))
        .layer(RequestBodyLimitLayer::new(1024))
        .service(mesh.client());
    clients::counting(Case::new(service, script), &mesh)
}

/// The inbound layer in `Router::layer`, which makes one service of it for each route.
pub(in crate::contract) async fn inbound_in_axum() -> Case {
    let (state, script) = (state(), Script::new());
    let router = Router::new()
        .route_service("/", infallible(&script))
        .fallback_service(infallible(&script))
        .layer(InboundLayer::new(state.clone()));
    counting(Case::new(in_axum(router), script), &state)
}

/// A router whose only handler is the client, as a sidecar of one's own would be written.
pub(in crate::contract) async fn proxy_in_axum() -> Case {
    let (mesh, script) = clients::calling().await;
    let router = Router::new().fallback_service(mesh.client().as_proxy());
    clients::counting(Case::new(in_axum(router), script), &mesh)
}

/// The inbound layer in tonic's server, called over real HTTP/2.
pub(in crate::contract) async fn inbound_in_tonic() -> Case {
    let (state, script) = (state(), Script::new());
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let routes = Routes::from(Router::new().fallback_service(infallible(&script)));
    let mut server = Server::builder().layer(InboundLayer::new(state.clone()));
    tokio::spawn(async move {
        let incoming = tokio_stream::once(Ok::<DuplexStream, BoxError>(theirs));
        server
            .add_routes(routes)
            .serve_with_incoming(incoming)
            .await
    });
    let (send, http) = http2::handshake(TokioExecutor::new(), TokioIo::new(ours))
        .await
        .expect("a handshake");
    tokio::spawn(http);
    let service = service_fn(move |request: Request<Body>| send.clone().send_request(request));
    counting(Case::new(service, script), &state).over_http2()
}

fn counting(case: Case, state: &InboundState) -> Case {
    let state = state.clone();
    case.recording()
        .counting("requests open", move || state.open().count())
}

/// A router takes requests with axum's body.
fn in_axum(
    router: Router,
) -> impl tower_service::Service<
    Request<Body>,
    Response = axum::response::Response,
    Error = Infallible,
    Future = impl Send,
> + Clone
+ Send
+ 'static {
    tower::ServiceExt::<Request<axum::body::Body>>::map_request(router, |request: Request<Body>| {
        request.map(axum::body::Body::new)
    })
}

/// axum takes services only that cannot fail.
fn infallible(
    script: &Script,
) -> BoxCloneSyncService<Request<axum::body::Body>, http::Response<Part>, Infallible> {
    let (script, playing) = (script, script.clone());
    let answer = move |request| {
        let answer = app(playing.clone(), request);
        async {
            let failed = |_| {
                let mut response = http::Response::new(Part::nothing());
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            };
            Ok::<_, Infallible>(answer.await.unwrap_or_else(failed))
        }
    };
    let never = || unreachable!("axum asks for readiness in the call");
    BoxCloneSyncService::new(Strict::new(script, never, answer))
}

fn boxed<B>(body: B) -> UnsyncBoxBody<Bytes, BoxError>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed_unsync()
}

const SECRETS: [HeaderName; 1] = [header::AUTHORIZATION];
const LATE: StatusCode = StatusCode::GATEWAY_TIMEOUT;

/// Longer than any test, so that it waits and does not pass.
const LIMIT: Duration = Duration::from_secs(60);
