//! A target: what stays while snapshots and endpoint sets come and go.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::Guard;
use mesh_core::{balance::RoundRobin, snapshot::ClusterSpec};

use super::{Endpoint, EndpointSet, Load, Pool};
use crate::{
    connect::Dial,
    runtime::budget::RetryBudget,
    sync::{ArcSwap, AtomicUsize, Mutex, Notified, Notify, Ordering},
};

/// One listener of one virtual node, as this process sees it. Holds no policy: limits come with each call.
#[derive(Debug)]
pub(crate) struct Cluster {
    spec: ClusterSpec,
    endpoints: ArcSwap<EndpointSet>,
    changed: Notify,
    /// Where round robin stands; kept when endpoints change, so that the first ones do not get the extra traffic.
    turns: RoundRobin,
    waiting: AtomicUsize,
    retries: RetryBudget,
    /// Counts of addresses that left, until when; touched by the reconciler only.
    linger: Mutex<BTreeMap<SocketAddr, (Arc<Load>, Instant)>>,
}

impl Cluster {
    pub(crate) fn new(spec: ClusterSpec) -> Self {
        Self {
            spec,
            endpoints: ArcSwap::default(),
            changed: Notify::new(),
            turns: RoundRobin::default(),
            waiting: AtomicUsize::new(0),
            retries: RetryBudget::new(),
            linger: Mutex::default(),
        }
    }

    pub(crate) fn spec(&self) -> &ClusterSpec {
        &self.spec
    }

    pub(crate) fn endpoints(&self) -> Guard<Arc<EndpointSet>> {
        self.endpoints.load()
    }

    /// Every address, and what is in flight there.
    pub(crate) fn loads(&self) -> Vec<(SocketAddr, usize)> {
        let set = self.endpoints();
        set.endpoints()
            .iter()
            .map(|endpoint| (endpoint.addr, endpoint.load.in_flight()))
            .collect()
    }

    /// Whose turn it is among so many endpoints.
    pub(crate) fn turns(&self) -> &RoundRobin {
        &self.turns
    }

    /// What its retries have used of their budget.
    pub(crate) fn retries(&self) -> &RetryBudget {
        &self.retries
    }

    /// Resolves when the endpoints change after this call.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Resolves when discovery has answered.
    pub(crate) async fn answered(&self) {
        loop {
            let changed = self.changed();
            if self.endpoints().is_answered() {
                return;
            }
            changed.await;
        }
    }

    /// One request that waits for an endpoint or a connection, until dropped; refused beyond `max`.
    pub(crate) fn wait(self: &Arc<Self>, max: usize) -> Result<Waiting, usize> {
        // One step: who is refused must not be counted even for a moment, or another would be refused for it.
        let placed = self
            .waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| {
                (before < max).then_some(before + 1)
            });
        placed.map(|_| Waiting(self.clone()))
    }

    /// Takes discovery's answer: addresses that stay keep their connections and counts, those that left are retired, and
    /// one that comes back within [`LINGER`] finds its counts again.
    pub(crate) fn update(&self, addrs: &[SocketAddr], dial: &Arc<dyn Dial>, now: Instant) {
        let before = self.endpoints.load_full();
        let mut linger = self.linger.lock();
        linger.retain(|_, (_, until)| *until > now);
        let endpoints = addrs.iter().map(|&addr| {
            let known = before
                .endpoints()
                .iter()
                .find(|endpoint| endpoint.addr == addr);
            known.cloned().unwrap_or_else(|| Endpoint {
                addr,
                load: linger
                    .remove(&addr)
                    .map(|(load, _)| load)
                    .unwrap_or_default(),
                pool: Arc::new(Pool::new(addr, self.spec.protocol, dial.clone())),
            })
        });
        self.endpoints
            .store(Arc::new(EndpointSet::answered(endpoints.collect())));
        for gone in before
            .endpoints()
            .iter()
            .filter(|endpoint| !addrs.contains(&endpoint.addr))
        {
            gone.pool.retire();
            linger.insert(gone.addr, (gone.load.clone(), now + LINGER));
        }
        drop(linger);
        self.changed.notify_waiters();
    }

    /// The target has left the configuration: its connections close with their last requests.
    pub(crate) fn retire(&self) {
        let last = self.endpoints.load();
        for endpoint in last.endpoints() {
            endpoint.pool.retire();
        }
        if !last.is_answered() {
            // Nobody follows its discovery any more: whoever waits for the first answer would wait for ever.
            self.endpoints
                .store(Arc::new(EndpointSet::answered(Vec::new())));
            self.changed.notify_waiters();
        }
    }
}

/// A place among those who wait.
#[derive(Debug)]
pub(crate) struct Waiting(Arc<Cluster>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How long the counts of an address that left are kept: the longest an ejection lasts by default.
///
/// # Source
/// Envoy, `OutlierDetection.max_ejection_time`: 300 s.
const LINGER: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use mesh_core::{
        Defaults,
        compile::compile,
        config::{Mesh, VirtualNode, VirtualService},
        unit::Protocol,
    };
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::{
        connect::{MemoryNetwork, Transport},
        runtime::clock,
    };

    /// A node of a mesh that another one may call.
    pub(super) fn spec() -> ClusterSpec {
        let orders = VirtualNode::builder("orders").listener(8080, Protocol::Http);
        let model = Mesh::builder("shop")
            .virtual_node(VirtualNode::builder("web").backend("orders.local"))
            .virtual_node(orders.dns("orders.local"))
            .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
            .build()
            .expect("a valid mesh");
        let snapshot = compile(&model, "web", Defaults::Safe).expect("a node of the mesh");
        snapshot.clusters()[0].clone()
    }

    fn cluster() -> Cluster {
        Cluster::new(spec())
    }

    #[tokio::test]
    async fn who_waits_for_a_target_that_leaves_waits_no_longer() {
        let cluster = cluster();
        let mut answered = Box::pin(cluster.answered());
        assert!(answered.as_mut().now_or_never().is_none());
        cluster.retire();
        assert!(answered.as_mut().now_or_never().is_some());
        assert!(cluster.endpoints().endpoints().is_empty());
    }

    fn wire(network: &MemoryNetwork) -> &dyn Transport {
        network
    }

    fn addrs(addrs: &[&str]) -> Vec<SocketAddr> {
        addrs
            .iter()
            .map(|addr| addr.parse().expect("an address"))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_comes_back_in_time_finds_its_counts_and_later_it_does_not() {
        let (cluster, dial): (_, Arc<dyn Dial>) = (cluster(), Arc::new(MemoryNetwork::new()));
        let (both, one) = (
            addrs(&["10.0.0.1:80", "10.0.0.2:80"]),
            addrs(&["10.0.0.2:80"]),
        );
        cluster.update(&both, &dial, clock::now());
        let _request = cluster.endpoints().endpoints()[0].load.begin();
        cluster.update(&one, &dial, clock::now());
        cluster.update(&both, &dial, clock::now());
        assert_eq!(cluster.loads(), [(both[0], 1), (both[1], 0)]);
        cluster.update(&one, &dial, clock::now());
        tokio::time::advance(LINGER).await;
        cluster.update(&both, &dial, clock::now());
        assert_eq!(cluster.loads(), [(both[0], 0), (both[1], 0)]);
    }

    #[tokio::test]
    async fn a_connection_that_is_given_back_to_a_retired_endpoint_closes() {
        let network = MemoryNetwork::new();
        let at = addrs(&["10.0.0.1:80"]);
        let mut accept = wire(&network)
            .bind(at[0])
            .await
            .expect("nobody listens there yet");
        let (cluster, dial): (_, Arc<dyn Dial>) = (cluster(), Arc::new(network));
        cluster.update(&at, &dial, clock::now());
        let endpoint = cluster.endpoints().endpoints()[0].clone();
        let lease = endpoint
            .pool
            .lease(&endpoint.load, LINGER)
            .await
            .expect("a connection");
        let (mut theirs, _) = accept.accept().await.expect("a connection");
        cluster.update(&[], &dial, clock::now());
        lease.give_back();
        let mut rest = Vec::new();
        theirs.read_to_end(&mut rest).await.expect("the end");
        assert!(rest.is_empty());
        assert_eq!(endpoint.load.in_flight(), 0);
    }
}

#[cfg(all(test, mesh_loom))]
mod loom_models {
    use loom::{future::block_on, thread};

    use super::{tests::spec, *};
    use crate::{
        connect::MemoryNetwork,
        endpoint::load::InFlight,
        sync::{explore, join},
    };

    fn at(ports: &[u16]) -> Vec<SocketAddr> {
        ports
            .iter()
            .map(|&port| ([10, 0, 0, 1], port).into())
            .collect()
    }

    /// What a request does that finds the first endpoint.
    fn begin(cluster: &Cluster) -> Option<InFlight> {
        let set = cluster.endpoints();
        set.endpoints()
            .first()
            .map(|endpoint| endpoint.load.begin())
    }

    #[test]
    fn no_count_is_lost_when_an_address_leaves_and_comes_back_under_requests() {
        let (spec, now) = (spec(), Instant::now());
        let dial: Arc<dyn Dial> = Arc::new(MemoryNetwork::new());
        explore(move || {
            let cluster = Arc::new(Cluster::new(spec.clone()));
            let update = |ports: &[u16]| cluster.update(&at(ports), &dial, now);
            update(&[1]);
            let before = begin(&cluster);
            let requests = [(); 2].map(|()| {
                let cluster = cluster.clone();
                thread::spawn(move || begin(&cluster))
            });
            update(&[]);
            update(&[1]);
            let during = join(requests);
            let begun = during.iter().chain([&before]).flatten().count();
            assert_eq!(cluster.loads(), [(at(&[1])[0], begun)]);
            drop((before, during));
            assert_eq!(cluster.loads(), [(at(&[1])[0], 0)]);
        });
    }

    #[test]
    fn who_waits_for_discovery_is_woken_by_its_answer_and_by_the_end_of_it() {
        let (spec, now) = (spec(), Instant::now());
        let dial: Arc<dyn Dial> = Arc::new(MemoryNetwork::new());
        explore(move || {
            for answers in [true, false] {
                let cluster = Arc::new(Cluster::new(spec.clone()));
                let (waiting, dial) = (cluster.clone(), dial.clone());
                let waiter = thread::spawn(move || block_on(waiting.answered()));
                match answers {
                    true => cluster.update(&at(&[1]), &dial, now),
                    false => cluster.retire(),
                }
                waiter.join().expect("it only waits");
            }
        });
    }

    #[test]
    fn as_many_wait_as_may_and_nobody_is_refused_for_one_who_was() {
        let spec = spec();
        explore(move || {
            let cluster = Arc::new(Cluster::new(spec.clone()));
            let first = cluster.wait(1).expect("nobody waits");
            let refused = {
                let cluster = cluster.clone();
                thread::spawn(move || cluster.wait(1).is_ok())
            };
            drop(first);
            let second = cluster.wait(1);
            let admitted = refused.join().expect("it only asks");
            assert!(second.is_ok() || admitted, "a place was free all the time");
            assert_eq!(
                cluster.waiting.load(Ordering::Relaxed),
                usize::from(second.is_ok())
            );
        });
    }
}
