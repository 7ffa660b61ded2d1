//! A mesh in one process, with a clock, a network and chances of its own.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use mesh_core::Config;
use parking_lot::Mutex;
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::OnceCell,
    time::Instant,
};

use super::{
    Event, Place, SimulationBuilder,
    builder::Options,
    endpoint::{App, Running},
    event::Journal,
    fleet::{Fleet, Joined},
    net::Net,
};
use crate::{error::Error, mesh::Mesh};

/// A whole mesh in one process: real meshes, real HTTP, and a network, a clock and chances that the test rules.
///
/// Every endpoint that was given an application is a [`Mesh`] that serves it, as its process would; and every node has a
/// *caller*, one more process of it that serves nothing, for the calls that the test makes. What happens is written down as
/// [`Event`]s: the same seed gives the same events, to the byte.
///
/// It lives in a current-thread runtime whose clock is paused (`#[tokio::test(start_paused = true)]`), so that an hour of
/// traffic takes as long as the work in it. Dropped, it ends with all its endpoints.
///
/// Every virtual node is reached at the addresses of the simulation, in place of its own discovery.
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

/// What changes while it runs. Nothing is waited for under its lock, so that an endpoint can crash while others start, or while
/// they take a configuration.
pub(super) struct State {
    pub(super) config: Config,
    /// How many configurations came after the first.
    pub(super) applied: u64,
    pub(super) callers: BTreeMap<String, Arc<OnceCell<Mesh>>>,
    pub(super) endpoints: BTreeMap<Place, Endpoint>,
}

pub(super) struct Endpoint {
    pub(super) app: App,
    pub(super) running: Option<Running>,
    /// How often it was ended, also while it still started.
    pub(super) ended: u64,
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
        let places: Vec<_> = simulation.state.lock().endpoints.keys().cloned().collect();
        for place in places {
            simulation.restart(place).await?;
        }
        Ok(simulation)
    }

    /// The latest configuration, and its number.
    pub(super) fn in_force(&self) -> (Config, u64) {
        let state = self.state.lock();
        (state.config.clone(), state.applied)
    }

    /// Gives a mesh that was started with a configuration those that came meanwhile.
    pub(super) async fn catch_up(&self, mesh: &Mesh, mut applied: u64) -> Result<(), Error> {
        loop {
            let (config, latest) = self.in_force();
            if applied == latest {
                return Ok(());
            }
            mesh.apply(&config).await?;
            applied = latest;
        }
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
        let endpoint = Endpoint {
            app,
            running: None,
            ended: 0,
        };
        (place, endpoint)
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
