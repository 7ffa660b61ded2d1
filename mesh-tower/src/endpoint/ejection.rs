//! Endpoints that fail go out and come back, by themselves or by hand.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use mesh_core::{
    metric::Outcome,
    mode::Shadowed,
    outlier::{OutlierDetection, is_failure},
};

use super::{Cluster, Destination, Ejected, Endpoint, Load, set::State, sweep};
use crate::runtime::clock;

impl Destination {
    /// An attempt at an endpoint has ended so, or has its answer's head; asked for only where it matters.
    ///
    /// For a well endpoint that costs one read.
    pub(crate) fn ended(&self, endpoint: &Endpoint, outcome: impl FnOnce() -> Outcome) {
        let Some(detection) = &self.policy.outlier_detection else {
            return;
        };
        match is_failure(outcome()) {
            false => endpoint.load.succeeded(),
            true => self.failed(endpoint.addr, &endpoint.load, detection),
        }
    }

    /// An attempt was cut by a limit before the endpoint had answered. A connection that was not made by then counts, too:
    /// it could not be told from one to an endpoint that swallows everything.
    #[cold]
    pub(crate) fn cut(&self, addr: SocketAddr) {
        let set = self.cluster.endpoints();
        let known = set.members().find(|(endpoint, _)| endpoint.addr == addr);
        if let Some((endpoint, _)) = known {
            self.ended(endpoint, || Outcome::PerTryTimeout);
        }
    }

    #[cold]
    fn failed(&self, addr: SocketAddr, load: &Load, detection: &OutlierDetection) {
        let most = usize::try_from(detection.max_server_errors()).unwrap_or(usize::MAX);
        if load.failed() < most {
            return;
        }
        if let Some(shadow) = &self.shadow {
            load.succeeded();
            shadow.note(Shadowed::Ejection);
            let virtual_node = &self.cluster.spec().virtual_node;
            tracing::debug!(%virtual_node, endpoint = %addr, "shadow: an ejection");
            return;
        }
        let verdict = self.cluster.eject(addr, clock::now());
        self.cluster.tell(addr, verdict);
        if let Verdict::Out { first: true, .. } = verdict {
            sweep::begin(&self.cluster);
        }
    }
}

/// What became of an endpoint that failed once too often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// It is out for so long at least; `first` if nobody sweeps yet.
    Out { lasts: Duration, first: bool },
    /// As many others are out as may be.
    TooMany,
    /// It is out already, or has left, or failures do not matter any more.
    Moot,
}

impl Cluster {
    /// Puts an endpoint out, unless too many are.
    pub(super) fn eject(&self, addr: SocketAddr, now: Instant) -> Verdict {
        self.revise(|roster, members| {
            let Some(detection) = roster.detection else {
                return Verdict::Moot;
            };
            let Some((endpoint, &State { ejection, .. })) = members.find(addr) else {
                return Verdict::Moot;
            };
            // Whatever follows, it takes as many failures again until the next time.
            endpoint.load.succeeded();
            if ejection.is_out() {
                return Verdict::Moot;
            }
            let (out, all) = members.out();
            if !detection.may_eject(out, all) {
                return Verdict::TooMany;
            }
            let mut ejected = ejection;
            ejected.eject(&detection, now);
            members.alter(addr, |state| state.ejection = ejected);
            roster.ejections += 1;
            Verdict::Out {
                lasts: ejected.duration(&detection),
                first: !std::mem::replace(&mut roster.sweeping, true),
            }
        })
    }

    fn tell(&self, endpoint: SocketAddr, verdict: Verdict) {
        let spec = self.spec();
        let (virtual_node, port) = (&spec.virtual_node, spec.port);
        let reason = Ejected::Outlier { until: None }.reason();
        match verdict {
            Verdict::Out { lasts, .. } => {
                tracing::warn!(%virtual_node, %port, %endpoint, reason, ?lasts, "ejected");
            }
            Verdict::TooMany => {
                tracing::debug!(%virtual_node, %port, %endpoint, reason, "not ejected: as many as may be are out");
            }
            Verdict::Moot => {}
        }
    }

    /// Brings back those whose time is over; who they are.
    pub(super) fn sweep(&self, now: Instant) -> Vec<SocketAddr> {
        self.revise(|roster, members| {
            let mut returned = Vec::new();
            let Some(detection) = roster.detection else {
                return returned;
            };
            let mut sweep = |addr, load: &Load, state: &mut State| {
                if state.ejection.sweep(&detection, now) {
                    load.succeeded();
                    returned.push(addr);
                }
            };
            members.alter_each(|endpoint, state| sweep(endpoint.addr, &endpoint.load, state));
            for (addr, gone) in &mut roster.gone {
                sweep(*addr, &gone.load, &mut gone.state);
            }
            returned
        })
    }

    /// Goes by these numbers from now on; without any, everybody comes back.
    pub(crate) fn retune(&self, detection: Option<OutlierDetection>) {
        self.revise(|roster, members| {
            roster.detection = detection;
            if detection.is_none() {
                roster.pardon(members);
            }
        });
        self.retuned.notify_waiters();
    }

    /// Takes an endpoint out by hand, also one that is gone for the moment; whether it is known.
    pub(crate) fn withdraw(&self, addr: SocketAddr) -> bool {
        self.revise(|roster, members| {
            let withdraw = |state: &mut State| state.withdrawn = true;
            let gone = roster.gone.get_mut(&addr);
            let gone = gone.map(|gone| withdraw(&mut gone.state)).is_some();
            members.alter(addr, withdraw).is_some() || gone
        })
    }

    /// Undoes that, and what its failures did; whether it is known.
    pub(crate) fn admit(&self, addr: SocketAddr) -> bool {
        self.revise(|roster, members| {
            let admit = |state: &mut State| {
                state.withdrawn = false;
                state.ejection.admit();
            };
            let gone = roster.gone.get_mut(&addr).map(|gone| {
                admit(&mut gone.state);
                gone.load.succeeded();
            });
            let here = members.alter(addr, admit).map(|load| load.succeeded());
            gone.or(here).is_some()
        })
    }
}

#[cfg(test)]
mod tests;

#[cfg(all(test, mesh_loom))]
mod loom_models;
