//! Groups of endpoints: which stay, which come and which go.

use std::collections::BTreeMap;

use super::change::{Changes, Pair, or_none, pairs};
use crate::snapshot::{
    ClusterPolicy, ClusterSpec, Snapshot,
    words::{Checked, LeftOut, balance},
};

impl Changes {
    /// How many are kept, new and retired.
    pub(super) fn endpoints(&mut self, old: &Snapshot, new: &Snapshot) -> (usize, usize, usize) {
        let (mut kept, mut added, mut retired) = (0, 0, 0);
        for (spec, pair) in pairs(&by_spec(old), &by_spec(new)) {
            let subject = format!("endpoints of {}:{}", spec.virtual_node, spec.port);
            let what = format!("{}, {}, {}", spec.protocol, spec.discovery, spec.tls);
            match pair {
                Pair::New(_) => {
                    added += 1;
                    self.added(subject, format!("new ({what})"));
                }
                Pair::Old(_) => {
                    retired += 1;
                    self.removed(subject, format!("retired ({what})"));
                }
                Pair::Both(old, new) => {
                    kept += 1;
                    self.policy(&subject, [old, new]);
                }
            }
        }
        (kept, added, retired)
    }

    fn policy(&mut self, subject: &str, both: [&ClusterPolicy; 2]) {
        self.compare(subject, "chosen", both.map(|one| balance(one.balance)));
        let checks = both.map(|one| or_none(one.health_check.as_ref().map(Checked)));
        self.compare(subject, "health check", checks);
        let detections = both.map(|one| or_none(one.outlier_detection.as_ref().map(LeftOut)));
        self.compare(subject, "outlier detection", detections);
    }
}

fn by_spec(snapshot: &Snapshot) -> BTreeMap<&ClusterSpec, &ClusterPolicy> {
    let policies = snapshot.cluster_policies();
    snapshot.clusters().iter().zip(policies).collect()
}
