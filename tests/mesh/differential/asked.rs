//! A case's request, sent through both, and what its caller was told.

use std::net::SocketAddr;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, Request, Response, Version, header::CONTENT_TYPE};
use http_body::{Body as HttpBody, Frame};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mesh_core::unit::Protocol;
use mesh_tower::{Body, Mesh};
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::{case::Case, config, difference};
use crate::support::BoxError;

/// What a caller was told.
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) headers: Vec<String>,
    /// With the trailers; `None` where it was cut.
    pub(super) body: Option<(String, Vec<String>)>,
}

pub(super) async fn through_envoy(envoy: SocketAddr, case: &Case, number: usize) -> Told {
    let stream = TcpStream::connect(envoy).await.expect("envoy accepts");
    let io = TokioIo::new(stream);
    let request = request(case, number);
    if request.version() == Version::HTTP_11 {
        let (mut send, driver) = http1::handshake(io).await.expect("a handshake");
        tokio::spawn(driver);
        told(send.send_request(request).await.expect("an answer")).await
    } else {
        let (mut send, driver) = http2::handshake(TokioExecutor::new(), io)
            .await
            .expect("a handshake");
        tokio::spawn(driver);
        told(send.send_request(request).await.expect("an answer")).await
    }
}

pub(super) async fn through_mesh(mesh: &Mesh, case: &Case, number: usize) -> Told {
    let proxy = mesh.client().as_proxy();
    // As from a stub: a stream that says nothing of its length.
    let request = request(case, number).map(|body| match case.body {
        0 => Body::empty(),
        _ => Body::new(body.map_frame(|frame| frame)),
    });
    let answer = proxy.oneshot(request).await;
    let mut told = told(answer.unwrap_or_else(|never| match never {})).await;
    // One of the differences.
    told.body = told
        .body
        .filter(|(_, trailers)| !difference::is_cut_in_trailers(trailers));
    told
}

pub(super) fn request(case: &Case, number: usize) -> Request<BoxBody<Bytes, BoxError>> {
    let (version, path) = match case.protocol {
        Protocol::Http => (Version::HTTP_11, format!("/case-{number}?b=c")),
        Protocol::Http2 => (Version::HTTP_2, format!("/case-{number}?b=c")),
        _ => (Version::HTTP_2, format!("/shop.Orders/case-{number}")),
    };
    let host = case.host.clone().unwrap_or_else(|| config::host(number));
    let uri = format!("http://{host}{path}");
    let mut request = Request::builder().method(&case.method).uri(match version {
        Version::HTTP_11 => path,
        _ => uri,
    });
    request = request.version(version);
    if version == Version::HTTP_11 {
        request = request.header("host", host);
    }
    if case.is_grpc() {
        request = request.header("te", "trailers");
        if case.headers.iter().all(|(name, _)| CONTENT_TYPE != *name) {
            request = request.header(CONTENT_TYPE, "application/grpc");
        }
    }
    for (name, value) in &case.headers {
        request = request.header(*name, value);
    }
    request.body(body(case)).expect("a request")
}

/// An empty gRPC message begins with five bytes of zero.
fn body(case: &Case) -> BoxBody<Bytes, BoxError> {
    let bytes = Bytes::from(vec![0; case.body]);
    if case.stalls {
        let begun = stream::iter([Ok(Frame::data(bytes))]);
        return BodyExt::boxed(StreamBody::new(begun.chain(stream::pending())));
    }
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

async fn told<B>(response: Response<B>) -> Told
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let (head, body) = response.into_parts();
    let body = body.collect().await.ok().map(|body| {
        let trailers = body.trailers().map(lines).unwrap_or_default();
        let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        (text, trailers)
    });
    Told {
        status: head.status.as_u16(),
        headers: lines(&head.headers),
        body,
    }
}

/// Sorted, and without those that are never written by ours or belong to one connection.
///
/// # Source
/// The design: `server` and `x-envoy-upstream-service-time` are never written.
fn lines(headers: &HeaderMap) -> Vec<String> {
    let own = [
        "server",
        "x-envoy-upstream-service-time",
        "date",
        "content-length",
        "transfer-encoding",
        "connection",
    ];
    let lines = headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()));
    let mut lines: Vec<_> = lines
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort();
    lines
}
