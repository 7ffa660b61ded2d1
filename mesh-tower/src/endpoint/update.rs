//! Discovery's answers: who stays, who is new, who left, and what is remembered of those that come back.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use mesh_core::health::Health;

use super::{
    Cluster, Connector, Endpoint, EndpointSet, Pool,
    roster::{Gone, Roster},
    set::{Member, State},
};

impl Cluster {
    /// Takes discovery's answer: addresses that stay keep their connections, counts and state, those that left are retired, and one
    /// that comes back within [`LINGER`] finds its counts again, and whether it was put out. What its checks said is not among
    /// that: another process may be there by then, and it is to be asked before it takes requests.
    ///
    /// A new one begins as `unheard`: [`Health::Unknown`] where endpoints are checked. [`Health::Well`] says that nobody checks
    /// them, so what is known of their health is void.
    pub(crate) fn update(
        &self,
        addrs: &[SocketAddr],
        connector: &Arc<Connector>,
        unheard: Health,
        now: Instant,
    ) {
        self.replace(|roster, before| {
            roster.forget(now);
            let mut members = Vec::with_capacity(addrs.len());
            for &addr in addrs {
                let known = before.members().find(|(known, _)| known.addr == addr);
                let known = known.map(|(endpoint, state)| (endpoint.clone(), *state));
                let (endpoint, mut state) =
                    known.unwrap_or_else(|| self.member(addr, roster, connector, unheard));
                if unheard.is_well() {
                    state.health = Health::Well;
                }
                members.push((endpoint, state));
            }
            leave(before, addrs, roster, now + LINGER);
            members
        });
    }

    /// An address that was not in the set, but perhaps not long ago.
    fn member(
        &self,
        addr: SocketAddr,
        roster: &mut Roster,
        connector: &Arc<Connector>,
        health: Health,
    ) -> Member {
        let pool = Arc::new(Pool::new(addr, self.spec().protocol, connector.clone()));
        let gone = roster.gone.remove(&addr);
        let (load, known) = gone.map(|gone| (gone.load, gone.state)).unwrap_or_default();
        (Endpoint { addr, load, pool }, State { health, ..known })
    }
}

/// Retires those that are not among these, and remembers them for a while.
fn leave(before: &EndpointSet, addrs: &[SocketAddr], roster: &mut Roster, until: Instant) {
    let gone = before.members();
    for (endpoint, &state) in gone.filter(|(endpoint, _)| !addrs.contains(&endpoint.addr)) {
        endpoint.pool.retire();
        let load = endpoint.load.clone();
        let gone = Gone { load, state, until };
        roster.gone.insert(endpoint.addr, gone);
    }
}

/// How long the counts and the state of an address that left are kept: the longest an ejection lasts by default.
///
/// # Source
/// Envoy, `OutlierDetection.max_ejection_time`: 300 s.
pub(super) const LINGER: Duration = Duration::from_secs(300);
