//! A target: what stays while snapshots and endpoint sets come and go.

use std::{net::SocketAddr, sync::Arc};

use arc_swap::Guard;
use mesh_core::{
    balance::{Admission, RoundRobin},
    health::Health,
    snapshot::ClusterSpec,
};

use super::{
    EndpointSet,
    roster::{Members, Roster},
    set::Member,
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

    /// What the checks of an endpoint say.
    pub(crate) fn set_health(&self, addr: SocketAddr, health: Health) {
        self.revise(|_, members| {
            members.alter(addr, |state| state.health = health);
        });
    }

    /// Nobody checks the endpoints any more.
    pub(crate) fn void_health(&self) {
        self.revise(|_, members| members.alter_each(|_, state| state.health = Health::Well));
    }

    /// Changes what is known of endpoints. The set is replaced only if something is another: an endpoint that fails over and over
    /// copies nothing.
    pub(super) fn revise<T>(&self, revise: impl FnOnce(&mut Roster, &mut Members<'_>) -> T) -> T {
        let mut roster = self.roster.lock();
        let before = self.endpoints.load_full();
        let mut members = Members::of(&before);
        let told = revise(&mut roster, &mut members);
        let after = members.changed();
        let after = after.map(|members| EndpointSet::new(members, before.is_answered()));
        let admissions = after.map(|after| self.store(&before, after));
        // The lock ends first: who listens to events may ask for endpoints.
        drop(roster);
        if let Some(admissions) = admissions {
            self.announce(admissions);
        }
        told
    }

    /// Replaces the set by what discovery says. Whoever changes has the lock from reading to writing, here as in
    /// [`revise`](Self::revise).
    pub(super) fn replace(&self, by: impl FnOnce(&mut Roster, &EndpointSet) -> Vec<Member>) {
        let mut roster = self.roster.lock();
        let before = self.endpoints.load_full();
        let after = EndpointSet::new(by(&mut roster, &before), true);
        let admissions = self.store(&before, after);
        drop(roster);
        self.announce(admissions);
    }

    fn store(&self, before: &EndpointSet, after: EndpointSet) -> (Admission, Admission) {
        let admissions = (before.admission(), after.admission());
        self.endpoints.store(Arc::new(after));
        admissions
    }

    /// Wakes who waits for another set, and says that what is known against endpoints begins or ceases to be ignored.
    fn announce(&self, (before, after): (Admission, Admission)) {
        self.changed.notify_waiters();
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
            self.replace(|_, last| {
                last.members()
                    .map(|(at, state)| (at.clone(), *state))
                    .collect()
            });
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

#[cfg(test)]
pub(in crate::endpoint) mod tests;

#[cfg(all(test, mesh_loom))]
mod loom_models;
