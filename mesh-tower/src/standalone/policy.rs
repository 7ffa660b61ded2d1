//! Where a layer finds the policy for a request.

use http::Request;
use mesh_core::{limit::Limit, route::Head};

/// Gives a layer its policy `P` for each request: the same for all of them, or what the mesh's configuration says.
///
/// | source | policy |
/// |---|---|
/// | [`RetryPolicy`](super::RetryPolicy), [`Timeouts`](mesh_core::timeout::Timeouts), [`Duration`](std::time::Duration), [`Limit`](super::Limit), [`Weights`](super::Weights) | itself, for every request |
/// | [`Plans`](super::Plans) | that of the request's route, or the limit of its [`listener`](super::Plans::listener), in the configuration in force at this moment |
/// | a closure that takes a [`Head`] | what it answers |
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use http::Request;
/// use mesh_tower::{Head, standalone::PolicySource};
///
/// let downloads = |head: &Head<'_>| head.path().starts_with("/files/").then_some(Duration::from_secs(300));
/// let request = Request::get("http://orders.local/files/1").body(()).unwrap();
/// assert_eq!(downloads.policy(&request), Some(Duration::from_secs(300)));
/// ```
pub trait PolicySource<P> {
    /// The policy for this request; with `None`, the layer lets it pass as if it were not there.
    fn policy<B>(&self, request: &Request<B>) -> Option<P>;
}

impl<P, F> PolicySource<P> for F
where
    F: Fn(&Head<'_>) -> Option<P>,
{
    fn policy<B>(&self, request: &Request<B>) -> Option<P> {
        self(&Head::from(request))
    }
}

/// Makes values the policy of every request.
macro_rules! policies {
    ($($policy:ty),*) => {$(
        impl PolicySource<$policy> for $policy {
            fn policy<B>(&self, _request: &Request<B>) -> Option<$policy> {
                Some(self.clone())
            }
        }
    )*};
}

policies!(Limit);

pub(super) use policies;
