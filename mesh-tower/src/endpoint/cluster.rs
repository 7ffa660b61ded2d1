//! A target: what stays while snapshots and endpoint sets come and go.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::Guard;
use mesh_core::{
    balance::{Admission, RoundRobin},
    health::Health,
    snapshot::ClusterSpec,
};

use super::{
    Connector, Endpoint, EndpointSet, Pool,
    roster::{Gone, Members, Roster, state_of},
    set::State,
};
use crate::{
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
    /// Wakes who sweeps: its numbers have changed, or the cluster has gone.
    pub(super) retuned: Arc<Notify>,
    /// Held by whoever changes the endpoints, so that no change is lost; requests only read.
    pub(super) roster: Mutex<Roster>,
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
            retuned: Arc::default(),
            roster: Mutex::default(),
        }
    }

    pub(crate) fn spec(&self) -> &ClusterSpec {
        &self.spec
    }

    pub(crate) fn endpoints(&self) -> Guard<Arc<EndpointSet>> {
        self.endpoints.load()
    }

    /// How often an endpoint was put out for its failures.
    pub(crate) fn ejections(&self) -> u64 {
        self.roster.lock().ejections
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

    /// Takes discovery's answer: addresses that stay keep their connections, counts and state, those that left are retired,
    /// and one that comes back within [`LINGER`] finds its counts and state again.
    ///
    /// A new one begins as `unheard`: [`Health::Unknown`] where endpoints are checked. [`Health::Well`] says that nobody checks
    /// them, so what is known of their health is void.
    pub(crate) fn update(
        &self,
        addrs: &[SocketAddr],
        connector: &Arc<Connector>,
        unheard: Health,
        now: Instant,
    ) {
        self.change(true, |roster, members| {
            roster.forget(now);
            let before = std::mem::take(members);
            members.extend(addrs.iter().map(|&addr| {
                let known = before.iter().find(|(endpoint, _)| endpoint.addr == addr);
                let (endpoint, mut state) = known
                    .cloned()
                    .unwrap_or_else(|| self.member(addr, roster, connector, unheard));
                if unheard.is_well() {
                    state.health = Health::Well;
                }
                (endpoint, state)
            }));
            let gone = before
                .into_iter()
                .filter(|(endpoint, _)| !addrs.contains(&endpoint.addr));
            for (Endpoint { addr, load, pool }, state) in gone {
                pool.retire();
                let until = now + LINGER;
                roster.gone.insert(addr, Gone { load, state, until });
            }
        });
    }

    /// An address that was not in the set, but perhaps not long ago.
    fn member(
        &self,
        addr: SocketAddr,
        roster: &mut Roster,
        connector: &Arc<Connector>,
        health: Health,
    ) -> (Endpoint, State) {
        let pool = Arc::new(Pool::new(addr, self.spec.protocol, connector.clone()));
        let (load, state) = match roster.gone.remove(&addr) {
            Some(gone) => (gone.load, gone.state),
            None => {
                let state = State {
                    health,
                    ..State::default()
                };
                (Arc::default(), state)
            }
        };
        (Endpoint { addr, load, pool }, state)
    }

    /// What the checks of an endpoint say, also of one that is gone for the moment.
    pub(crate) fn set_health(&self, addr: SocketAddr, health: Health) {
        self.change(false, |roster, members| {
            if let Some((_, state)) = state_of(roster, members, addr) {
                state.health = health;
            }
        });
    }

    /// Replaces the set by one in which something was changed. The one way to do so: whoever changes has the lock from
    /// reading to writing. `answered` says that discovery did it.
    pub(super) fn change<T>(
        &self,
        answered: bool,
        change: impl FnOnce(&mut Roster, &mut Members) -> T,
    ) -> T {
        let mut roster = self.roster.lock();
        let before = self.endpoints.load_full();
        let mut members = before
            .members()
            .map(|(endpoint, state)| (endpoint.clone(), *state))
            .collect();
        let told = change(&mut roster, &mut members);
        let after = EndpointSet::new(members, answered || before.is_answered());
        let admissions = (before.admission(), after.admission());
        self.endpoints.store(Arc::new(after));
        // The lock ends first: who listens to events may ask for endpoints.
        drop(roster);
        self.changed.notify_waiters();
        self.announce(admissions);
        told
    }

    /// Says that what is known against endpoints begins or ceases to be ignored.
    fn announce(&self, (before, after): (Admission, Admission)) {
        let ClusterSpec {
            virtual_node, port, ..
        } = &self.spec;
        match after {
            _ if before == after => {}
            Admission::Panic => {
                tracing::warn!(%virtual_node, %port, "panic: fewer than half of the endpoints are usable, so all that were not taken out by hand are used");
            }
            Admission::AllWithdrawn => {
                tracing::warn!(%virtual_node, %port, "every endpoint was taken out by hand, so all are used");
            }
            _ => tracing::info!(%virtual_node, %port, "the usable endpoints are enough again"),
        }
    }

    /// The target has left the configuration: its connections close with their last requests.
    pub(crate) fn retire(&self) {
        let last = self.endpoints.load();
        for (endpoint, _) in last.members() {
            endpoint.pool.retire();
        }
        self.retune(None);
        if !last.is_answered() {
            // Nobody follows its discovery any more: whoever waits for the first answer would wait for ever.
            self.change(true, |_, _| ());
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.retuned.notify_waiters();
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

/// How long the counts and the state of an address that left are kept: the longest an ejection lasts by default.
///
/// # Source
/// Envoy, `OutlierDetection.max_ejection_time`: 300 s.
const LINGER: Duration = Duration::from_secs(300);

#[cfg(test)]
pub(in crate::endpoint) mod tests;

#[cfg(all(test, mesh_loom))]
mod loom_models;
