//! One connection: HTTP/1 or HTTP/2 as its first bytes say, until it closes, is drained, or stays silent.

use std::{
    future::pending,
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{sync::SetOnce, time};
use tower_service::Service;

use super::Accepted;
use crate::{
    body::{Body, BoxError},
    inbound::{self, InboundState, Phase},
};

/// Serves one connection to its end.
pub(super) async fn serve<S, B>(accepted: Accepted, app: S, state: InboundState)
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let Accepted { io, info } = accepted;
    let peer = info.peer_addr();
    let asked = Arc::new(Asked::default());
    let stack = inbound::stack(app, state.clone(), Some(info));
    let service = TowerToHyperService::new(OnConnection {
        inner: stack,
        asked: asked.clone(),
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(LONGEST_HEAD as usize);
    builder.http2().max_header_list_size(LONGEST_HEAD);
    let mut http = pin!(builder.serve_connection_with_upgrades(TokioIo::new(io), service));
    tokio::select! {
        ended = http.as_mut() => return report(peer, ended),
        () = asked_to_leave(&state, &asked) => {}
        () = asked.nothing_within(FIRST_REQUEST) => {}
    }
    http.as_mut().graceful_shutdown();
    tokio::select! {
        ended = http => report(peer, ended),
        () = asked.nothing_within(GOODBYE) => {}
    }
}

fn report(peer: SocketAddr, ended: Result<(), BoxError>) {
    if let Err(error) = ended {
        tracing::debug!(%peer, error, "a connection failed");
    }
}

/// Resolves when the mesh drains; for a connection that was just made a little later, because its request is on the way,
/// and so for one of HTTP/1: only an answer can say that it is the last one. HTTP/2 has frames for that, which lose nothing.
async fn asked_to_leave(state: &InboundState, asked: &Asked) {
    state.drain().reached(Phase::Draining).await;
    if asked.within(GOODBYE).await && asked.speaks_http1() {
        time::sleep(state.drain().grace()).await;
    }
}

/// Whether the connection has brought a request yet.
#[derive(Debug, Default)]
struct Asked(SetOnce<Version>);

impl Asked {
    fn now(&self, version: Version) {
        if !self.0.initialized() {
            // Of two streams that begin together either may be the first.
            let _ = self.0.set(version);
        }
    }

    fn speaks_http1(&self) -> bool {
        self.0
            .get()
            .is_some_and(|version| *version < Version::HTTP_2)
    }

    /// Waits for the first request, at most this long.
    async fn within(&self, limit: Duration) -> bool {
        time::timeout(limit, self.0.wait()).await.is_ok()
    }

    /// Resolves only if there still was no request after this time.
    async fn nothing_within(&self, limit: Duration) {
        if self.within(limit).await {
            pending::<()>().await;
        }
    }
}

/// The inbound stack, on a connection that notes when its first request came.
#[derive(Clone)]
struct OnConnection<S> {
    inner: S,
    asked: Arc<Asked>,
}

impl<S: Service<Request<Body>>> Service<Request<Incoming>> for OnConnection<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Incoming>) -> S::Future {
        self.asked.now(request.version());
        self.inner.call(request.map(Body::incoming))
    }
}

/// How long a connection may be open without bringing a whole request head.
const FIRST_REQUEST: Duration = Duration::from_secs(30);

/// How long such a one then has to close, and how long a draining mesh still waits for the request.
const GOODBYE: Duration = Duration::from_secs(1);

/// How many bytes a request's head may have; a longer one is answered 431.
///
/// # Source
/// Envoy's `max_request_headers_kb`. Of its limit on their number, 100, the HTTP library has the same.
const LONGEST_HEAD: u32 = 60 * 1024;
