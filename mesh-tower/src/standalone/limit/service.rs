//! The layer, and the service that it makes.

use std::{
    fmt,
    marker::PhantomData,
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tower_layer::Layer;
use tower_service::Service;

use super::{Limit, LimitBody, LimitFuture};
use crate::{
    call::is_grpc,
    gate::{Entry, Gate},
    standalone::{PolicySource, Refusal, WithError, WithResponse},
};

/// Lets so many requests be in flight at once and so many wait; what comes beyond is shed.
///
/// A request is in flight until its response's body ends, fails or is dropped; one that waits comes in by turn. All services
/// that one layer made share one count, also where axum makes one for each route.
///
/// What is shed is answered with a 503 that bears `x-envoy-overloaded: true`, as a sidecar would. With
/// [`with_errors`](Self::with_errors) it fails with an [`Error`](crate::Error) of kind
/// [`Overflow`](crate::ErrorKind::Overflow) instead, which is safe to retry.
///
/// Goes outside of what costs a connection or memory for each request; a limit that is to count attempts goes inside of
/// retries. A source that gives no limit for a request lets it pass uncounted; several limits share the one count
/// and the one queue.
///
/// # Differences from the mesh
/// A layer alone does not see connections: a tunnel (101, CONNECT) is in flight until its head is sent, not until it closes.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::convert::Infallible;
/// use http::{Request, Response};
/// use mesh_tower::{Body, LimitLayer, standalone::Limit};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// let hello = tower::service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::from("hello"))));
/// let server = ServiceBuilder::new().layer(LimitLayer::new(Limit::requests(1))).service(hello);
///
/// let first = server.clone().oneshot(Request::new(Body::empty())).await.unwrap();
/// let second = server.clone().oneshot(Request::new(Body::empty())).await.unwrap();
/// assert_eq!(second.status(), 503);
/// assert_eq!(second.headers()["x-envoy-overloaded"], "true");
///
/// drop(first);
/// let third = server.oneshot(Request::new(Body::empty())).await.unwrap();
/// assert_eq!(third.status(), 200);
/// # });
/// ```
pub struct LimitLayer<P, R = WithResponse> {
    policies: P,
    pub(super) gate: Arc<Gate>,
    refusal: PhantomData<fn() -> R>,
}

impl<P: PolicySource<Limit>> LimitLayer<P> {
    /// Limits requests by these policies.
    #[must_use]
    pub fn new(policies: P) -> Self {
        Self {
            policies,
            gate: Arc::default(),
            refusal: PhantomData,
        }
    }

    /// Fails with an error where it would answer with a 503: for clients.
    #[must_use]
    pub fn with_errors(self) -> LimitLayer<P, WithError> {
        LimitLayer {
            policies: self.policies,
            gate: self.gate,
            refusal: PhantomData,
        }
    }
}

impl<S, P: Clone, R> Layer<S> for LimitLayer<P, R> {
    type Service = Limited<S, P, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Limited {
            inner,
            policies: self.policies.clone(),
            gate: self.gate.clone(),
            refusal: PhantomData,
        }
    }
}

/// A service that works on so many requests at once; made by [`LimitLayer`].
pub struct Limited<S, P, R = WithResponse> {
    inner: S,
    policies: P,
    gate: Arc<Gate>,
    refusal: PhantomData<fn() -> R>,
}

impl<S, P, R, ReqB, ResB> Service<Request<ReqB>> for Limited<S, P, R>
where
    S: Service<Request<ReqB>, Response = Response<ResB>> + Clone,
    P: PolicySource<Limit>,
    R: Refusal<S::Error>,
    ResB: HttpBody<Data = Bytes>,
{
    type Response = Response<LimitBody<ResB>>;
    type Error = R::Error;
    type Future = LimitFuture<S, ReqB, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::pass)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let Some(limit) = self.policies.policy(&request) else {
            return LimitFuture::running(self.inner.call(request), None);
        };
        match self.gate.enter(limit) {
            Entry::In(permit) => LimitFuture::running(self.inner.call(request), Some(permit)),
            Entry::Wait(place) => {
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                LimitFuture::waiting(place, limit, ready, request)
            }
            Entry::Shed { waiting } => LimitFuture::shed(waiting, is_grpc(request.headers())),
        }
    }
}

impl<P: Clone, R> Clone for LimitLayer<P, R> {
    fn clone(&self) -> Self {
        Self {
            policies: self.policies.clone(),
            gate: self.gate.clone(),
            refusal: PhantomData,
        }
    }
}

impl<S: Clone, P: Clone, R> Clone for Limited<S, P, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            policies: self.policies.clone(),
            gate: self.gate.clone(),
            refusal: PhantomData,
        }
    }
}

impl<P: fmt::Debug, R> fmt::Debug for LimitLayer<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitLayer")
            .field("policies", &self.policies)
            .field("gate", &self.gate)
            .finish()
    }
}

impl<S: fmt::Debug, P: fmt::Debug, R> fmt::Debug for Limited<S, P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limited")
            .field("inner", &self.inner)
            .field("policies", &self.policies)
            .field("gate", &self.gate)
            .finish()
    }
}
