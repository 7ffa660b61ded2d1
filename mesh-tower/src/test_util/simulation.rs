//! A mesh in one process, with a clock, a network and chances of its own.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use mesh_core::Config;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::Mutex,
    task::JoinSet,
    time::{self, Instant},
};

use super::{
    Event, Place, SimulationBuilder, Tally,
    builder::Options,
    endpoint::{App, Running},
    event::Journal,
    fleet::{Fleet, Joined},
    net::Net,
    tally,
};
use crate::{ResponseBody, body::BoxError, error::Error, mesh::Mesh};

/// A whole mesh in one process: real meshes, real HTTP, and a network, a clock and chances that the test rules.
///
/// Every endpoint that was given an application is a [`Mesh`] that serves it, as its process would; and every node has a
/// *caller*, one more process of it that serves nothing, for the calls that the test makes. What happens is written down as
/// [`Event`]s: the same seed gives the same events, to the byte.
///
/// It lives in a current-thread runtime whose clock is paused (`#[tokio::test(start_paused = true)]`), so that an hour of
/// traffic takes as long as the work in it. Dropped, it ends with all its endpoints.
///
/// Every virtual node is reached at its first listener, and at the addresses of the simulation in place of its own discovery.
///
/// # Examples
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
/// use std::time::Duration;
/// use http::{Request, Response};
/// use mesh_core::{config::{Mesh as Model, VirtualNode, VirtualService}, unit::Protocol};
/// use mesh_tower::test_util::{Link, Simulation};
///
/// let model = Model::builder("shop")
///     .virtual_node(VirtualNode::builder("web").backend("orders.local"))
///     .virtual_node(VirtualNode::builder("orders").listener(8080, Protocol::Http).dns("orders.local"))
///     .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
///     .build()?;
/// let sim = Simulation::builder(7)
///     .config(model)
///     .node("orders", async |_| Response::new("hello".to_owned()))
///     .link("web", "orders", Link::new().latency(Duration::from_millis(20)))
///     .start()
///     .await?;
///
/// let orders = |_| Request::get("http://orders.local:8080/").body(String::new()).unwrap();
/// let tally = sim.traffic("web", 100, Duration::from_secs(1), orders).await?;
/// assert_eq!((tally.calls().len(), tally.failures()), (100, 0));
/// // The first one had to connect.
/// assert_eq!(tally.slowest(), Duration::from_millis(40));
/// # Ok::<(), mesh_tower::Error>(()) }).unwrap();
/// ```
pub struct Simulation {
    pub(super) seed: u64,
    pub(super) options: Options,
    pub(super) fleet: Fleet,
    pub(super) net: Arc<Net>,
    pub(super) journal: Arc<Journal>,
    pub(super) state: Mutex<State>,
}

pub(super) struct State {
    pub(super) config: Config,
    pub(super) applied: u64,
    pub(super) callers: BTreeMap<String, Mesh>,
    pub(super) endpoints: BTreeMap<Place, Endpoint>,
}

pub(super) struct Endpoint {
    pub(super) app: App,
    pub(super) running: Option<Running>,
}

impl Simulation {
    /// Begins to describe a simulation in which all chance follows from this seed.
    pub fn builder(seed: u64) -> SimulationBuilder {
        SimulationBuilder::new(seed)
    }

    pub(super) async fn start(builder: SimulationBuilder) -> Result<Self, Error> {
        check_clock()?;
        let config = builder.config.ok_or_else(|| {
            Error::setup("a simulation needs a configuration: .template(TEXT) reads one, .config(…) takes one")
        })??;
        let fleet = Fleet::new(config.mesh(), &builder.apps)?;
        let journal = Arc::new(Journal::new());
        let net = Net::new(fleet.places(), builder.seed, journal.clone());
        for (from, to, link) in builder.links {
            net.set_link(from, to, link);
        }
        let simulation = Self {
            seed: builder.seed,
            options: builder.options,
            fleet,
            net,
            journal,
            state: Mutex::new(State {
                config,
                applied: 0,
                callers: BTreeMap::new(),
                endpoints: endpoints(builder.apps),
            }),
        };
        let places: Vec<_> = simulation
            .state
            .lock()
            .await
            .endpoints
            .keys()
            .cloned()
            .collect();
        for place in places {
            simulation.restart(place).await?;
        }
        Ok(simulation)
    }

    /// The mesh of a node that calls others and serves nothing: started when it is first asked for.
    ///
    /// # Errors
    /// One of kind [`Config`](crate::ErrorKind::Config) if there is no such node, or it does not compile.
    pub async fn caller(&self, virtual_node: &str) -> Result<Mesh, Error> {
        let mut state = self.state.lock().await;
        if let Some(mesh) = state.callers.get(virtual_node) {
            return Ok(mesh.clone());
        }
        let builder = self
            .fleet
            .mesh(&virtual_node.into(), &self.joined(&state.config))?;
        let mesh = builder.start().await?;
        state.callers.insert(virtual_node.to_owned(), mesh.clone());
        Ok(mesh)
    }

    /// Sends a request from a node.
    ///
    /// # Errors
    /// Why it was not answered, as [`Client::send`](crate::Client::send) says it.
    pub async fn call<B>(
        &self,
        virtual_node: &str,
        request: Request<B>,
    ) -> Result<Response<ResponseBody>, Error>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.caller(virtual_node)
            .await?
            .client()
            .send(request)
            .await
    }

    /// Sends so many requests a second from a node, evenly and whether or not they are answered, and reads every answer to its
    /// end. The request is made of its number, from 0.
    ///
    /// # Errors
    /// As [`caller`](Self::caller). What becomes of the requests is in the tally.
    pub async fn traffic<B>(
        &self,
        virtual_node: &str,
        per_second: u32,
        lasting: Duration,
        request: impl Fn(u64) -> Request<B>,
    ) -> Result<Tally, Error>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let client = self.caller(virtual_node).await?.client();
        let (began, mut calls) = (Instant::now(), JoinSet::new());
        for number in 0.. {
            let after = Duration::from_secs(number) / per_second.max(1);
            if after >= lasting || per_second == 0 {
                break;
            }
            time::sleep_until(began + after).await;
            let call = tally::call(client.clone(), request(number));
            calls.spawn(async move { (number, call.await) });
        }
        let mut ended = calls.join_all().await;
        ended.sort_by_key(|(number, _)| *number);
        Ok(Tally::new(
            ended.into_iter().map(|(_, ended)| ended).collect(),
        ))
    }

    /// What has happened, by time. A call and its attempts are written down when it has ended.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.journal.read()
    }

    /// How long ago the simulation began, by its clock.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.journal.elapsed()
    }

    pub(super) fn joined<'a>(&'a self, config: &'a Config) -> Joined<'a> {
        Joined {
            seed: self.seed,
            config,
            options: &self.options,
            net: &self.net,
            journal: &self.journal,
        }
    }
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("seed", &self.seed)
            .field("elapsed", &self.elapsed())
            .finish_non_exhaustive()
    }
}

fn endpoints(apps: Vec<(String, App)>) -> BTreeMap<Place, Endpoint> {
    let mut counts = BTreeMap::new();
    let endpoint = |(node, app): (String, App)| {
        let count = counts.entry(node.clone()).or_insert(0_usize);
        let place = Place::from((&*node, *count));
        *count += 1;
        (place, Endpoint { app, running: None })
    };
    apps.into_iter().map(endpoint).collect()
}

/// Without a clock of its own, a simulation would wait; with several threads, no two runs of it would be the same.
fn check_clock() -> Result<(), Error> {
    let one_thread = Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread);
    let began = Instant::now();
    // A clock that runs moves while it is looked at so often.
    if one_thread && (0..1_000).all(|_| Instant::now() == began) {
        return Ok(());
    }
    Err(Error::setup(
        "a simulation needs a current-thread runtime whose clock is paused: #[tokio::test(start_paused = true)]",
    ))
}
