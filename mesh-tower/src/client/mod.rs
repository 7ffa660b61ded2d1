//! The client: what a service calls others with.

mod future;
mod origin;
mod proxy;
mod request;
mod response;

use std::{
    fmt,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body as HttpBody;
use tower_service::Service;

pub(crate) use self::origin::Origin;
pub use self::{
    future::ResponseFuture,
    proxy::{AsProxy, ProxyFuture},
    request::RequestBuilder,
    response::ClientResponse,
};
use crate::{
    body::{Body, BoxError},
    error::Error,
    mesh::Handle,
    observe::Asked,
    response_body::ResponseBody,
    stack::Outbound,
};

/// Sends requests through the mesh: routed, retried, limited and observed as its configuration says.
///
/// Cheap to clone; keeps the mesh running. Made by [`Mesh::client`](crate::Mesh::client), or with an origin by
/// [`Mesh::client_for`](crate::Mesh::client_for), so that requests need only name a path.
///
/// It is a [`Service`] for requests with any body, always ready: which target a request waits for is known only when it is
/// sent, so a request that has to wait does so in its future, and no more than a bounded number of them per target.
///
/// # Errors
/// An [`Error`] says what kept a request from being answered. A gRPC request is answered instead, with a response that has
/// only trailers: a gRPC client would make an `Unknown` of any error that is not its own.
///
/// # Examples
/// ```no_run
/// # async fn example(mesh: mesh_tower::Mesh) -> Result<(), mesh_tower::Error> {
/// let orders = mesh.client_for("orders.shop.local:8080")?;
/// let list = orders.get("/orders?open=1").send().await?.error_for_status()?.text().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    stack: Outbound,
    origin: Option<Origin>,
    // Held so that the mesh goes on as long as somebody can send through it.
    _handle: Handle,
}

impl Client {
    pub(crate) fn new(stack: Outbound, origin: Option<Origin>, handle: Handle) -> Self {
        Self {
            stack,
            origin,
            _handle: handle,
        }
    }

    /// Begins a GET. Without an origin, `uri` names the virtual service, too.
    pub fn get(&self, uri: &str) -> RequestBuilder {
        self.request(Method::GET, uri)
    }

    /// Begins a POST.
    pub fn post(&self, uri: &str) -> RequestBuilder {
        self.request(Method::POST, uri)
    }

    /// Begins a request.
    pub fn request(&self, method: Method, uri: &str) -> RequestBuilder {
        RequestBuilder::new(self.clone(), method, uri)
    }

    /// Sends a request.
    ///
    /// # Errors
    /// Why it was not answered; see [`Client`].
    pub async fn send<B>(&self, request: Request<B>) -> Result<Response<ResponseBody>, Error>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let asked = self.asked(request.map(Body::new), None);
        ResponseFuture::new(&mut self.stack.clone(), asked).await
    }

    /// The same client, answering as a sidecar would have: refusals become responses with Envoy's status and text.
    #[must_use]
    pub fn as_proxy(&self) -> AsProxy {
        AsProxy::new(self.clone())
    }

    fn begin(&mut self, request: Request<Body>, limit: Option<Duration>) -> ResponseFuture {
        let asked = self.asked(request, limit);
        ResponseFuture::new(&mut self.stack, asked)
    }

    fn asked(&self, mut request: Request<Body>, limit: Option<Duration>) -> Asked {
        if let Some(origin) = &self.origin {
            origin.complete(request.uri_mut());
        }
        Asked { request, limit }
    }
}

impl<B> Service<Request<B>> for Client
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody>;
    type Error = Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        self.begin(request.map(Body::new), None)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
