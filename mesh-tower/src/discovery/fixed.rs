//! Addresses that were written down.

use std::{collections::BTreeSet, net::SocketAddr};

use futures::{Stream, StreamExt, stream};
use mesh_core::{discovery::MAX_ENDPOINTS, unit::Port};

use super::Answer;

/// One answer, for good.
pub(super) fn answers(addrs: Vec<SocketAddr>) -> impl Stream<Item = Answer> + Send + 'static {
    stream::iter([distinct(addrs)]).chain(stream::pending())
}

/// The addresses of a listener at this port, where port 0 stands for whichever is asked for.
pub(super) fn at(addrs: &[SocketAddr], port: Port) -> Vec<SocketAddr> {
    let at = |addr: &SocketAddr| match addr.port() {
        0 => SocketAddr::new(addr.ip(), port.get()),
        _ => *addr,
    };
    addrs.iter().map(at).collect()
}

/// Each address once, in the order given, and no more than a target may have.
pub(super) fn distinct(addrs: Vec<SocketAddr>) -> Answer {
    let mut seen = BTreeSet::new();
    let mut addrs: Vec<_> = addrs
        .into_iter()
        .filter(|addr| seen.insert(*addr))
        .collect();
    let left_out = addrs.len().saturating_sub(MAX_ENDPOINTS);
    if left_out > 0 {
        tracing::warn!(left_out, "more endpoints were given than are used");
        addrs.truncate(MAX_ENDPOINTS);
    }
    addrs
}
