//! The two services with nothing between them: hyper at both ends, one connection kept open, over HTTP/1.1 or HTTP/2.

use std::{convert::Infallible, future::Future, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Empty, Full};
use hyper::{
    body::Incoming,
    client::conn::{
        http1::{SendRequest, handshake},
        http2,
    },
    server::conn,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    net::{TcpListener, TcpStream},
};

use crate::Error;

/// What the called service answers, in every arrangement.
pub const ANSWER: Bytes = Bytes::from_static(b"hello, here is the called service");

/// Serves on a free port of loopback for as long as the runtime lives.
///
/// # Errors
/// The port cannot be bound.
pub async fn serve() -> Result<SocketAddr, Error> {
    accept(serve_connection).await
}

/// Serves over HTTP/2, on a free port of loopback for as long as the runtime lives.
///
/// # Errors
/// The port cannot be bound.
pub async fn serve_http2() -> Result<SocketAddr, Error> {
    accept(|stream| async {
        // As below.
        let _ = conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service_fn(answer))
            .await;
    })
    .await
}

async fn accept<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Result<SocketAddr, Error>
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if stream.set_nodelay(true).is_ok() {
                tokio::spawn(serve(stream));
            }
        }
    });
    Ok(addr)
}

/// A connection to this address that stays open.
///
/// # Errors
/// Nobody listens there.
pub async fn connect(addr: SocketAddr) -> Result<SendRequest<Empty<Bytes>>, Error> {
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    open(stream).await
}

/// A connection over HTTP/2 to this address that stays open.
///
/// # Errors
/// Nobody listens there.
pub async fn connect_http2(addr: SocketAddr) -> Result<http2::SendRequest<Empty<Bytes>>, Error> {
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Both services over one connection inside the process, which no kernel can disturb.
///
/// # Errors
/// The connection cannot be opened.
pub async fn in_memory() -> Result<SendRequest<Empty<Bytes>>, Error> {
    let (near, far): (DuplexStream, _) = tokio::io::duplex(BUFFER);
    tokio::spawn(serve_connection(far));
    open(near).await
}

async fn serve_connection(io: impl AsyncRead + AsyncWrite + Unpin) {
    // A caller that went away is how every connection of a bench ends.
    let _ = conn::http1::Builder::new()
        .serve_connection(TokioIo::new(io), service_fn(answer))
        .await;
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(ANSWER)))
}

async fn open(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Empty<Bytes>>, Error> {
    let (sender, connection) = handshake(TokioIo::new(io)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

const BUFFER: usize = 64 * 1024;
