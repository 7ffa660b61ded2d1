//! The configuration of a started mesh as a source of policies.

use std::{fmt, sync::Arc};

use http::Request;
use mesh_core::{
    limit::{ConnectionPool, Limit},
    mode::Mode,
    route::Head,
    snapshot::{ListenerPlan, Plan, Snapshot, Verdict},
    timeout::Timeouts,
    unit::Port,
};

use super::{PolicySource, RetryPolicy, Weights};
use crate::{mesh::Handle, runtime::live::Current};

/// Finds the plan of each request in the configuration in force at that moment; made by [`Mesh::plans`](crate::Mesh::plans).
///
/// So a client of one's own gets the retry policy, the time limits and the weights of the App Mesh file, and those of the
/// next file from the moment it is in force. A request that no route takes has no policy, and one that a route takes is sent
/// as it is, where the mesh's own client would put its path into the normal form that routes look at.
///
/// What the mesh decides is switched off for these layers, too, by a bypass and in shadow mode: they get the plans of the
/// bypass, and no limit. What would have happened is counted by the mesh's own services alone; a layer counts nothing.
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
    port: Option<Port>,
    /// Held so that there is somebody who changes what is in force.
    _mesh: Handle,
}

impl Plans {
    pub(crate) fn new(current: Arc<Current>, mesh: Handle) -> Self {
        Self {
            current,
            port: None,
            _mesh: mesh,
        }
    }

    /// The policies of this listener, for a server that runs without the [inbound services](crate::Mesh::inbound): they keep
    /// its limit already. Without it, the node's only listener is meant, and of several none.
    ///
    /// # Examples
    /// ```no_run
    /// use axum::{Router, routing::get};
    /// use mesh_core::unit::Port;
    /// use mesh_tower::LimitLayer;
    ///
    /// # fn example(mesh: mesh_tower::Mesh) -> Result<Router, Box<dyn std::error::Error>> {
    /// let limited = LimitLayer::new(mesh.plans().listener(Port::new(8080)?));
    /// # Ok(
    /// Router::new().route("/", get(async || "hello")).layer(limited)
    /// # )}
    /// ```
    #[must_use]
    pub fn listener(self, port: Port) -> Self {
        Self {
            port: Some(port),
            ..self
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

/// The limit of a listener's connection pool, whatever route takes the request.
impl PolicySource<Limit> for Plans {
    fn policy<B>(&self, _request: &Request<B>) -> Option<Limit> {
        let live = self.current.load();
        if live.snapshot().mode() == Mode::Shadow {
            return None;
        }
        let listener = ListenerPlan::at(live.snapshot().listeners(), self.port)?;
        listener.connection_pool.and_then(ConnectionPool::limit)
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
