//! What the reconciler holds of a target's checks.

use std::{net::SocketAddr, sync::Arc};

use mesh_core::health::HealthCheck;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::{Checks, probe::Question, round::Round};
use crate::endpoint::{Cluster, Connector};

/// What all checks of a mesh share.
#[derive(Clone, Debug)]
pub(crate) struct Checker {
    pub(crate) connector: Arc<Connector>,
    pub(crate) counts: Arc<Checks>,
}

/// The checks of one target; they end when it is dropped.
#[derive(Debug)]
pub(crate) struct Check {
    orders: watch::Sender<Orders>,
    _task: AbortOnDropHandle<()>,
}

impl Check {
    /// Begins to ask the endpoints that the target has.
    pub(crate) fn begin(cluster: &Arc<Cluster>, check: HealthCheck, checker: Checker) -> Self {
        let question = Arc::new(Question::new(check, cluster.spec()));
        let endpoints = addrs(cluster);
        let (orders, received) = watch::channel(Orders {
            question: question.clone(),
            endpoints,
        });
        let round = Round::new(cluster, checker, question);
        Self {
            orders,
            _task: AbortOnDropHandle::new(tokio::spawn(round.run(received))),
        }
    }

    /// Asks by this check from now on. What is known of the endpoints stays.
    pub(crate) fn retune(&self, check: &HealthCheck, cluster: &Cluster) {
        self.orders.send_if_modified(|orders| {
            let changes = orders.question.check != *check;
            if changes {
                orders.question = Arc::new(Question::new(check.clone(), cluster.spec()));
            }
            changes
        });
    }

    /// Discovery has answered: asks new endpoints at once, and those that left no more.
    pub(crate) fn follow(&self, cluster: &Cluster) {
        self.orders
            .send_modify(|orders| orders.endpoints = addrs(cluster));
    }
}

fn addrs(cluster: &Cluster) -> Vec<SocketAddr> {
    let set = cluster.endpoints();
    set.members().map(|(endpoint, _)| endpoint.addr).collect()
}

/// What the task is told.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    pub(super) question: Arc<Question>,
    pub(super) endpoints: Vec<SocketAddr>,
}
