//! The layer, and the service that it makes.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use mesh_core::timeout::{RequestEnds, Timeouts};
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{RequestTimeoutBody, limited::Limited};
use crate::{
    body::{Body, BoxError},
    standalone::{PolicySource, Refusal, WithError, WithResponse, policy::policies},
};

/// Ends a request that takes longer than its limits, of which there are two: on the whole of it, from the end of the
/// request's body to the end of the response's, and on silence. An upload that goes on is not cut; one that stalls, or that
/// nobody reads, is cut by the limit on silence alone, which a [`Duration`] as the policy does not set.
///
/// A limit that passes before the response's head is answered with a 504, as a sidecar would; one that passes after it cuts
/// the body with an [`Error`](crate::Error) of kind [`Timeout`](crate::ErrorKind::Timeout). With
/// [`with_errors`](Self::with_errors) there is no 504 but that error, too.
///
/// A caller that says how long it waits is not worked for longer: by `grpc-timeout`, and of a request that comes in also by
/// `x-envoy-expected-rq-timeout-ms`, unless the policy is silent about the request. What is sent
/// [`with_errors`](Self::with_errors) while a call is answered ends with that call's deadline. What is left is not written into
/// the request: that is for the client.
///
/// Goes around retries, which then share the limit, and inside of what records the request. There is one timer for each
/// request; it is armed when something is waited for.
///
/// The inner service gets requests with a [`Body`], which any body becomes.
///
/// # Source
/// Envoy 1.40's route timeout and stream idle timeout. The limit on each attempt is
/// [`RetryPolicy::per_try`](crate::standalone::RetryPolicy::per_try); the one on connecting is the client's.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
/// use std::{convert::Infallible, time::Duration};
/// use http::{Request, Response, StatusCode};
/// use mesh_tower::{Body, RequestTimeoutLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// let slow = tower::service_fn(async |_: Request<Body>| {
///     tokio::time::sleep(Duration::from_secs(60)).await;
///     Ok::<_, Infallible>(Response::new(Body::from("too late")))
/// });
///
/// let server = ServiceBuilder::new().layer(RequestTimeoutLayer::new(Duration::from_secs(2))).service(slow);
/// let response = server.oneshot(Request::new(Body::empty())).await.unwrap();
/// assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
/// # });
/// ```
pub struct RequestTimeoutLayer<P, R = WithResponse> {
    policies: P,
    refusal: PhantomData<fn() -> R>,
}

impl<P: PolicySource<Timeouts>> RequestTimeoutLayer<P> {
    /// Limits requests by these policies; a [`Duration`] is the limit on the whole of each.
    #[must_use]
    pub fn new(policies: P) -> Self {
        Self {
            policies,
            refusal: PhantomData,
        }
    }

    /// Fails with an error where it would answer with a 504: for clients.
    #[must_use]
    pub fn with_errors(self) -> RequestTimeoutLayer<P, WithError> {
        RequestTimeoutLayer {
            policies: self.policies,
            refusal: PhantomData,
        }
    }
}

impl<S, P: Clone, R> Layer<S> for RequestTimeoutLayer<P, R> {
    type Service = RequestTimeout<S, P, R>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestTimeout {
            inner,
            policies: self.policies.clone(),
            refusal: PhantomData,
        }
    }
}

/// A service whose requests end within their limits; made by [`RequestTimeoutLayer`].
pub struct RequestTimeout<S, P, R = WithResponse> {
    inner: S,
    policies: P,
    refusal: PhantomData<fn() -> R>,
}

impl<S, P, R, ReqB, ResB> Service<Request<ReqB>> for RequestTimeout<S, P, R>
where
    S: Service<Request<Body>, Response = Response<ResB>>,
    P: PolicySource<Timeouts>,
    R: Refusal<S::Error>,
    ReqB: HttpBody<Data = Bytes> + Send + 'static,
    ReqB::Error: Into<BoxError>,
    ResB: HttpBody<Data = Bytes>,
{
    type Response = Response<RequestTimeoutBody<ResB>>;
    type Error = R::Error;
    type Future = RequestTimeoutFuture<S::Future, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(cx).map_err(R::pass)
    }

    fn call(&mut self, request: Request<ReqB>) -> Self::Future {
        let timeouts = self.policies.policy(&request);
        let request = request.map(Body::new);
        let (request, limited) = match timeouts {
            Some(timeouts) => Limited::begin(timeouts, R::INBOUND, request),
            None => (request, None),
        };
        RequestTimeoutFuture {
            inner: self.inner.call(request),
            limited,
            refusal: PhantomData,
        }
    }
}

/// Resolves with the inner service's response, or when a limit has passed.
#[pin_project]
pub struct RequestTimeoutFuture<F, R> {
    #[pin]
    inner: F,
    limited: Option<Limited>,
    refusal: PhantomData<fn() -> R>,
}

impl<F, R, B, E> Future for RequestTimeoutFuture<F, R>
where
    F: Future<Output = Result<Response<B>, E>>,
    R: Refusal<E>,
    B: HttpBody<Data = Bytes>,
{
    type Output = Result<Response<RequestTimeoutBody<B>>, R::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // The service goes first: an answer that is there in time beats a limit that passed since.
        if let Poll::Ready(result) = this.inner.poll(cx) {
            let limited = this.limited.take();
            return Poll::Ready(
                result
                    .map(|response| response.map(|body| RequestTimeoutBody::inner(body, limited)))
                    .map_err(R::pass),
            );
        }
        let Some(limited) = this.limited else {
            return Poll::Pending;
        };
        let error = ready!(limited.poll_expired(cx));
        let refused = R::refuse(error, |error| limited.answer(error));
        Poll::Ready(refused.map(|response| response.map(RequestTimeoutBody::local)))
    }
}

policies!(Timeouts);

impl PolicySource<Timeouts> for Duration {
    fn policy<B>(&self, _request: &Request<B>) -> Option<Timeouts> {
        Some(Timeouts::none().with_request(Some(*self), RequestEnds::Response))
    }
}

impl<P: Clone, R> Clone for RequestTimeoutLayer<P, R> {
    fn clone(&self) -> Self {
        Self {
            policies: self.policies.clone(),
            refusal: PhantomData,
        }
    }
}

impl<S: Clone, P: Clone, R> Clone for RequestTimeout<S, P, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            policies: self.policies.clone(),
            refusal: PhantomData,
        }
    }
}

impl<P: fmt::Debug, R> fmt::Debug for RequestTimeoutLayer<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestTimeoutLayer")
            .field(&self.policies)
            .finish()
    }
}

impl<S: fmt::Debug, P: fmt::Debug, R> fmt::Debug for RequestTimeout<S, P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestTimeout")
            .field("inner", &self.inner)
            .field("policies", &self.policies)
            .finish()
    }
}

impl<F, R> fmt::Debug for RequestTimeoutFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestTimeoutFuture")
            .field("limited", &self.limited)
            .finish_non_exhaustive()
    }
}
