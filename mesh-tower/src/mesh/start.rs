//! The start of a mesh, step by step; a step that fails leaves nothing behind.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use mesh_core::{
    fault::Faults, limit::ConnectionPool, metric::Direction, mode::Mode, name::VirtualNodeName,
};
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};

use super::{
    Mesh,
    binding::Binding,
    builder::MeshBuilder,
    configured::Configured,
    discoveries, follow,
    listeners::Listeners,
    phase::Lived,
    records,
    running::{Running, Stage},
    source::{self, Followed, Sourced},
};
use crate::{
    connect::Dial,
    endpoint::Connector,
    error::Error,
    health::Checker,
    inbound::InboundState,
    record::Scope,
    runtime::{
        hash::Fnv, meters::Meters, pass_through::PassThrough, reconcile::Reconciler, rng::SharedRng,
    },
    stack,
};

pub(super) async fn start(mut builder: MeshBuilder) -> Result<Mesh, Error> {
    let dial = builder.transport.clone() as Arc<dyn Dial>;
    let (sourced, followed) = read(&mut builder, dial.clone()).await?;
    let (draws, ids, waits) = rngs(builder.seed, sourced.snapshot.virtual_node());
    #[cfg(feature = "aws")]
    let registrations = discoveries::registrations(&mut builder, &sourced.snapshot, &waits)?;
    let sources = discoveries::sources(&mut builder, &sourced.nodes, waits.clone())?;
    let discovery = sources.freshness().clone();
    let snapshot = Arc::new(builder.overrides.apply(sourced.snapshot));
    let binding = Binding::new(&builder, &snapshot)?;
    let bound = binding.bind(&snapshot, &[]).await?;
    let meters = Arc::new(Meters::new(&snapshot));
    let recorder = records::recorder(&mut builder, &snapshot, &meters, ids)?;
    let checker = checker(dial, waits, builder.keep_alive);
    let (hosts, connector) = (sources.of_hosts(), checker.connector.clone());
    let outside = PassThrough::new(&snapshot, hosts, connector, meters.clone());
    let checks = checker.counts.clone();
    let mut reconciler = Reconciler::new(sources, meters, checker, builder.life.warm);
    let current = reconciler.start(snapshot.clone()).await?;
    // The task ends when the last handle, and with it the only sender, is dropped.
    let (apply, commands) = mpsc::channel(1);
    tokio::spawn(reconciler.run(commands));
    let outbound = Scope::new(Direction::Outbound, &recorder);
    let source = followed.as_ref().map(|followed| followed.source.name());
    let configured = Configured::new(source, sourced.version);
    let rejected = sourced
        .failed
        .and_then(|failed| configured.fell_back(&failed));
    let inbound = Scope::new(Direction::Inbound, &recorder);
    let inbound = InboundState::new(current.clone(), inbound);
    let listeners = Listeners::new(binding, bound, inbound.clone(), builder.max_connections);
    let handle = Arc::new(Running {
        apply: Mutex::new(Some(apply)),
        defaults: snapshot.defaults(),
        node: snapshot.virtual_node().clone(),
        listeners,
        outbound: outbound.clone(),
        recorder,
        discovery,
        checks,
        #[cfg(feature = "aws")]
        registrations,
        inbound,
        current: current.clone(),
        stage: watch::Sender::new(Stage::Idle),
        lived: Lived::new(),
        farewells: Mutex::default(),
        life: builder.life,
        balancing: builder.balancing,
        overrides: builder.overrides,
        outside: outside.clone(),
        configured,
    });
    if let Some(followed) = followed {
        follow::follow(&handle, followed, rejected, rng(builder.seed));
    }
    let faults = faults(builder.faults, builder.overrides.mode());
    let waiting = builder.max_waiting;
    let stack = stack::outbound(current, &draws, outbound, outside, waiting, faults);
    Ok(Mesh { handle, stack })
}

/// What is to be in force, as the builder and the environment have it.
async fn read(
    builder: &mut MeshBuilder,
    dial: Arc<dyn Dial>,
) -> Result<(Sourced, Option<Followed>), Error> {
    builder.overrides = builder.overrides.or_environment()?;
    let (mut sourced, followed) = source::open(builder, dial).await?;
    builder.balancing.check(&sourced.nodes)?;
    builder.balancing.apply(&mut sourced.snapshot);
    announce(&sourced, builder);
    Ok((sourced, followed))
}

/// What connects and asks for all endpoints.
fn checker(dial: Arc<dyn Dial>, rng: Rng, keep_alive: Duration) -> Checker {
    let connector = Connector {
        dial,
        rng,
        keep_alive,
    };
    Checker {
        connector: Arc::new(connector),
        counts: Arc::default(),
    }
}

/// What routes and retries are drawn from, what ids are, and when directories and endpoints are asked again: apart, so that what
/// is drawn does not depend on whether traces are begun or how often was asked. The ids of two nodes that have the same seed are not
/// to meet in one trace.
fn rngs(seed: Option<u64>, node: &VirtualNodeName) -> (Rng, Rng, Rng) {
    let Fnv(ids) = Fnv(IDS).with_all(node.as_str().as_bytes());
    let apart = |purpose: u64| Arc::new(rng(seed.map(|seed| seed ^ purpose)));
    (apart(0), apart(ids), apart(!ids))
}

fn rng(seed: Option<u64>) -> SharedRng {
    seed.map_or_else(SharedRng::from_entropy, SharedRng::new)
}

type Rng = Arc<SharedRng>;

fn faults(faults: Option<Faults>, mode: Mode) -> Option<Faults> {
    let faults = faults.filter(|_| mode != Mode::Bypass);
    if let Some(faults) = faults.as_ref().filter(|_| mode == Mode::Enforce) {
        tracing::warn!(?faults, "faults are injected into what this mesh sends");
    }
    faults
}

pub(super) fn address(text: &str, what: &str) -> Result<SocketAddr, Error> {
    text.parse().map_err(|_| {
        Error::setup(format!(
            "{what} is ADDRESS:PORT, such as 127.0.0.1:8080, not {text:?}"
        ))
    })
}

/// Every default that acts on requests is visible at start.
fn announce(
    Sourced {
        snapshot, warnings, ..
    }: &Sourced,
    builder: &MeshBuilder,
) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let (mesh, virtual_node) = (snapshot.mesh(), snapshot.virtual_node());
    tracing::info!(%mesh, %virtual_node, defaults = %snapshot.defaults(), max_waiting = builder.max_waiting, "the mesh starts");
    if snapshot.log_format().is_some() && builder.access_log.is_none() {
        tracing::warn!(
            "the access log is written in Envoy's default text format, not in the one that is configured"
        );
    }
    for plan in snapshot.listeners() {
        if let Some(limit) = plan.connection_pool.and_then(ConnectionPool::limit) {
            tracing::info!(port = %plan.port, %limit, "the listener's connection pool is kept");
        }
    }
    builder.overrides.announce();
}

/// Any bits: the two sequences of one seed begin apart.
const IDS: u64 = 0x6964_735f_6964_735f;
