//! The layer, and the service that it makes.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use mesh_core::{
    Seed,
    fault::{Faults, Injected},
    metric::Flag,
};
use tokio::time;
use tower_layer::Layer;
use tower_service::Service;

use super::{FaultBody, FaultFuture, future::Next};
use crate::{
    call::is_grpc,
    context::CallContext,
    fault::{FaultSwitch, Injector},
    respond,
    runtime::rng::SharedRng,
};

/// Lets requests meet faults: answers that the service never gave, and waits that nobody needed.
///
/// Goes around an application, to see what its callers make of it when it fails now and then; or around a client, to see what
/// the caller does. What it answers has the status that it was told, and Envoy's text; a gRPC call gets a response of trailers
/// only. The inner service's errors pass through, so it stands in `Router::layer`, too.
///
/// What a request met is written (`DI`, `FI`) into the record of the call that it bears as a [`CallContext`]. Inside of a
/// mesh's application that is the request itself. Around a client it is the request that is being answered, where the one
/// that is sent was given its context; without one nothing is recorded.
///
/// Where a process injects faults, its code says so: the switch is no option. With [`FaultSwitch::Environment`], the build that
/// goes into production can be tried in staging; switched off, a request costs a look at one pointer.
///
/// # Source
/// Envoy's HTTP fault filter: a delay and an abort, drawn apart, the delay first.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
/// use axum::{Router, routing::get};
/// use http::{Request, StatusCode};
/// use mesh_core::fault::{Fault, Share};
/// use mesh_tower::{Body, FaultLayer, FaultSwitch};
/// use tower::{Layer, ServiceExt};
///
/// let app = Router::new().route("/", get(async || "hello"));
/// let half_fail = Fault::abort(StatusCode::SERVICE_UNAVAILABLE).share(Share::percent(50)?);
/// let layer = FaultLayer::new(half_fail, FaultSwitch::On).seed(mesh_core::Seed(7));
///
/// let mut failed = 0;
/// for _ in 0..100 {
///     let request = Request::get("/").body(axum::body::Body::empty()).unwrap();
///     let response = layer.layer(app.clone()).oneshot(request).await.unwrap();
///     failed += usize::from(response.status() == StatusCode::SERVICE_UNAVAILABLE);
/// }
/// assert!((35..65).contains(&failed), "{failed}");
/// # Ok::<(), mesh_core::unit::OutOfRange>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct FaultLayer(Option<Arc<Injector>>);

impl FaultLayer {
    /// Injects these faults, if the switch says so.
    #[must_use]
    pub fn new(faults: impl Into<Faults>, switch: FaultSwitch) -> Self {
        let injector = || Injector::new(faults.into(), Arc::new(SharedRng::from_entropy()));
        Self(switch.is_on().then(injector).map(Arc::new))
    }

    /// Draws from this seed, so that the same requests meet faults whenever they come in the same order.
    #[must_use]
    pub fn seed(self, seed: Seed) -> Self {
        let rng = Arc::new(SharedRng::new(seed.0));
        Self(self.0.map(|injector| Arc::new(injector.drawn_from(rng))))
    }
}

impl<S> Layer<S> for FaultLayer {
    type Service = FaultInjection<S>;

    fn layer(&self, inner: S) -> FaultInjection<S> {
        FaultInjection {
            inner,
            injector: self.0.clone(),
        }
    }
}

/// A service whose requests may meet faults; made by [`FaultLayer`].
#[derive(Clone, Debug)]
pub struct FaultInjection<S> {
    inner: S,
    injector: Option<Arc<Injector>>,
}

impl<S, B, R> Service<Request<B>> for FaultInjection<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
{
    type Response = Response<FaultBody<R>>;
    type Error = S::Error;
    type Future = FaultFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let draw = |injector: &Arc<Injector>| injector.draw(&request, None);
        match self.injector.as_ref().and_then(draw) {
            None => FaultFuture::asked(self.inner.call(request)),
            Some(injected) => self.inject(injected, request),
        }
    }
}

impl<S> FaultInjection<S> {
    fn inject<B>(&mut self, injected: Injected, request: Request<B>) -> FaultFuture<S, B>
    where
        S: Service<Request<B>> + Clone,
    {
        mark(injected, &request);
        let grpc = is_grpc(request.headers());
        let answer = injected.abort.map(|abort| respond::aborted(abort, grpc));
        match (injected.delay, answer) {
            (None, None) => FaultFuture::asked(self.inner.call(request)),
            (None, Some(answer)) => FaultFuture::answered(answer),
            (Some(delay), Some(answer)) => {
                FaultFuture::waits(time::sleep(delay), Next::Answer(answer))
            }
            (Some(delay), None) => {
                let next = self.inner.clone();
                let ready = mem::replace(&mut self.inner, next);
                FaultFuture::waits(time::sleep(delay), Next::Ask(ready, request))
            }
        }
    }
}

/// Writes what it meets into the record of the call that it bears.
fn mark<B>(injected: Injected, request: &Request<B>) {
    let Some(context) = request.extensions().get::<CallContext>() else {
        return;
    };
    if injected.delay.is_some() {
        context.call().flag(Flag::DelayInjected);
    }
    if injected.abort.is_some() {
        context.call().flag(Flag::FaultInjected);
    }
}
