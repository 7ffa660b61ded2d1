//! What one puts together from tower and tower-http where there is no mesh: trace, time limit, concurrency limit, retries, balance.

use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::{body::Incoming, client::conn::http1::SendRequest};
use tower::{
    BoxError, Service, ServiceBuilder,
    balance::p2c::Balance,
    discover::ServiceList,
    load::{CompleteOnResponse, PendingRequests},
    retry::RetryLayer,
    util::BoxCloneSyncService,
};
use tower_http::{
    classify::{NeverClassifyEos, ServerErrorsFailureClass},
    trace::{ResponseBody, TraceLayer},
};

use crate::{Error, bare, retry::Retries};

/// The service, in the box without which nobody can name it.
pub type Composed =
    BoxCloneSyncService<Request<Empty<Bytes>>, Response<Traced<Incoming>>, BoxError>;

type Traced<B> = ResponseBody<B, NeverClassifyEos<ServerErrorsFailureClass>>;

/// Composes it around one connection to each of these addresses.
///
/// `Retry` has to clone what it stands around, which `Balance` cannot be, so a `Buffer` and its task come between the two.
///
/// # Errors
/// Nobody listens there.
pub async fn compose(addrs: &[SocketAddr]) -> Result<Composed, Error> {
    let mut connections = Vec::new();
    for addr in addrs {
        let connection = Connection(bare::connect(*addr).await?);
        let counted = PendingRequests::new(connection, CompleteOnResponse::default());
        connections.push(counted);
    }
    let balance = Balance::new(ServiceList::new::<Request<Empty<Bytes>>>(connections));
    let service = ServiceBuilder::new()
        .layer(TraceLayer::new_for_http())
        .timeout(Duration::from_secs(15))
        .concurrency_limit(1_024)
        .layer(RetryLayer::new(Retries::new(2)))
        .buffer(1_024)
        .service(balance);
    Ok(BoxCloneSyncService::new(service))
}

/// hyper's connection as a service.
struct Connection(SendRequest<Empty<Bytes>>);

impl Service<Request<Empty<Bytes>>> for Connection {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}
