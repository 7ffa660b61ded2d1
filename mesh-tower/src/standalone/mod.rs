//! Layers that stand alone: retries, time limits, weighted targets and limits for services that are not the mesh's.
//!
//! Each one asks the same functions of [`mesh_core`] that the mesh asks, and goes into any [`ServiceBuilder`]. Where its
//! policy comes from is a [`PolicySource`]: a value, a closure, or the configuration of a started mesh
//! ([`Mesh::plans`](crate::Mesh::plans)), so that a client of one's own follows the App Mesh file.
//!
//! | layer | policy | request inward | refuses with |
//! |---|---|---|---|
//! | [`RequestTimeoutLayer`] | [`Timeouts`], [`Duration`] | [`Body`](crate::Body) | a 504, or an error |
//! | [`LimitLayer`] | [`Limit`] | as it came | a 503, or an error |
//! | [`WeightedSplitLayer`] | [`Weights`] | as it came | an error |
//! | [`RetryLayer`] | [`RetryPolicy`] | [`Body`](crate::Body) | nothing by itself |
//! | [`FaultLayer`] | [`Faults`](mesh_core::fault::Faults) | as it came | the answer it was told to give |
//!
//! What a layer refuses by itself is an [`Error`](crate::Error): as it is, in a box, or as the response that a sidecar would
//! have given. The first two answer with responses and leave the inner service's error type alone, so they stand around an
//! axum `Router`, whose error is `Infallible`, and in `Router::layer`; for clients, `with_errors` says so.
//!
//! # Order
//! From the outside in: what records the request · [`RequestTimeoutLayer`], so that retries share the limit ·
//! [`LimitLayer`], unless it is to count attempts · [`WeightedSplitLayer`], so that retries stay in the drawn target ·
//! [`RetryLayer`] · what chooses an endpoint · the client.
//!
//! State is made with the layer, not with each service: clones of a layer, and all services it makes, share their counts and
//! their draws. Two layers that are made apart share nothing.
//!
//! # Examples
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use std::time::Duration;
//! use http::Request;
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! use mesh_tower::{Body, LimitLayer, RequestTimeoutLayer, RetryLayer, standalone::{Limit, RetryPolicy}};
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! let http = Client::builder(TokioExecutor::new()).build_http::<Body>();
//! let client = ServiceBuilder::new()
//!     .layer(RequestTimeoutLayer::new(Duration::from_secs(2)).with_errors())
//!     .layer(LimitLayer::new(Limit::requests(100).pending(10)).with_errors())
//!     .layer(RetryLayer::new(RetryPolicy::idempotent(2).per_try(Duration::from_millis(500))))
//!     .service(http);
//! // Nobody listens there; after three attempts, the client's error comes through.
//! let request = Request::get("http://127.0.0.1:1/").body(Body::empty()).unwrap();
//! assert!(client.oneshot(request).await.is_err());
//! # });
//! ```
//!
//! [`ServiceBuilder`]: https://docs.rs/tower/0.5/tower/struct.ServiceBuilder.html
//! [`Timeouts`]: mesh_core::timeout::Timeouts
//! [`Duration`]: std::time::Duration

mod answer;
mod fault;
mod limit;
mod plans;
mod policy;
mod refusal;
mod retry;
mod split;
#[cfg(test)]
mod testing;
mod timeout;

pub use fault::{FaultBody, FaultFuture, FaultInjection, FaultLayer};
pub use limit::{Limit, LimitBody, LimitFuture, LimitLayer, Limited};
pub use plans::Plans;
pub use policy::PolicySource;
pub use refusal::{Refusal, WithError, WithResponse};
pub use retry::{Retry, RetryFuture, RetryLayer, RetryPolicy};
pub use split::{
    NotDrawn, Targets, WeightedSplit, WeightedSplitFuture, WeightedSplitLayer, Weights,
};
pub use timeout::{RequestTimeout, RequestTimeoutBody, RequestTimeoutFuture, RequestTimeoutLayer};
