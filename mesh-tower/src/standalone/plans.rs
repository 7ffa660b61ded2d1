//! The configuration of a started mesh as a source of policies.

use std::{fmt, sync::Arc};

use http::Request;
use mesh_core::{
    route::Head,
    snapshot::{Plan, Snapshot, Verdict},
    timeout::Timeouts,
};

use super::{PolicySource, RetryPolicy, Weights};
use crate::{mesh::Handle, runtime::live::Current};

/// Finds the plan of each request in the configuration in force at that moment; made by [`Mesh::plans`](crate::Mesh::plans).
///
/// So a client of one's own gets the retry policy, the time limits and the weights of the App Mesh file, and those of the
/// next file from the moment it is in force. A request that no route takes has no policy, and one that a route takes is sent
/// as it is, where the mesh's own client would put its path into the normal form that routes look at.
///
/// It keeps the mesh running, as a [`Client`](crate::Client) does.
///
/// # Examples
/// ```no_run
/// use mesh_tower::{Body, RequestTimeoutLayer, RetryLayer};
/// use tower::ServiceBuilder;
///
/// # async fn example<S>(mesh: mesh_tower::Mesh, client: S)
/// # where S: tower::Service<http::Request<Body>, Response = http::Response<Body>, Error = std::io::Error> + Clone + Send + 'static, S::Future: Send {
/// let orders = ServiceBuilder::new()
///     .layer(RequestTimeoutLayer::new(mesh.plans()).with_errors())
///     .layer(RetryLayer::new(mesh.plans()))
///     .service(client);
/// # let _ = tower::ServiceExt::oneshot(orders, http::Request::new(Body::empty())).await;
/// # }
/// ```
#[derive(Clone)]
pub struct Plans {
    current: Arc<Current>,
    /// Held so that there is somebody who changes what is in force.
    _mesh: Handle,
}

impl Plans {
    pub(crate) fn new(current: Arc<Current>, mesh: Handle) -> Self {
        Self {
            current,
            _mesh: mesh,
        }
    }

    fn find<B, P>(
        &self,
        request: &Request<B>,
        policy: impl FnOnce(&Arc<Plan>, &Arc<Snapshot>) -> P,
    ) -> Option<P> {
        let live = self.current.load();
        match live.snapshot().route(&Head::from(request)) {
            Verdict::Route(plan) => Some(policy(plan, live.snapshot())),
            _ => None,
        }
    }
}

impl PolicySource<RetryPolicy> for Plans {
    fn policy<B>(&self, request: &Request<B>) -> Option<RetryPolicy> {
        self.find(request, |plan, _| plan.clone().into())
    }
}

impl PolicySource<Timeouts> for Plans {
    fn policy<B>(&self, request: &Request<B>) -> Option<Timeouts> {
        self.find(request, |plan, _| plan.timeouts)
    }
}

impl PolicySource<Weights> for Plans {
    fn policy<B>(&self, request: &Request<B>) -> Option<Weights> {
        self.find(request, |plan, snapshot| {
            Weights::of_plan(plan.clone(), snapshot.clone())
        })
    }
}

impl PolicySource<Arc<Plan>> for Plans {
    fn policy<B>(&self, request: &Request<B>) -> Option<Arc<Plan>> {
        self.find(request, |plan, _| plan.clone())
    }
}

impl fmt::Debug for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plans")
            .field("generation", &self.current.load().generation())
            .finish_non_exhaustive()
    }
}
