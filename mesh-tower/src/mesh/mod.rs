//! A started mesh: the handle that clients are made from and applications are served with.

mod binding;
mod builder;
mod configured;
mod discoveries;
mod ending;
mod endpoints;
mod files;
mod follow;
mod identity;
mod listeners;
mod listening;
mod overrides;
mod phase;
mod readiness;
mod recorded;
mod records;
mod running;
mod source;
mod start;

use std::{fmt, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Stream, stream};
use http::{Request, Response};
use http_body::Body as HttpBody;
use mesh_core::{Config, Snapshot};
use tokio::sync::oneshot;
use tower_service::Service;

pub(crate) use self::running::Handle;
use self::running::Served;
pub use self::{
    builder::MeshBuilder,
    configured::ConfigStatus,
    files::{load, load_with},
    phase::Phase,
    readiness::Readiness,
};
use crate::{
    body::{Body, BoxError},
    client::{Client, Origin},
    error::Error,
    inbound::InboundLayer,
    serve,
    stack::Outbound,
    standalone::Plans,
};

/// A service mesh inside this process.
///
/// Cheap to clone. Everything it started ends when its last handle, and the last [`Client`], is dropped.
///
/// # Examples
/// ```no_run
/// use axum::{Router, routing::get};
/// use mesh_tower::Mesh;
///
/// # async fn example() -> Result<(), mesh_tower::Error> {
/// let mesh = Mesh::builder().app_mesh_file("mesh.yaml").virtual_node("service-a").start().await?;
/// mesh.serve(Router::new().route("/", get(async || "hello"))).await
/// # }
/// ```
#[derive(Clone)]
pub struct Mesh {
    handle: Handle,
    stack: Outbound,
}

impl Mesh {
    /// Begins to describe a mesh.
    pub fn builder() -> MeshBuilder {
        MeshBuilder::default()
    }

    /// A client whose requests name the virtual service they go to.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.stack.clone(), None, self.handle.clone())
    }

    /// A client whose requests go to this virtual service unless they name another: `NAME` or `NAME:PORT`.
    ///
    /// # Errors
    /// One of kind [`NoRoute`](crate::ErrorKind::NoRoute) if this node may not call it, with the nearest name that it may
    /// call. Under the egress filter `ALLOW_ALL` that is logged as a warning instead.
    pub fn client_for(&self, virtual_service: &str) -> Result<Client, Error> {
        let origin = Origin::parse(virtual_service)?;
        self.handle.check(&origin)?;
        Ok(Client::new(
            self.stack.clone(),
            Some(origin),
            self.handle.clone(),
        ))
    }

    /// Serves an application on every listener of the node, until SIGTERM or Ctrl-C; then [leaves](Phase::Leaving) and
    /// drains. A second signal cuts short what it finds: the [time to be heard](MeshBuilder::propagation), or the drain.
    ///
    /// The application is an axum `Router`, tonic `Routes`, or any service for HTTP requests; a hyper service becomes one by
    /// `tower::service_fn(move |request| service.call(request))`. The inbound services are put around it here, once.
    ///
    /// # Errors
    /// One of kind [`Config`](crate::ErrorKind::Config) if the node has no listener, or is served already.
    pub async fn serve<S, B>(&self, app: S) -> Result<(), Error>
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.serve_until_asked(app, serve::terminations(ending::HEARD))
            .await
    }

    /// Serves an application until `shutdown` resolves or [`stop`](Self::stop) is called; then drains: no new connections,
    /// running requests come to their ends, within the drain deadline (20 s unless the builder says otherwise).
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub async fn serve_until<S, B>(
        &self,
        app: S,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), Error>
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let asked = stream::once(async {
            shutdown.await;
            Duration::ZERO
        });
        self.serve_until_asked(app, asked).await
    }

    async fn serve_until_asked<S, B>(
        &self,
        app: S,
        asks: impl Stream<Item = Duration> + Send,
    ) -> Result<(), Error>
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let inbound = &self.handle.inbound;
        let open = inbound.drain().track();
        if !self.handle.begin_serving()? {
            return Ok(());
        }
        let _served = Served(&self.handle);
        let doors = self.handle.take_doors()?;
        drop(open);
        #[cfg(feature = "aws")]
        let _registering = self.handle.register();
        let (begin, begun) = oneshot::channel();
        let drain = async { begun.await.unwrap_or_default() };
        tokio::select! {
            served = serve::run(doors, app, drain, inbound.clone()) => served,
            never = self.handle.end_when_asked(asks, begin) => match never {},
        }
    }

    /// The inbound services as a layer, for a server that one runs oneself, on a [`listener`](Self::listener) of the node or on
    /// sockets of its own.
    ///
    /// Goes around a whole application, where it sees every request; in `Router::layer` it works, too, but for those requests
    /// only that a route took. All services it makes share their state.
    #[must_use]
    pub fn inbound(&self) -> InboundLayer {
        InboundLayer::new(self.handle.inbound.clone())
    }

    /// Puts another configuration in force for the requests to come. Those that run end under the one they began with.
    ///
    /// Targets that stay keep their connections and counts; new ones are warmed before anything is sent there. A listener that
    /// the node has more is bound first, at all addresses unless it was given another, and is served on if the node is. One that
    /// it has no more is drained: nobody comes in there, and what runs has the time of the [drain](MeshBuilder::drain). One that
    /// speaks another protocol stays: new connections are taken as what they begin with, as they were before. What applies where the configuration is silent stays as it was at the start. Where a file or a URL is followed, its next change
    /// comes in place of this. Who stops waiting may find it in force a little later, and then all of it.
    ///
    /// # Errors
    /// One of kind [`Config`](crate::ErrorKind::Config) if it does not fit this node, or has a listener that cannot be bound; the
    /// former one then stays in force.
    pub async fn apply(&self, config: &Config) -> Result<(), Error> {
        let snapshot = self.handle.read(config)?;
        self.handle.put_in_force(snapshot, None).await
    }

    /// The policies of this mesh's routes, for [layers that stand alone](crate::standalone) around a client of one's own.
    #[must_use]
    pub fn plans(&self) -> Plans {
        Plans::new(self.handle.current.clone(), self.handle.clone())
    }

    /// The configuration in force, to ask what it would decide.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.handle.current.load().snapshot().clone()
    }

    /// How many requests are between their head and their body's end: those sent, and those served.
    #[must_use]
    pub fn in_flight(&self) -> (usize, usize) {
        (
            self.handle.outbound.open().count(),
            self.handle.inbound.open().count(),
        )
    }
}

impl fmt::Debug for Mesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mesh")
            .field("virtual_node", &self.handle.node)
            .field("addrs", &self.addrs())
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}
