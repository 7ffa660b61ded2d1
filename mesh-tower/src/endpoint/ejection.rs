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

use super::{Cluster, Destination, Endpoint, Load, roster::state_of, sweep};
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
        self.change(false, |roster, members| {
            let Some(detection) = roster.detection else {
                return Verdict::Moot;
            };
            let out = members.iter().filter(|(_, state)| state.ejection.is_out());
            let (out, all) = (out.count(), members.len());
            let member = members.iter_mut().find(|(known, _)| known.addr == addr);
            let Some((endpoint, state)) = member else {
                return Verdict::Moot;
            };
            // Whatever follows, it takes as many failures again until the next time.
            endpoint.load.succeeded();
            if state.ejection.is_out() {
                return Verdict::Moot;
            }
            if !detection.may_eject(out, all) {
                return Verdict::TooMany;
            }
            state.ejection.eject(&detection, now);
            roster.ejections += 1;
            Verdict::Out {
                lasts: state.ejection.duration(&detection),
                first: !std::mem::replace(&mut roster.sweeping, true),
            }
        })
    }

    fn tell(&self, endpoint: SocketAddr, verdict: Verdict) {
        let spec = self.spec();
        let (virtual_node, port) = (&spec.virtual_node, spec.port);
        match verdict {
            Verdict::Out { lasts, .. } => {
                tracing::warn!(%virtual_node, %port, %endpoint, reason = "consecutive failures", ?lasts, "ejected");
            }
            Verdict::TooMany => {
                tracing::debug!(%virtual_node, %port, %endpoint, reason = "consecutive failures", "not ejected: as many as may be are out");
            }
            Verdict::Moot => {}
        }
    }

    /// Brings back those whose time is over; who they are.
    pub(super) fn sweep(&self, now: Instant) -> Vec<SocketAddr> {
        self.change(false, |roster, members| {
            let Some(detection) = roster.detection else {
                return Vec::new();
            };
            let members = members
                .iter_mut()
                .map(|(known, state)| (known.addr, &known.load, state));
            let gone = roster.gone.iter_mut();
            let gone = gone.map(|(addr, gone)| (*addr, &gone.load, &mut gone.state));
            let returned = members.chain(gone).filter_map(|(addr, load, state)| {
                let back = state.ejection.sweep(&detection, now);
                back.then(|| {
                    load.succeeded();
                    addr
                })
            });
            returned.collect()
        })
    }

    /// Goes by these numbers from now on; without any, everybody comes back.
    pub(crate) fn retune(&self, detection: Option<OutlierDetection>) {
        self.change(false, |roster, members| {
            roster.detection = detection;
            if detection.is_none() {
                roster.pardon(members);
            }
        });
        self.retuned.notify_waiters();
    }

    /// Takes an endpoint out by hand, also one that is gone for the moment; whether it is known.
    pub(crate) fn withdraw(&self, addr: SocketAddr) -> bool {
        self.change(false, |roster, members| {
            let known = state_of(roster, members, addr);
            known.map(|(_, state)| state.withdrawn = true).is_some()
        })
    }

    /// Undoes that, and what its failures did; whether it is known.
    pub(crate) fn admit(&self, addr: SocketAddr) -> bool {
        self.change(false, |roster, members| {
            let known = state_of(roster, members, addr);
            let admitted = known.map(|(load, state)| {
                load.succeeded();
                state.withdrawn = false;
                state.ejection.admit();
            });
            admitted.is_some()
        })
    }
}

#[cfg(test)]
mod tests;

#[cfg(all(test, mesh_loom))]
mod loom_models;
