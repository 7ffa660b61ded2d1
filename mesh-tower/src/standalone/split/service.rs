//! The layer, the services it draws from, and the one that it makes of them.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::Request;
use mesh_core::Seed;
use pin_project::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::Weights;
use crate::{body::BoxError, runtime::rng::SharedRng, standalone::PolicySource};

/// Draws one of several services for each request, in proportion to their weights.
///
/// The draw is made once: retries stay in their target if the retrying layer stands around each of the [`Targets`], as it
/// should. The service is ready at once and waits for the drawn one when it is called, so a limit has to stand around it or
/// inside of it. Its targets are cloned for each request.
///
/// # Errors
/// [`NotDrawn`] where there are no weights for a request, or no service of the drawn name; else the target's own error.
///
/// # Source
/// App Mesh `WeightedTarget`.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::convert::Infallible;
/// use http::{Request, Response};
/// use mesh_tower::{Seed, WeightedSplitLayer, standalone::{Targets, Weights}};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// let version = |name: &'static str| tower::service_fn(move |_: Request<()>| async move { Ok::<_, Infallible>(Response::new(name)) });
/// let weights = Weights::new([("orders-v1", 90), ("orders-v2", 10)]).unwrap();
/// let orders = ServiceBuilder::new()
///     .layer(WeightedSplitLayer::new(weights).seed(Seed(7)))
///     .service(Targets::new([("orders-v1", version("v1")), ("orders-v2", version("v2"))]));
///
/// let mut to_v2 = 0;
/// for _ in 0..1_000 {
///     let response = orders.clone().oneshot(Request::new(())).await.unwrap();
///     to_v2 += u32::from(*response.body() == "v2");
/// }
/// assert!((70..130).contains(&to_v2));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct WeightedSplitLayer<P> {
    policies: P,
    rng: Arc<SharedRng>,
}

impl<P: PolicySource<Weights>> WeightedSplitLayer<P> {
    /// Draws by these weights. Those of [`Plans`](crate::standalone::Plans) name virtual nodes.
    #[must_use]
    pub fn new(policies: P) -> Self {
        Self {
            policies,
            rng: Arc::new(SharedRng::from_entropy()),
        }
    }

    /// Draws from this seed, so that the same targets are drawn each time.
    #[must_use]
    pub fn seed(self, seed: Seed) -> Self {
        Self {
            rng: Arc::new(SharedRng::new(seed.0)),
            ..self
        }
    }
}

impl<S, P: Clone> Layer<Targets<S>> for WeightedSplitLayer<P> {
    type Service = WeightedSplit<S, P>;

    fn layer(&self, targets: Targets<S>) -> WeightedSplit<S, P> {
        WeightedSplit {
            targets,
            policies: self.policies.clone(),
            rng: self.rng.clone(),
        }
    }
}

/// Services by name, of one type; [`BoxCloneSyncService`] makes one type of several. A clone shares them.
///
/// [`BoxCloneSyncService`]: https://docs.rs/tower/0.5/tower/util/struct.BoxCloneSyncService.html
pub struct Targets<S>(Arc<[(Box<str>, S)]>);

impl<S> Targets<S> {
    /// Takes the services with the names that weights know them by; of two with one name, the first counts.
    pub fn new<N: Into<Box<str>>>(services: impl IntoIterator<Item = (N, S)>) -> Self {
        let services = services.into_iter();
        Self(
            services
                .map(|(name, service)| (name.into(), service))
                .collect(),
        )
    }

    fn find(&self, name: &str) -> Option<&S> {
        let mut targets = self.0.iter();
        targets.find_map(|(known, service)| (**known == *name).then_some(service))
    }
}

impl<S> Clone for Targets<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> fmt::Debug for Targets<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        f.debug_set().entries(names).finish()
    }
}

/// Several services as one; made by [`WeightedSplitLayer`].
#[derive(Debug)]
pub struct WeightedSplit<S, P> {
    targets: Targets<S>,
    policies: P,
    rng: Arc<SharedRng>,
}

impl<S: Clone, P: PolicySource<Weights>> WeightedSplit<S, P> {
    fn draw<B>(&self, request: &Request<B>) -> Result<S, NotDrawn> {
        let weights = self.policies.policy(request).ok_or(NotDrawn::NoWeights)?;
        let name = weights.choose(&mut &*self.rng).unwrap_or_default();
        let unknown = || NotDrawn::UnknownTarget { name: name.into() };
        self.targets.find(name).cloned().ok_or_else(unknown)
    }
}

impl<S, P: Clone> Clone for WeightedSplit<S, P> {
    fn clone(&self) -> Self {
        Self {
            targets: self.targets.clone(),
            policies: self.policies.clone(),
            rng: self.rng.clone(),
        }
    }
}

impl<S, P, B> Service<Request<B>> for WeightedSplit<S, P>
where
    S: Service<Request<B>> + Clone,
    S::Error: Into<BoxError>,
    P: PolicySource<Weights>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = WeightedSplitFuture<S, B>;

    /// Always: which target has to be ready is known only with the request, so the waiting is in the future.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        WeightedSplitFuture(match self.draw(&request) {
            Ok(target) => State::Waiting(target, Some(request)),
            Err(error) => State::NotDrawn(Some(error)),
        })
    }
}

/// Waits until the drawn target is ready, then for its response.
#[pin_project]
pub struct WeightedSplitFuture<S: Service<Request<B>>, B>(#[pin] State<S, B, S::Future>);

#[pin_project(project = StateProjection)]
enum State<S, B, F> {
    Waiting(S, Option<Request<B>>),
    Running(#[pin] F),
    NotDrawn(Option<NotDrawn>),
}

impl<S, B> Future for WeightedSplitFuture<S, B>
where
    S: Service<Request<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().0;
        if let StateProjection::Waiting(target, request) = state.as_mut().project() {
            ready!(target.poll_ready(cx)).map_err(Into::into)?;
            if let Some(request) = request.take() {
                let response = target.call(request);
                state.set(State::Running(response));
            }
        }
        match state.project() {
            StateProjection::Running(response) => response.poll(cx).map_err(Into::into),
            StateProjection::NotDrawn(error) => match error.take() {
                Some(error) => Poll::Ready(Err(error.into())),
                None => Poll::Pending,
            },
            StateProjection::Waiting(..) => Poll::Pending,
        }
    }
}

impl<S: Service<Request<B>>, B> fmt::Debug for WeightedSplitFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeightedSplitFuture")
            .finish_non_exhaustive()
    }
}

/// Why no target took a request.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotDrawn {
    /// No route takes it.
    #[error("nothing has weights for this request")]
    NoWeights,
    /// The weights name a target that there is no service for.
    #[error("target {name} was drawn, and no service has that name")]
    UnknownTarget {
        /// What was drawn.
        name: Box<str>,
    },
}
