//! tower-http's layers, outside of ours and inside of them, on both sides.

use std::time::Duration;

use axum::{
    Router,
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use mesh_core::unit::Protocol;
use mesh_tower::{Body, Client};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_http::{
    compression::CompressionLayer,
    cors::CorsLayer,
    decompression::DecompressionLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    sensitive_headers::SetSensitiveHeadersLayer,
    set_header::SetRequestHeaderLayer,
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

use super::{Pair, soon};

const ID: HeaderName = HeaderName::from_static("x-request-id");
const LIMIT: usize = 1024;

/// Text that is worth compressing.
fn page() -> String {
    "all the same ".repeat(1000)
}

fn app() -> Router {
    let shows = async |request: Request<axum::body::Body>| {
        let headers = request.headers();
        let id = headers[&ID].to_str().expect("text").to_owned();
        let secret = headers.get(header::AUTHORIZATION);
        let secret = secret.is_some_and(HeaderValue::is_sensitive);
        format!("{id} {secret}")
    };
    let never = get(async || std::future::pending::<()>().await);
    let briefly =
        TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_millis(20));
    Router::new()
        .route("/", get(shows))
        .route("/page", get(async || page()))
        .route("/never", never.layer(briefly))
        .route("/length", post(async |body: Bytes| body.len().to_string()))
}

/// The application among the layers that servers usually have.
fn layered() -> Router {
    let layers = ServiceBuilder::new()
        .layer(SetSensitiveHeadersLayer::new([header::AUTHORIZATION]))
        .layer(SetRequestIdLayer::new(ID, MakeRequestUuid))
        .layer(TraceLayer::new_for_http())
        .layer(PropagateRequestIdLayer::new(ID))
        .layer(CorsLayer::permissive())
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_secs(20),
        ))
        .layer(RequestBodyLimitLayer::new(LIMIT));
    app().layer(layers)
}

/// The client among the layers that clients usually have.
fn calling(
    client: Client,
) -> impl Service<
    Request<Body>,
    Response = http::Response<impl http_body::Body<Data = Bytes, Error: std::fmt::Debug>>,
    Error: std::fmt::Debug,
    Future: Send,
> + Clone {
    ServiceBuilder::new()
        .layer(SetSensitiveHeadersLayer::new([header::AUTHORIZATION]))
        .layer(SetRequestHeaderLayer::overriding(
            header::AUTHORIZATION,
            HeaderValue::from_static("Bearer secret"),
        ))
        .layer(TraceLayer::new_for_http())
        .layer(DecompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(20),
        ))
        .service(client)
}

fn request(method: Method, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path)
}

async fn told(
    client: &Client,
    request: http::request::Builder,
    body: Body,
) -> (StatusCode, http::HeaderMap, Bytes) {
    let request = request.body(body).expect("a request");
    let answer = soon(calling(client.clone()).oneshot(request)).await;
    let (head, body) = answer.expect("an answer").into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (head.status, head.headers, body)
}

#[tokio::test]
async fn the_usual_layers_of_servers_and_clients_do_their_work_around_ours() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let pair = Pair::start(layered(), protocol).await;
        let asked = request(Method::GET, "/").header(ID, "mine");
        let (_, headers, body) = told(&pair.client, asked, Body::empty()).await;
        assert_eq!(headers[&ID], "mine", "{protocol}");
        assert_eq!(body, "mine true", "the secret is marked on arrival");

        let asked = request(Method::GET, "/page");
        let (_, headers, body) = told(&pair.client, asked, Body::empty()).await;
        assert_eq!(body, page(), "unpacked again");
        assert!(!headers.contains_key(header::CONTENT_ENCODING));
        let packed = pair.client.get("/page").header("accept-encoding", "gzip");
        let packed = packed.send().await.expect("an answer");
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        assert!(packed.bytes().await.expect("a body").len() < page().len() / 10);

        let (status, ..) = told(&pair.client, request(Method::GET, "/never"), Body::empty()).await;
        assert_eq!(
            status,
            StatusCode::SERVICE_UNAVAILABLE,
            "the server's limit"
        );
        pair.idle().await;
    }
}

#[tokio::test]
async fn a_limit_on_bodies_and_cross_origin_requests_pass_through_the_mesh() {
    let pair = Pair::start(layered(), Protocol::Http).await;
    for (length, status) in [
        (LIMIT, StatusCode::OK),
        (LIMIT + 1, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let body = Body::from(vec![b'x'; length]);
        let (found, ..) = told(&pair.client, request(Method::POST, "/length"), body).await;
        assert_eq!(found, status, "{length}");
    }
    let preflight = request(Method::OPTIONS, "/length")
        .header(header::ORIGIN, "http://shop.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
    let (status, headers, _) = told(&pair.client, preflight, Body::empty()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
}

#[tokio::test]
async fn what_the_mesh_adds_does_not_replace_what_layers_around_it_say() {
    // The request id that a layer makes outside of the client is the one that everybody sees.
    let pair = Pair::start(layered(), Protocol::Http).await;
    let client = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(ID, MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(ID))
        .service(pair.client.clone());
    let asked = request(Method::GET, "/")
        .body(Body::empty())
        .expect("a request");
    let answer = client.oneshot(asked).await;
    let (head, body) = answer.expect("an answer").into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let id = head.headers[&ID].to_str().expect("text");
    assert_eq!(body, format!("{id} false"));
}
