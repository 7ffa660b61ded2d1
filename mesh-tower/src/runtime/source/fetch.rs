//! One conditional GET over a connection of its own, bounded in everything that the other side can size.

use std::{net::SocketAddr, pin::pin};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net;

use super::{
    LONGEST, SourceError,
    url::{Plain, Url},
};
use crate::connect::Connection;

/// What a URL answered.
#[derive(Debug)]
pub(super) enum Answer {
    NotModified,
    Document {
        text: String,
        etag: Option<HeaderValue>,
    },
}

pub(super) async fn fetch(url: &Url) -> Result<Answer, SourceError> {
    let io = TokioIo::new(connect(url).await?);
    let (mut send, connection) = http1::Builder::new()
        .max_buf_size(LONGEST_HEAD)
        .handshake(io)
        .await
        .map_err(SourceError::Http)?;
    let request = request(url)?;
    let mut answer = pin!(async {
        let response = send
            .send_request(request)
            .await
            .map_err(SourceError::Http)?;
        read(response).await
    });
    tokio::select! {
        answer = &mut answer => answer,
        // What was read before the connection ended, and why it did, comes out of the answer.
        _ = connection => answer.await,
    }
}

/// Connects to the first address of the host that takes it.
async fn connect(url: &Url) -> Result<Connection, SourceError> {
    let host = url.host();
    let resolved = net::lookup_host((host, url.port())).await;
    let addrs: Vec<_> = resolved
        .map_err(|source| SourceError::Resolve {
            host: host.to_owned(),
            source,
        })?
        .collect();
    let mut failed = SourceError::Connect(std::io::ErrorKind::AddrNotAvailable.into());
    for addr in addrs {
        may_be_asked(url, addr)?;
        match url.dial().dial(addr).await {
            Ok(connection) => return Ok(connection),
            Err(error) => failed = SourceError::Connect(error),
        }
    }
    Err(failed)
}

/// Whoever is between could write the configuration.
fn may_be_asked(url: &Url, addr: SocketAddr) -> Result<(), SourceError> {
    if url.plain == Plain::Anywhere || addr.ip().is_loopback() {
        return Ok(());
    }
    Err(SourceError::Refused(format!(
        "{host} is another machine ({ip}), and http:// is plain text that others can change on the way: put an agent on this \
         machine before it, or say .allow_plain_http()",
        host = url.host(),
        ip = addr.ip(),
    )))
}

fn request(url: &Url) -> Result<Request<Empty<Bytes>>, SourceError> {
    let path = url.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::get(path)
        .header(header::HOST, url.authority.as_str())
        .header(
            header::USER_AGENT,
            concat!("mesh-tower/", env!("CARGO_PKG_VERSION")),
        )
        .header(header::CONNECTION, "close");
    if let Some(etag) = url.etag() {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    let request = request.body(Empty::new());
    request.map_err(|error| SourceError::Refused(error.to_string()))
}

async fn read(response: Response<Incoming>) -> Result<Answer, SourceError> {
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED => return Ok(Answer::NotModified),
        status if status.is_redirection() => return Err(SourceError::Redirected(status)),
        status => return Err(SourceError::Status(status)),
    }
    let etag = response.headers().get(header::ETAG).cloned();
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    let bytes = body
        .map_err(|source| SourceError::Body {
            most: LONGEST,
            source,
        })?
        .to_bytes();
    let text = String::from_utf8(bytes.into()).map_err(SourceError::NotText)?;
    Ok(Answer::Document { text, etag })
}

/// For the head of an answer.
const LONGEST_HEAD: usize = 64 * 1024;
