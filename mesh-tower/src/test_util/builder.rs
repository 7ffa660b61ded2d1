//! What a simulation is started with.

use std::{fmt, future::Future, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use mesh_core::Config;
use tower_service::Service;

use super::{Link, Place, Simulation, endpoint::App, handler::Handler};
use crate::{
    body::{Body, BoxError},
    error::Error,
    mesh::{Mesh, MeshBuilder},
};

/// Describes a simulation; made by [`Simulation::builder`].
#[must_use = "a simulation does nothing until it is started"]
pub struct SimulationBuilder {
    pub(super) seed: u64,
    pub(super) config: Option<Result<Config, Error>>,
    pub(super) apps: Vec<(String, App)>,
    pub(super) links: Vec<(Place, Place, Link)>,
    pub(super) options: Options,
}

/// What else each mesh is told.
pub(super) type Options = Arc<dyn Fn(MeshBuilder) -> MeshBuilder + Send + Sync>;

impl SimulationBuilder {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            config: None,
            apps: Vec::new(),
            links: Vec::new(),
            options: Arc::new(|builder| builder),
        }
    }

    /// Applies the text of an App Mesh file.
    pub fn template(mut self, text: &str) -> Self {
        self.config = Some(Config::parse("template", text).map_err(Into::into));
        self
    }

    /// Applies a configuration that was read or built before.
    pub fn config(mut self, config: impl Into<Config>) -> Self {
        self.config = Some(Ok(config.into()));
        self
    }

    /// Gives a virtual node an endpoint, whose application is this function. Called again for the same node, it has several.
    ///
    /// A virtual node without any endpoint refuses connections, as one whose tasks are all gone.
    pub fn node<H, F, B>(self, virtual_node: impl Into<String>, handler: H) -> Self
    where
        H: Fn(Request<Body>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.app(virtual_node, move |_mesh| {
            Ok::<Handler<H>, Error>(Handler(handler.clone()))
        })
    }

    /// Gives a virtual node an endpoint, whose application is made from its mesh: it may call other services. It is made anew
    /// whenever the endpoint starts, as after a crash.
    ///
    /// # Examples
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
    /// use axum::{Router, extract::State, routing::get};
    /// use http::Response;
    /// use mesh_core::{config::{Mesh as Model, VirtualNode, VirtualService}, unit::Protocol};
    /// use mesh_tower::{Client, test_util::Simulation};
    ///
    /// let listening = |name| VirtualNode::builder(name).listener(8080, Protocol::Http).dns(name);
    /// let model = Model::builder("shop")
    ///     .virtual_node(VirtualNode::builder("caller").backend("web.local"))
    ///     .virtual_node(listening("web").backend("orders.local"))
    ///     .virtual_node(listening("orders"))
    ///     .virtual_service(VirtualService::builder("web.local").virtual_node("web"))
    ///     .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
    ///     .build()?;
    ///
    /// async fn home(State(orders): State<Client>) -> String {
    ///     orders.get("/").send().await.unwrap().text().await.unwrap()
    /// }
    /// let sim = Simulation::builder(7)
    ///     .config(model)
    ///     .app("web", |mesh| Ok(Router::new().route("/", get(home)).with_state(mesh.client_for("orders.local")?)))
    ///     .node("orders", async |_| Response::new("three orders".to_owned()))
    ///     .start()
    ///     .await?;
    /// let answer = sim.caller("caller").await?.client_for("web.local")?.get("/").send().await?;
    /// assert_eq!(answer.text().await?, "three orders");
    /// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
    /// ```
    pub fn app<S, B>(
        mut self,
        virtual_node: impl Into<String>,
        make: impl Fn(&Mesh) -> Result<S, Error> + Send + Sync + 'static,
    ) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.apps.push((virtual_node.into(), App::new(make)));
        self
    }

    /// Says what lies between two places, one way; see [`Simulation::link`].
    pub fn link(mut self, from: impl Into<Place>, to: impl Into<Place>, link: Link) -> Self {
        self.links.push((from.into(), to.into(), link));
        self
    }

    /// Tells every mesh of the simulation more: what applies where the configuration is silent, how much may wait, how long
    /// it drains. Seed, network, addresses and records are the simulation's own.
    pub fn options(
        mut self,
        options: impl Fn(MeshBuilder) -> MeshBuilder + Send + Sync + 'static,
    ) -> Self {
        self.options = Arc::new(options);
        self
    }

    /// Starts every endpoint.
    ///
    /// # Errors
    /// One of kind [`Config`](crate::ErrorKind::Config): the configuration is missing or not valid, an endpoint is given to a
    /// node that it does not name or that has no listener, or the runtime is not one whose clock is paused.
    pub async fn start(self) -> Result<Simulation, Error> {
        Simulation::start(self).await
    }
}

impl fmt::Debug for SimulationBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulationBuilder")
            .field("seed", &self.seed)
            .field("apps", &self.apps)
            .field("links", &self.links)
            .finish_non_exhaustive()
    }
}
