//! What a started mesh consists of, and how far the serving of applications has come.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, Method};
use mesh_core::{
    Config, Defaults,
    metric::{Key, Number, Reading},
    mode::Mode,
    name::VirtualNodeName,
    route::{Head, NoRoute},
    snapshot::{Snapshot, Verdict},
};
use parking_lot::Mutex;
use tokio::sync::{mpsc, mpsc::UnboundedReceiver, oneshot, watch};

use super::{
    builder::{Balancing, Life},
    configured::Configured,
    ending::Farewells,
    listeners::Listeners,
    overrides::Overrides,
    phase::{Lived, Phase},
    source,
};
#[cfg(feature = "aws")]
use crate::discovery::Registrations;
use crate::{
    client::Origin,
    discovery::Freshness,
    error::{Cause, Error},
    health::Checks,
    inbound::InboundState,
    open::Open,
    record::{Recorder, Scope},
    runtime::{live::Current, pass_through::PassThrough, reconcile::Apply, source::Version},
    serve::Door,
};

/// Keeps the mesh running.
pub(crate) type Handle = Arc<Running>;

pub(crate) struct Running {
    pub(super) current: Arc<Current>,
    /// Gone when the mesh has stopped, and with it the task that it leads to.
    pub(super) apply: Mutex<Option<mpsc::Sender<Apply>>>,
    pub(super) defaults: Defaults,
    pub(super) node: VirtualNodeName,
    pub(super) listeners: Listeners,
    pub(super) outbound: Arc<Scope>,
    pub(super) inbound: InboundState,
    pub(super) recorder: Arc<Recorder>,
    pub(super) discovery: Arc<Freshness>,
    pub(super) checks: Arc<Checks>,
    pub(super) stage: watch::Sender<Stage>,
    pub(super) lived: Lived,
    pub(super) farewells: Mutex<Farewells>,
    #[cfg(feature = "aws")]
    pub(super) registrations: Arc<Registrations>,
    pub(super) life: Life,
    pub(super) overrides: Overrides,
    /// The hosts outside of the mesh that are called.
    pub(super) outside: Arc<PassThrough>,
    pub(super) configured: Configured,
    pub(super) balancing: Balancing,
}

/// How far the serving of applications has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    Idle,
    Serving,
    Stopping {
        within: Duration,
    },
    Stopped,
    /// Stopped before anything was served.
    Forgone,
}

impl Stage {
    /// Whether nothing will be served any more.
    pub(super) const fn is_over(self) -> bool {
        matches!(self, Self::Stopped | Self::Forgone)
    }
}

impl Running {
    /// Whether this node may call it at all; which route would take a request depends on the request.
    pub(super) fn check(&self, origin: &Origin) -> Result<(), Error> {
        let live = self.current.load();
        let uri = origin.root();
        match live
            .snapshot()
            .route(&Head::new(&Method::GET, &uri, &HeaderMap::new()))
        {
            Verdict::PassThrough(outside) if !outside.is_aws() => tracing::warn!(
                host = origin.as_str(),
                nearest = ?live.snapshot().nearest(origin.host()),
                "calls to a host that is none of the node's backends"
            ),
            Verdict::Refuse(reason @ NoRoute::UnknownHost { .. }) => {
                let nearest = live.snapshot().nearest(origin.host()).cloned();
                return Err(Error::new(Cause::NotABackend {
                    reason,
                    nearest,
                    node: self.node.clone(),
                }));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether serving may begin: not if the mesh was stopped before.
    pub(super) fn begin_serving(&self) -> Result<bool, Error> {
        let begun = self.stage.send_if_modified(|stage| {
            let idle = *stage == Stage::Idle;
            if idle {
                *stage = Stage::Serving;
            }
            idle
        });
        if begun {
            self.lived.reach(Phase::Serving);
        }
        if begun || *self.stage.borrow() == Stage::Forgone {
            return Ok(begun);
        }
        Err(Error::setup(
            "this mesh is served already, or was: a listener cannot be served twice",
        ))
    }

    /// Ends the task that looks for endpoints and takes configurations.
    pub(super) fn end(&self) {
        let apply = self.apply.lock().take();
        drop(apply);
        self.outside.forget_all();
    }

    /// All listeners that nobody serves on yet, and those to come.
    pub(super) fn take_doors(&self) -> Result<UnboundedReceiver<Door>, Error> {
        self.listeners.take_all().ok_or_else(|| {
            let node = &self.node;
            Error::setup(format!(
                "virtual node {node} has no listener to serve on, or none was bound"
            ))
        })
    }

    /// What requests were counted.
    pub(super) fn readings(&self) -> Vec<(Key, Reading)> {
        self.recorder.meters().read()
    }

    /// What else was counted.
    pub(super) fn numbers(&self) -> Vec<Number> {
        let mut numbers = self.recorder.numbers();
        numbers.extend(self.discovery.numbers());
        numbers.extend(self.checks.numbers());
        #[cfg(feature = "aws")]
        numbers.push(self.registrations.number());
        numbers.extend(self.open_numbers());
        numbers.extend(self.listeners.numbers());
        numbers.push(self.lived.number());
        numbers.extend(self.overrides.mode().numbers());
        if self.overrides.mode() == Mode::Shadow {
            numbers.extend(self.recorder.meters().shadow().numbers());
        }
        numbers.extend(self.configured.numbers(self.current.load().generation()));
        numbers.extend(self.endpoint_numbers());
        numbers
    }

    /// What is open at this moment.
    fn open_numbers(&self) -> [Number; 4] {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let open = |scope: &Open| count(scope.count());
        [
            Number::gauge(
                "mesh_outbound_requests_in_flight",
                "Requests that were sent and have not ended.",
                open(self.outbound.open()),
            ),
            Number::gauge(
                "mesh_inbound_requests_in_flight",
                "Requests that came in and have not ended.",
                open(self.inbound.open()),
            ),
            Number::gauge(
                "mesh_inbound_requests_waiting",
                "Requests that came in and wait for others to end, as their listener's connection pool says.",
                count(self.inbound.waiting()),
            ),
            Number::gauge(
                "mesh_egress_hosts",
                "Hosts outside of the mesh that the egress filter let calls out to lately.",
                count(self.outside.count()),
            ),
        ]
    }

    /// Puts a snapshot of this version in force; resolves when requests see it. Once it is on its way, all of it comes, also
    /// where nobody waits for that any more.
    pub(super) async fn put_in_force(
        self: &Arc<Self>,
        snapshot: Arc<Snapshot>,
        version: Option<Version>,
    ) -> Result<(), Error> {
        let stopping = || Error::new(Cause::Stopping);
        let changing = self.listeners.changing.clone().lock_owned().await;
        let listeners = self.listeners.prepare(&snapshot).await?;
        let (done, answer) = oneshot::channel();
        let apply = self.apply.lock().clone().ok_or_else(stopping)?;
        let running = self.clone();
        let in_force = move |generation| {
            running.inbound.recall();
            running.listeners.change(listeners, running.life.drain);
            running.configured.taken(generation, version);
            drop(changing);
        };
        let apply_it = Apply {
            snapshot,
            in_force: Box::new(in_force),
            done,
        };
        let sent = apply.send(apply_it).await;
        sent.map_err(|_| stopping())?;
        drop(apply);
        answer.await.map_err(|_| stopping())?
    }

    /// Compiles a later configuration.
    pub(super) fn read(&self, config: &Config) -> Result<Arc<Snapshot>, Error> {
        let role = config.node(self.node.as_str())?;
        let mut snapshot = source::without_tls(role.defaults(self.defaults).compile()?)?;
        for warning in config.warnings() {
            tracing::warn!("{warning}");
        }
        self.balancing.apply(&mut snapshot);
        Ok(Arc::new(self.overrides.apply(snapshot)))
    }
}

/// Resolves when somebody calls [`Mesh::stop`](super::Mesh::stop), with the time that they gave.
pub(super) async fn stopped(stage: &mut watch::Receiver<Stage>) -> Duration {
    loop {
        if let Stage::Stopping { within } = *stage.borrow_and_update() {
            return within;
        }
        if stage.changed().await.is_err() {
            // The handle is gone: nobody can stop what is served any more.
            std::future::pending::<()>().await;
        }
    }
}

/// Says that nothing is served any more when the serving ends, or its future is dropped.
pub(super) struct Served<'a>(pub(super) &'a Running);

impl Drop for Served<'_> {
    fn drop(&mut self) {
        self.0.listeners.close();
        self.0.stage.send_replace(Stage::Stopped);
        self.0.lived.reach(Phase::Stopped);
    }
}
