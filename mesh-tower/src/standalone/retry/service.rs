//! The layer, and the service that it makes.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use mesh_core::{
    Seed,
    retry::{Attempts, Safety},
};
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{RetryPolicy, run::Run};
use crate::{
    body::{Body, BoxError},
    call::is_grpc,
    runtime::{budget::RetryBudget, rng::SharedRng},
    standalone::PolicySource,
};

/// Sends a request again when an attempt failed, as the policy says: which outcomes, how often, how long each attempt may
/// take, and for unsafe methods only where that can do no harm. Between attempts it waits, longer each time.
///
/// The inner service gets requests with a [`Body`], which any body becomes; a client of one's own is made for that type
/// (`Client::builder(..).build_http::<mesh_tower::Body>()`). A body that is not whole from the start is recorded while it is
/// sent, 64 KiB of it; what is longer streams on and is not tried again. The response passes untouched.
///
/// An answer that asks for time, by `Retry-After` or `grpc-retry-pushback-ms`, gets it: 25 s at most, beyond which the answer
/// is passed on. What the policy has of a [budget](mesh_core::retry::Budget) is shared by all services of this layer.
///
/// Goes inside of what limits or records the whole request, and around what chooses a connection.
///
/// # Errors
/// What the last attempt failed with; an attempt that its own limit ended fails with an [`Error`](crate::Error) of kind
/// [`Timeout`](crate::ErrorKind::Timeout). Errors are read along their sources for one of ours, of hyper or of the operating
/// system; any other counts as a reset.
///
/// # Differences from the mesh
/// A gRPC status is seen in the response's head, not in trailers. The unsent request that comes back from a closed
/// connection is a matter of the client.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
/// use std::{convert::Infallible, sync::atomic::{AtomicU32, Ordering}};
/// use http::{Request, Response, StatusCode};
/// use mesh_tower::{Body, RetryLayer, standalone::RetryPolicy};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
/// let flaky = tower::service_fn(async |_: Request<Body>| {
///     let mut response = Response::new(Body::from("hello"));
///     if ATTEMPTS.fetch_add(1, Ordering::Relaxed) == 0 {
///         *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
///     }
///     Ok::<_, Infallible>(response)
/// });
///
/// let client = ServiceBuilder::new().layer(RetryLayer::new(RetryPolicy::idempotent(2))).service(flaky);
/// let response = client.oneshot(Request::new(Body::empty())).await.unwrap();
/// assert_eq!((response.status(), ATTEMPTS.load(Ordering::Relaxed)), (StatusCode::OK, 2));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct RetryLayer<P> {
    policies: P,
    shared: Arc<Shared>,
}

/// What all services of one layer draw from.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) rng: SharedRng,
    pub(super) budget: RetryBudget,
}

impl Shared {
    fn new(rng: SharedRng) -> Arc<Self> {
        let budget = RetryBudget::new();
        Arc::new(Self { rng, budget })
    }
}

impl<P: PolicySource<RetryPolicy>> RetryLayer<P> {
    /// Retries by these policies.
    #[must_use]
    pub fn new(policies: P) -> Self {
        Self {
            policies,
            shared: Shared::new(SharedRng::from_entropy()),
        }
    }

    /// Draws the waits from this seed, so that they are the same each time.
    #[must_use]
    pub fn seed(self, seed: Seed) -> Self {
        Self {
            shared: Shared::new(SharedRng::new(seed.0)),
            ..self
        }
    }
}

impl<S, P: Clone> Layer<S> for RetryLayer<P> {
    type Service = Retry<S, P>;

    fn layer(&self, inner: S) -> Retry<S, P> {
        Retry {
            inner,
            policies: self.policies.clone(),
            shared: self.shared.clone(),
        }
    }
}

/// A service whose failures are tried again; made by [`RetryLayer`].
#[derive(Clone, Debug)]
pub struct Retry<S, P> {
    inner: S,
    policies: P,
    shared: Arc<Shared>,
}

impl<S, P, ReqB, ResB> Service<Request<ReqB>> for Retry<S, P>
where
    S: Service<Request<Body>, Response = Response<ResB>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    P: PolicySource<RetryPolicy>,
    ReqB: HttpBody<Data = Bytes> + Send + 'static,
    ReqB::Error: Into<BoxError>,
    ResB: Send + 'static,
{
    type Response = Response<ResB>;
    type Error = BoxError;
    type Future = RetryFuture<S::Future, ResB>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let policy = self.policies.policy(&request);
        let request = request.map(Body::new);
        let attempts = Attempts::new(Safety::of(request.method(), is_grpc(request.headers())));
        let policy = policy
            .filter(|policy| attempts.can_retry(policy.core()) || policy.per_try_limit().is_some());
        RetryFuture(match policy {
            None => Kind::Once(self.inner.call(request)),
            Some(policy) => {
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                let run = Run::new(ready, policy, attempts, self.shared.clone());
                Kind::Tried(Box::pin(run.start(request)))
            }
        })
    }
}

/// Resolves with the answer to the last attempt; allocated only where there can be more than one, or each has its limit.
#[pin_project]
pub struct RetryFuture<F, B>(#[pin] Kind<F, B>);

#[pin_project(project = KindProjection)]
enum Kind<F, B> {
    Once(#[pin] F),
    Tried(Tried<B>),
}

type Tried<B> = Pin<Box<dyn Future<Output = Result<Response<B>, BoxError>> + Send>>;

impl<F, B, E> Future for RetryFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().0.project() {
            KindProjection::Once(attempt) => attempt.poll(cx).map_err(Into::into),
            KindProjection::Tried(tried) => tried.as_mut().poll(cx),
        }
    }
}

impl<F, B> fmt::Debug for RetryFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryFuture").finish_non_exhaustive()
    }
}
