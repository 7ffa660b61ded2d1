//! One connection: HTTP/1 or HTTP/2 as its first bytes say, until it closes, is drained, or stays silent.

use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::time;
use tower_service::Service;

use super::{
    Accepted,
    head::{self, Asked, SlowHead},
    seldom::Seldom,
};
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
    let asked = Arc::new(Asked::new(info.held.clone()));
    let service = TowerToHyperService::new(OnConnection {
        inner: inbound::stack(app, state.clone(), Some(info.clone())),
        asked: asked.clone(),
    });
    let builder = http();
    let mut http = pin!(builder.serve_connection_with_upgrades(TokioIo::new(io), service));
    let mut over = pin!(Seldom::new(is_over(&state, &asked)));
    let mut slow = SlowHead::new(info, asked.clone());
    let spoken = poll_fn(|cx| match http.as_mut().poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if slow.poll(cx).is_ready() => Poll::Ready(None),
        Poll::Pending => over.as_mut().poll(cx).map(|()| None),
    });
    if let Some(ended) = spoken.await {
        return report(peer, ended);
    }
    // Of HTTP/1 that closes what has no request, and lets the last one come to its end.
    http.as_mut().graceful_shutdown();
    tokio::select! {
        ended = http => report(peer, ended),
        () = asked.nothing_within(GOODBYE) => {}
        () = state.drain().reached(Phase::Stopped) => {}
    }
}

fn http() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(LONGEST_HEAD as usize);
    builder
        .http2()
        .max_header_list_size(LONGEST_HEAD)
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(SILENCE))
        .keep_alive_timeout(PONG);
    builder
}

/// Resolves when the connection is to take no more requests.
async fn is_over(state: &InboundState, asked: &Asked) {
    tokio::select! {
        () = asked_to_leave(state, asked) => {}
        () = asked.nothing_within(head::LONGEST) => {}
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

/// The inbound stack, on a connection that notes when its requests came.
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

/// How long a connection that has brought no request has to close, and how long a draining mesh still waits for the request.
const GOODBYE: Duration = Duration::from_secs(1);

/// After how long a silence an HTTP/2 peer is asked by a ping whether it is still there,
const SILENCE: Duration = Duration::from_secs(60);

/// and how long it has to answer.
const PONG: Duration = Duration::from_secs(20);

/// How many bytes a request's head may have; a longer one is answered 431.
///
/// # Source
/// Envoy's `max_request_headers_kb`. Of its limit on their number, 100, the HTTP library has the same.
const LONGEST_HEAD: u32 = 60 * 1024;
