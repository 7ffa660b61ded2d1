//! The one task that changes what requests see: it builds, warms, publishes and retires.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use mesh_core::{
    health::Health,
    snapshot::{ClusterSpec, Snapshot},
};
use tokio::{
    sync::{mpsc, oneshot},
    time,
};
use tokio_stream::StreamMap;

use super::{
    clock,
    live::{Current, Live},
    meters::Meters,
};
use crate::{
    connect::Dial,
    discovery::{Answer, Sources},
    endpoint::Cluster,
    error::Error,
};

/// Puts a snapshot in force; answers when requests see it.
#[derive(Debug)]
pub(crate) struct Apply {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) done: oneshot::Sender<Result<(), Error>>,
}

/// Owns everything that requests only read. Ends when the last handle that could tell it something is gone.
pub(crate) struct Reconciler {
    current: Option<Arc<Current>>,
    clusters: HashMap<ClusterSpec, Arc<Cluster>>,
    answers: StreamMap<ClusterSpec, BoxStream<'static, Answer>>,
    sources: Sources,
    meters: Arc<Meters>,
    dial: Arc<dyn Dial>,
    warm: Duration,
}

impl Reconciler {
    pub(crate) fn new(
        sources: Sources,
        meters: Arc<Meters>,
        dial: Arc<dyn Dial>,
        warm: Duration,
    ) -> Self {
        Self {
            meters,
            current: None,
            clusters: HashMap::new(),
            answers: StreamMap::new(),
            sources,
            dial,
            warm,
        }
    }

    /// Puts the first snapshot in force.
    pub(crate) async fn start(&mut self, snapshot: Arc<Snapshot>) -> Result<Arc<Current>, Error> {
        let clusters = self.prepare(&snapshot)?;
        self.warm(&clusters).await;
        let meters = self.meters.resolve(&snapshot);
        let current = Arc::new(Current::new(Live::new(snapshot, clusters, meters, 0)));
        self.current = Some(current.clone());
        Ok(current)
    }

    /// Follows discovery and takes snapshots until nobody can send any.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Apply>) {
        loop {
            tokio::select! {
                Some((spec, answer)) = self.answers.next() => self.discovered(&spec, &answer),
                command = commands.recv() => match command {
                    Some(Apply { snapshot, done }) => {
                        // Whoever asked may have gone; the snapshot is in force all the same.
                        let _ = done.send(self.apply(snapshot).await);
                    }
                    None => return,
                },
            }
        }
    }

    async fn apply(&mut self, snapshot: Arc<Snapshot>) -> Result<(), Error> {
        let clusters = self.prepare(&snapshot)?;
        self.warm(&clusters).await;
        let Some(current) = &self.current else {
            return Ok(());
        };
        let generation = current.load().generation() + 1;
        let meters = self.meters.resolve(&snapshot);
        let former = current.replace(Live::new(snapshot, clusters, meters, generation));
        let live = current.load().clone();
        self.retire_all_but(&live);
        // The former configuration is freed here, unless a request still reads it.
        drop(former);
        Ok(())
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
        Ok(snapshot
            .clusters()
            .iter()
            .filter_map(|spec| self.clusters.get(spec).cloned())
            .collect())
    }

    /// Waits until every cluster has its first answer, or long enough: requests then wait for it themselves.
    async fn warm(&mut self, clusters: &[Arc<Cluster>]) {
        let limit = self.warm;
        let is_cold = |cluster: &Arc<Cluster>| !cluster.endpoints().is_answered();
        let all_answered = async {
            while clusters.iter().any(is_cold) {
                match self.answers.next().await {
                    Some((spec, answer)) => self.discovered(&spec, &answer),
                    None => return,
                }
            }
        };
        within(limit, all_answered).await;
    }

    fn discovered(&self, spec: &ClusterSpec, answer: &Answer) {
        if let Some(cluster) = self.clusters.get(spec) {
            tracing::debug!(virtual_node = %spec.virtual_node, port = %spec.port, endpoints = ?answer, "discovered");
            cluster.update(answer, &self.dial, Health::Well, clock::now());
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
            if let Some(cluster) = self.clusters.remove(&spec) {
                cluster.retire();
            }
        }
    }
}

async fn within(limit: Duration, future: impl Future<Output = ()>) {
    if time::timeout(limit, future).await.is_err() {
        tracing::warn!(
            ?limit,
            "discovery has not answered for every target; requests to the others will wait for it"
        );
    }
}
