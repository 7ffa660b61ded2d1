//! The one task that changes what requests see: it builds, warms, publishes and retires.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::{
    StreamExt,
    stream::{BoxStream, FuturesUnordered},
};
use mesh_core::{
    diff::Diff,
    health::{Health, HealthCheck},
    snapshot::{ClusterSpec, Snapshot},
};
use tokio::{
    sync::{mpsc, oneshot},
    task, time,
};
use tokio_stream::StreamMap;

use super::{
    clock,
    live::{Current, Live},
    meters::Meters,
};
use crate::{
    discovery::{Answer, Sources},
    endpoint::Cluster,
    error::Error,
    health::{Check, Checker},
};

/// Puts a snapshot in force; answers when requests see it.
pub(crate) struct Apply {
    pub(crate) snapshot: Arc<Snapshot>,
    /// Called with its generation when it is in force, whether or not anybody waits for that.
    pub(crate) in_force: Box<dyn FnOnce(u64) + Send>,
    pub(crate) done: oneshot::Sender<Result<(), Error>>,
}

/// Owns everything that requests only read. Ends when the last handle that could tell it something is gone.
pub(crate) struct Reconciler {
    current: Option<Arc<Current>>,
    clusters: HashMap<ClusterSpec, Arc<Cluster>>,
    answers: StreamMap<ClusterSpec, BoxStream<'static, Answer>>,
    checks: HashMap<ClusterSpec, Check>,
    sources: Sources,
    meters: Arc<Meters>,
    checker: Checker,
    warm: Duration,
}

impl Reconciler {
    pub(crate) fn new(
        sources: Sources,
        meters: Arc<Meters>,
        checker: Checker,
        warm: Duration,
    ) -> Self {
        Self {
            meters,
            current: None,
            clusters: HashMap::new(),
            answers: StreamMap::new(),
            checks: HashMap::new(),
            sources,
            checker,
            warm,
        }
    }

    /// Puts the first snapshot in force.
    pub(crate) async fn start(&mut self, snapshot: Arc<Snapshot>) -> Result<Arc<Current>, Error> {
        let clusters = self.prepare(&snapshot)?;
        self.warm(&clusters).await;
        let meters = self.meters.resolve(&snapshot);
        let live = Live::new(snapshot, clusters, meters, 0).counted_by(self.meters.shadow());
        live.retune();
        let current = Arc::new(Current::new(live));
        self.current = Some(current.clone());
        Ok(current)
    }

    /// Follows discovery and takes snapshots until nobody can send any.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Apply>) {
        loop {
            tokio::select! {
                Some((spec, answer)) = self.answers.next() => self.discovered(&spec, &answer),
                command = commands.recv() => match command {
                    Some(Apply { snapshot, in_force, done }) => {
                        let applied = self.apply(snapshot).await.map(in_force);
                        // Whoever asked may have gone; the snapshot is in force all the same.
                        let _ = done.send(applied);
                    }
                    None => break,
                },
            }
        }
        // Who still holds the mesh keeps no connections with it.
        for cluster in self.clusters.values() {
            cluster.retire();
        }
    }

    async fn apply(&mut self, snapshot: Arc<Snapshot>) -> Result<u64, Error> {
        let clusters = self.prepare(&snapshot)?;
        self.warm(&clusters).await;
        let Some(current) = &self.current else {
            return Ok(0);
        };
        let generation = current.load().generation() + 1;
        let (was, is) = (current.load().snapshot().clone(), snapshot.clone());
        let meters = self.meters.resolve(&snapshot);
        let live = Live::new(snapshot, clusters, meters, generation);
        let former = current.replace(live.counted_by(self.meters.shadow()));
        let live = current.load().clone();
        live.retune();
        self.retire_all_but(&live);
        // The former configuration is freed here, unless a request still reads it.
        drop(former);
        if tracing::enabled!(tracing::Level::INFO) {
            // Thousands of routes take a while, and requests run on the workers here.
            let _ = task::spawn_blocking(move || announce(&Diff::between(&was, &is))).await;
        }
        Ok(generation)
    }

    /// The clusters of a snapshot, in its order: those that were there stay as they are, the others begin to be discovered.
    fn prepare(&mut self, snapshot: &Snapshot) -> Result<Box<[Arc<Cluster>]>, Error> {
        // All sources are asked before any is started: a snapshot that cannot be had changes nothing.
        let new = snapshot
            .clusters()
            .iter()
            .filter(|spec| !self.clusters.contains_key(*spec));
        let found: Vec<_> = new
            .map(|spec| Ok((spec.clone(), self.sources.discover(spec)?)))
            .collect::<Result<_, Error>>()?;
        for (spec, answers) in found {
            self.clusters
                .insert(spec.clone(), Arc::new(Cluster::new(spec.clone())));
            self.answers.insert(spec, answers);
        }
        for (spec, policy) in snapshot.clusters().iter().zip(snapshot.cluster_policies()) {
            self.tend(spec, policy.health_check.as_ref());
        }
        Ok(snapshot
            .clusters()
            .iter()
            .filter_map(|spec| self.clusters.get(spec).cloned())
            .collect())
    }

    /// Begins the checks of a cluster, changes them, or ends them.
    fn tend(&mut self, spec: &ClusterSpec, check: Option<&HealthCheck>) {
        let Some(cluster) = self.clusters.get(spec) else {
            return;
        };
        match (check, self.checks.get(spec)) {
            (Some(check), Some(running)) => running.retune(check, cluster),
            (Some(check), None) => {
                let check = Check::begin(cluster, check.clone(), self.checker.clone());
                self.checks.insert(spec.clone(), check);
            }
            (None, Some(_)) => {
                self.checks.remove(spec);
                cluster.void_health();
            }
            (None, None) => {}
        }
    }

    /// Waits until every cluster that requests do not see yet has discovery's first answer, and a first one from each
    /// endpoint that is checked; or long enough. What is in force already is not waited for.
    async fn warm(&mut self, clusters: &[Arc<Cluster>]) {
        let live = self.current.as_ref().map(|current| current.load().clone());
        let is_live = |cluster: &Arc<Cluster>| {
            let mut live = live.iter().flat_map(|live| live.clusters());
            live.any(|live| Arc::ptr_eq(live, cluster))
        };
        let new = clusters.iter().filter(|&cluster| !is_live(cluster));
        let new: Vec<_> = new.collect();
        let limit = self.warm;
        if time::timeout(limit, self.warm_up(&new)).await.is_ok() {
            return;
        }
        let cold = new.iter().filter(|cluster| is_cold(cluster));
        let cold: Vec<_> = cold.map(|cluster| &cluster.spec().virtual_node).collect();
        tracing::warn!(
            ?limit,
            ?cold,
            "not every target is warm: discovery has not answered, or not every endpoint its first check"
        );
    }

    async fn warm_up(&mut self, clusters: &[&Arc<Cluster>]) {
        loop {
            // Listened to before it is looked at, so that no change is missed.
            let mut changes: FuturesUnordered<_> =
                clusters.iter().map(|cluster| cluster.changed()).collect();
            if !clusters.iter().any(|cluster| is_cold(cluster)) {
                return;
            }
            tokio::select! {
                biased;
                Some((spec, answer)) = self.answers.next() => self.discovered(&spec, &answer),
                Some(()) = changes.next() => {}
            }
        }
    }

    fn discovered(&self, spec: &ClusterSpec, answer: &Answer) {
        let Some(cluster) = self.clusters.get(spec) else {
            return;
        };
        tracing::debug!(virtual_node = %spec.virtual_node, port = %spec.port, endpoints = ?answer, "discovered");
        let check = self.checks.get(spec);
        let unheard = check.map_or(Health::Well, |_| Health::Unknown);
        cluster.update(answer, &self.checker.connector, unheard, clock::now());
        if let Some(check) = check {
            check.follow();
        }
    }

    fn retire_all_but(&mut self, live: &Live) {
        let gone: Vec<_> = self
            .clusters
            .keys()
            .filter(|spec| !live.clusters().any(|cluster| cluster.spec() == *spec))
            .cloned()
            .collect();
        for spec in gone {
            self.answers.remove(&spec);
            self.checks.remove(&spec);
            if let Some(cluster) = self.clusters.remove(&spec) {
                cluster.retire();
            }
        }
    }
}

/// Whoever deploys shall see what it came to; of very much, the beginning.
fn announce(diff: &Diff) {
    for change in diff.changes().iter().take(ANNOUNCED) {
        tracing::info!(%change, "the configuration changes");
    }
    let (changes, kept) = (diff.changes().len(), diff.kept());
    tracing::info!(
        changes,
        endpoints_kept = kept,
        "the configuration is in force"
    );
}

/// Whether requests that go there would have to wait, or to go where nothing is known yet.
fn is_cold(cluster: &Cluster) -> bool {
    let set = cluster.endpoints();
    let unheard = |health| health == Health::Unknown;
    !set.is_answered() || set.members().any(|(_, state)| unheard(state.health))
}

const ANNOUNCED: usize = 100;
