//! The configuration in force, with the state it refers to: replaced whole, so that no request sees two halves of two.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use mesh_core::{
    mode::Mode,
    snapshot::{PlanId, Snapshot},
};

use super::{meters::ByPlan, shadow::Shadow, way::Way};
use crate::endpoint::{Cluster, Destination};

/// A snapshot and the clusters that its ids stand for.
#[derive(Debug)]
pub(crate) struct Live {
    snapshot: Arc<Snapshot>,
    destinations: Box<[Arc<Destination>]>,
    /// By plan, then by the position of the target in it.
    ways: Box<[Box<[Arc<Way>]>]>,
    meters: ByPlan,
    generation: u64,
}

impl Live {
    /// `clusters` are in the order of [`Snapshot::clusters`], `meters` in that of [`Snapshot::plans`].
    pub(crate) fn new(
        snapshot: Arc<Snapshot>,
        clusters: Box<[Arc<Cluster>]>,
        meters: ByPlan,
        generation: u64,
    ) -> Self {
        debug_assert_eq!(snapshot.clusters().len(), clusters.len());
        debug_assert_eq!(snapshot.plans().len(), meters.len());
        let policies = snapshot.cluster_policies().iter().cloned();
        let clusters = clusters.into_iter().zip(policies);
        let destinations =
            clusters.map(|(cluster, policy)| Arc::new(Destination::new(cluster, policy)));
        let live = Self {
            destinations: destinations.collect(),
            ways: Box::default(),
            snapshot,
            meters,
            generation,
        };
        live.with_ways()
    }

    fn with_ways(self) -> Self {
        let plans = self.snapshot.plans().iter().zip(&self.meters);
        let ways = plans.map(|(plan, meters)| {
            let targets = plan.targets.iter().zip(meters);
            let ways = targets.map(|(id, meter)| {
                Arc::new(Way {
                    plan: plan.clone(),
                    destination: self.destinations[id.index()].clone(),
                    meter: meter.clone(),
                })
            });
            ways.collect()
        });
        Self {
            ways: ways.collect(),
            ..self
        }
    }

    /// The same, where who would be put out is only counted, if the snapshot is in that mode.
    pub(crate) fn counted_by(mut self, shadow: &Arc<Shadow>) -> Self {
        if self.snapshot.mode() == Mode::Shadow {
            let shadowed = self.destinations.iter().map(|known| {
                let destination = Destination::new(known.cluster.clone(), known.policy.clone());
                Arc::new(destination.shadowed(shadow.clone()))
            });
            self.destinations = shadowed.collect();
            return self.with_ways();
        }
        self
    }

    pub(crate) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Where the requests of a plan go whose target at this position is drawn; both came from this snapshot.
    pub(crate) fn way(&self, plan: PlanId, target: usize) -> &Arc<Way> {
        &self.ways[plan.index()][target]
    }

    /// Tells every cluster the numbers that its sweeps go by.
    pub(crate) fn retune(&self) {
        for destination in &self.destinations {
            let Destination {
                cluster, policy, ..
            } = &**destination;
            cluster.retune(policy.outlier_detection);
        }
    }

    pub(crate) fn destinations(&self) -> &[Arc<Destination>] {
        &self.destinations
    }

    pub(crate) fn clusters(&self) -> impl Iterator<Item = &Arc<Cluster>> {
        self.destinations
            .iter()
            .map(|destination| &destination.cluster)
    }

    /// How many configurations were in force before.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }
}

/// Where the configuration in force is read, once per request, and replaced, by the reconciler.
#[derive(Debug)]
pub(crate) struct Current(ArcSwap<Live>);

impl Current {
    pub(crate) fn new(live: Live) -> Self {
        Self(ArcSwap::from_pointee(live))
    }

    pub(crate) fn load(&self) -> Guard<Arc<Live>> {
        self.0.load()
    }

    /// Puts another configuration in force; the former is freed by the caller, not by a request.
    pub(crate) fn replace(&self, live: Live) -> Arc<Live> {
        self.0.swap(Arc::new(live))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use mesh_core::{
        Defaults,
        compile::compile,
        config::{Mesh, VirtualNode, VirtualService},
        unit::Protocol,
    };

    use super::*;
    use crate::runtime::meters::Meters;

    /// What is in force where these, and no others, are called.
    fn live(backends: &[&str], generation: u64) -> Live {
        let mut web = VirtualNode::builder("web");
        let mut mesh = Mesh::builder("shop");
        for &name in backends {
            let node = VirtualNode::builder(name).listener(8080, Protocol::Http);
            mesh = mesh
                .virtual_node(node.dns(name))
                .virtual_service(VirtualService::builder(name).virtual_node(name));
            web = web.backend(name);
        }
        let model = mesh.virtual_node(web).build().expect("a valid mesh");
        let snapshot = compile(&model, "web", Defaults::Safe).expect("a node of the mesh");
        let clusters = snapshot.clusters().iter().cloned();
        let clusters = clusters.map(|spec| Arc::new(Cluster::new(spec))).collect();
        let meters = Meters::new(&snapshot).resolve(&snapshot);
        Live::new(Arc::new(snapshot), clusters, meters, generation)
    }

    /// Loads until the last configuration is in force; each one must be whole and not older than the one before.
    fn read(current: &Current) {
        let mut newest = 0;
        while newest < REPLACED {
            let live = current.load();
            assert!(live.generation() >= newest, "a former one came back");
            newest = live.generation();
            let ids = live.snapshot().clusters().iter();
            let handles = live.clusters().map(|cluster| cluster.spec());
            assert!(ids.eq(handles), "ids of one, clusters of another");
            thread::yield_now();
        }
    }

    #[test]
    fn no_reader_sees_ids_of_one_configuration_with_clusters_of_another() {
        let current = Current::new(live(&["orders.local"], 0));
        thread::scope(|scope| {
            let readers = [(); 2].map(|()| scope.spawn(|| read(&current)));
            for generation in 1..=REPLACED {
                let backends = ["orders.local", "stock.local"];
                let next = live(&backends[(generation % 2) as usize..], generation);
                let former = current.replace(next);
                assert_eq!(former.generation(), generation - 1);
            }
            for reader in readers {
                reader.join().expect("whole configurations");
            }
        });
    }

    /// How many times the configuration is replaced; few under miri, which looks at every access.
    const REPLACED: u64 = if cfg!(miri) { 6 } else { 200 };
}
