//! Endpoints in numbers, for the metrics.

use mesh_core::{balance::Admission, health::Health, metric::Number};

use super::{Cluster, Ejected, set::State};

/// How the endpoints of a virtual node stand: each is counted once.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    usable: u64,
    outliers: u64,
    by_hand: u64,
    unwell: u64,
    unknown: u64,
    panicking: u64,
    ejections: u64,
}

impl Tally {
    /// Adds another of the node's clusters.
    pub(crate) fn add(&mut self, cluster: &Cluster) {
        let set = cluster.endpoints();
        for (_, state) in set.members() {
            *self.count(state) += 1;
        }
        self.panicking += u64::from(set.admission() != Admission::Usable);
        self.ejections += cluster.ejections();
    }

    /// What counts those that stand so; the strongest reason stands for all.
    fn count(&mut self, state: &State) -> &mut u64 {
        match state {
            State {
                withdrawn: true, ..
            } => &mut self.by_hand,
            _ if state.ejection.is_out() => &mut self.outliers,
            State {
                health: Health::Well,
                ..
            } => &mut self.usable,
            State {
                health: Health::Unknown,
                ..
            } => &mut self.unknown,
            _ => &mut self.unwell,
        }
    }

    pub(crate) fn numbers(&self, target: &str) -> Vec<Number> {
        let outlier = Ejected::Outlier { until: None };
        let states = [
            ("usable", None, self.usable),
            ("ejected", Some(outlier), self.outliers),
            ("ejected", Some(Ejected::ByHand), self.by_hand),
            ("unwell", None, self.unwell),
            ("unknown", None, self.unknown),
        ];
        let count = |(state, why, count): (_, Option<Ejected>, _)| {
            let help =
                "Endpoints that are known, by what is known of them: the strongest of several.";
            let number = Number::gauge("mesh_endpoints", help, count);
            let number = number.of("target", target).of("state", state);
            match why {
                Some(why) => number.of("reason", why.reason()),
                None => number,
            }
        };
        let mut numbers: Vec<_> = states.map(count).into();
        let panicking = Number::gauge(
            "mesh_endpoints_panic",
            "Listeners of a target of whose endpoints so few are usable that others are used, too.",
            self.panicking,
        );
        let ejections = Number::counter(
            "mesh_endpoint_ejections_total",
            "Endpoints that were put out because they failed too often in a row.",
            self.ejections,
        );
        numbers.extend([
            panicking.of("target", target),
            ejections.of("target", target),
        ]);
        numbers
    }
}
