//! What the reconciler holds of a target's checks.

use std::sync::Arc;

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
    /// Sent also where only the endpoints are others; whose they are is the target's to say.
    question: watch::Sender<Arc<Question>>,
    _task: AbortOnDropHandle<()>,
}

impl Check {
    /// Begins to ask the endpoints that the target has.
    pub(crate) fn begin(cluster: &Arc<Cluster>, check: HealthCheck, checker: Checker) -> Self {
        let question = Arc::new(Question::new(check, cluster.spec()));
        let round = Round::new(cluster, checker, question.clone());
        let (question, received) = watch::channel(question);
        Self {
            question,
            _task: AbortOnDropHandle::new(tokio::spawn(round.run(received))),
        }
    }

    /// Asks by this check from now on. What is known of the endpoints stays.
    pub(crate) fn retune(&self, check: &HealthCheck, cluster: &Cluster) {
        self.question.send_if_modified(|question| {
            let changes = question.check != *check;
            if changes {
                *question = Arc::new(Question::new(check.clone(), cluster.spec()));
            }
            changes
        });
    }

    /// Discovery has answered: asks new endpoints at once, and those that left no more.
    pub(crate) fn follow(&self) {
        self.question.send_modify(|_| ());
    }
}
