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
    check::Orders,
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
    pub(super) async fn run(mut self, mut orders: watch::Receiver<Orders>) {
        let first = orders.borrow_and_update().clone();
        self.take(first);
        loop {
            self.ask_due();
            let next = self.next_due();
            tokio::select! {
                // In a fixed order, so that the same seed gives the same run.
                biased;
                changed = orders.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let next = orders.borrow_and_update().clone();
                    self.take(next);
                }
                Some(asked) = self.asking.next() => self.answered(asked),
                () = until(next) => {}
            }
        }
    }

    fn take(&mut self, orders: Orders) {
        let now = clock::now();
        if self.question.check != orders.question.check {
            self.question = orders.question;
            for watched in self.endpoints.values_mut() {
                let wait = self.question.check.wait(&mut &*self.checker.connector.rng);
                watched.due = watched.due.min(now + wait);
                watched.probe.as_mut().map(Probe::hang_up);
            }
        }
        self.endpoints
            .retain(|addr, _| orders.endpoints.contains(addr));
        for addr in orders.endpoints {
            if !self.endpoints.contains_key(&addr) {
                self.begun += 1;
                let watched = Watched {
                    id: self.begun,
                    checked: Checked::from(self.known(addr)),
                    due: now,
                    probe: Some(Probe::new(addr, self.checker.connector.dial.clone())),
                };
                self.endpoints.insert(addr, watched);
            }
        }
    }

    /// What the target knows of an endpoint that was not asked yet: it may have been there before.
    fn known(&self, addr: SocketAddr) -> Health {
        let cluster = self.cluster.upgrade();
        let known = cluster.and_then(|cluster| {
            let set = cluster.endpoints();
            let member = set.members().find(|(endpoint, _)| endpoint.addr == addr);
            member.map(|(_, state)| state.health)
        });
        known.unwrap_or(Health::Unknown)
    }

    fn ask_due(&mut self) {
        let now = clock::now();
        for (&endpoint, watched) in &mut self.endpoints {
            if self.asking.len() >= MOST_AT_ONCE {
                return;
            }
            if watched.due > now {
                continue;
            }
            if let Some(mut probe) = watched.probe.take() {
                let (id, question) = (watched.id, self.question.clone());
                let asked = async move {
                    let answer = probe.ask(&question).await;
                    Asked {
                        endpoint,
                        id,
                        question,
                        probe,
                        answer,
                    }
                };
                self.asking.push(asked.boxed());
            }
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

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => time::sleep_until(due.into()).await,
        None => futures::future::pending().await,
    }
}

/// How many endpoints of one target are asked at the same time.
const MOST_AT_ONCE: usize = 32;
