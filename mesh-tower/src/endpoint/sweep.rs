//! The task that brings ejected endpoints back. There is one while a cluster has somebody to bring back or to forgive, and none
//! otherwise.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time;

use super::Cluster;
use crate::{runtime::clock, sync::Notify};

/// Begins to sweep; called by who put the first one out.
pub(super) fn begin(cluster: &Arc<Cluster>) {
    let retuned = cluster.retuned.clone();
    let sweep = Sweep(Arc::downgrade(cluster));
    tokio::spawn(sweep.run(retuned));
}

/// Holds no cluster: who has none to call has none to sweep.
struct Sweep(Weak<Cluster>);

impl Sweep {
    async fn run(mut self, retuned: Arc<Notify>) {
        loop {
            let retuned = retuned.notified();
            let Some(every) = self.next() else {
                // Its end was agreed on with who ejects next.
                self.0 = Weak::new();
                return;
            };
            tokio::select! {
                biased;
                () = time::sleep(every) => self.sweep(),
                () = retuned => {}
            }
        }
    }

    fn next(&self) -> Option<Duration> {
        self.0.upgrade()?.next_sweep()
    }

    fn sweep(&self) {
        let Some(cluster) = self.0.upgrade() else {
            return;
        };
        let (virtual_node, port) = (&cluster.spec().virtual_node, cluster.spec().port);
        for endpoint in cluster.sweep(clock::now()) {
            tracing::info!(%virtual_node, %port, %endpoint, "back after its ejection");
        }
    }
}

impl Drop for Sweep {
    /// The runtime ended before the last one was back. Another may serve the same mesh, and nobody else would bring them back.
    fn drop(&mut self) {
        if let Some(cluster) = self.0.upgrade() {
            cluster.stop_sweeping();
        }
    }
}

impl Cluster {
    /// When to sweep next; `None` ends the sweeping, until somebody is ejected again.
    pub(super) fn next_sweep(&self) -> Option<Duration> {
        let mut roster = self.roster.lock();
        let set = self.endpoints();
        let mut gone = roster.gone.values();
        let settled = set.members().all(|(_, state)| state.ejection.is_settled())
            && gone.all(|gone| gone.state.ejection.is_settled());
        let next = roster.detection.filter(|_| !settled);
        roster.sweeping = next.is_some();
        next.map(|detection| detection.sweep_every())
    }

    /// Nobody sweeps any more, so nobody stays out.
    fn stop_sweeping(&self) {
        self.revise(|roster, members| {
            roster.sweeping = false;
            roster.pardon(members);
        });
    }
}
