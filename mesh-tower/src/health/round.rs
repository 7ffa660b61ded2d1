//! The task that asks the endpoints of one target, each in its turn.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Weak},
    time::Instant,
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use mesh_core::health::{Answer, Checked, Health};
use tokio::{sync::watch, time};

use super::{
    Checker,
    probe::{Probe, Question},
};
use crate::{endpoint::Cluster, runtime::clock};

/// The endpoints of one target, and when each is due.
pub(super) struct Round {
    cluster: Weak<Cluster>,
    checker: Checker,
    question: Arc<Question>,
    endpoints: BTreeMap<SocketAddr, Watched>,
    asking: FuturesUnordered<BoxFuture<'static, Asked>>,
    begun: u64,
}

/// One endpoint between its checks.
struct Watched {
    /// Tells an address that came back from what it was before.
    id: u64,
    checked: Checked,
    due: Instant,
    /// `None` while it is asked.
    probe: Option<Probe>,
}

/// One check that has ended.
struct Asked {
    endpoint: SocketAddr,
    id: u64,
    question: Arc<Question>,
    probe: Probe,
    answer: Answer,
}

impl Round {
    pub(super) fn new(cluster: &Arc<Cluster>, checker: Checker, question: Arc<Question>) -> Self {
        Self {
            cluster: Arc::downgrade(cluster),
            checker,
            question,
            endpoints: BTreeMap::new(),
            asking: FuturesUnordered::new(),
            begun: 0,
        }
    }

    /// Asks until nobody can tell it anything more.
    pub(super) async fn run(mut self, mut questions: watch::Receiver<Arc<Question>>) {
        self.meet();
        loop {
            self.ask_due();
            let next = self.next_due();
            tokio::select! {
                // In a fixed order, so that the same seed gives the same run.
                biased;
                changed = questions.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let question = questions.borrow_and_update().clone();
                    self.take(question);
                    self.meet();
                }
                Some(asked) = self.asking.next() => self.answered(asked),
                () = until(next) => {}
            }
        }
    }

    fn take(&mut self, question: Arc<Question>) {
        if self.question.check == question.check {
            return;
        }
        self.question = question;
        let now = clock::now();
        for watched in self.endpoints.values_mut() {
            let wait = self.question.check.wait(&mut &*self.checker.connector.rng);
            watched.due = watched.due.min(now + wait);
            watched.probe.as_mut().map(Probe::hang_up);
        }
    }

    /// Begins to ask those that are new in the target, and forgets those that left.
    fn meet(&mut self) {
        let known = self.known();
        // Who left and came back between two looks is new as well: the target has forgotten what was answered before.
        let is_as_before = |addr: &SocketAddr, watched: &Watched| {
            let known = known.get(addr);
            known
                .is_some_and(|&known| known != Health::Unknown || watched.checked.health() == known)
        };
        self.endpoints
            .retain(|addr, watched| is_as_before(addr, watched));
        let now = clock::now();
        for (addr, health) in known {
            self.endpoints.entry(addr).or_insert_with(|| {
                self.begun += 1;
                Watched {
                    id: self.begun,
                    checked: Checked::from(health),
                    due: now,
                    probe: Some(Probe::new(addr, self.checker.connector.dial.clone())),
                }
            });
        }
    }

    /// The target's endpoints; one that was there before it was checked has a health already.
    fn known(&self) -> BTreeMap<SocketAddr, Health> {
        let Some(cluster) = self.cluster.upgrade() else {
            return BTreeMap::new();
        };
        let set = cluster.endpoints();
        let members = set.members();
        members
            .map(|(endpoint, state)| (endpoint.addr, state.health))
            .collect()
    }

    /// Who has waited longest is asked first, or those that never answer would keep all others from being asked.
    fn ask_due(&mut self) {
        let now = clock::now();
        while self.asking.len() < MOST_AT_ONCE {
            let due = self.endpoints.iter_mut();
            let due = due.filter(|(_, watched)| watched.probe.is_some() && watched.due <= now);
            let Some((&endpoint, watched)) = due.min_by_key(|(_, watched)| watched.due) else {
                return;
            };
            let Some(probe) = watched.probe.take() else {
                return;
            };
            let asked = ask(endpoint, watched.id, self.question.clone(), probe);
            self.asking.push(asked.boxed());
        }
    }

    fn next_due(&self) -> Option<Instant> {
        if self.asking.len() >= MOST_AT_ONCE {
            return None;
        }
        let waiting = self
            .endpoints
            .values()
            .filter(|watched| watched.probe.is_some());
        waiting.map(|watched| watched.due).min()
    }

    fn answered(&mut self, asked: Asked) {
        self.checker.counts.answered(asked.answer);
        let watched = self.endpoints.get_mut(&asked.endpoint);
        let Some(watched) = watched.filter(|watched| watched.id == asked.id) else {
            return;
        };
        let mut probe = asked.probe;
        if !Arc::ptr_eq(&asked.question, &self.question) {
            probe.hang_up();
        }
        let check = &self.question.check;
        watched.probe = Some(probe);
        watched.due = clock::now() + check.wait(&mut &*self.checker.connector.rng);
        if let Some(health) = watched.checked.take(asked.answer, check) {
            self.became(asked.endpoint, health, asked.answer);
        }
    }

    fn became(&self, endpoint: SocketAddr, health: Health, answer: Answer) {
        let Some(cluster) = self.cluster.upgrade() else {
            return;
        };
        self.checker.counts.became(health);
        let node = &cluster.spec().virtual_node;
        match health.is_well() {
            true => tracing::info!(virtual_node = %node, %endpoint, "the endpoint is well"),
            false => {
                tracing::warn!(virtual_node = %node, %endpoint, %answer, "the endpoint is unwell: it gets no requests until its checks succeed");
            }
        }
        cluster.set_health(endpoint, health);
    }
}

async fn ask(endpoint: SocketAddr, id: u64, question: Arc<Question>, mut probe: Probe) -> Asked {
    let answer = probe.ask(&question).await;
    Asked {
        endpoint,
        id,
        question,
        probe,
        answer,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => time::sleep_until(due.into()).await,
        None => futures::future::pending().await,
    }
}

/// How many endpoints of one target are asked at the same time.
const MOST_AT_ONCE: usize = 32;
