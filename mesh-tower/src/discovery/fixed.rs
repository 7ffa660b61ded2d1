//! Addresses that were written down.

use std::{collections::BTreeSet, net::SocketAddr};

use futures::{Stream, StreamExt, stream};

use super::Answer;

/// One answer, for good.
pub(super) fn answers(addrs: Vec<SocketAddr>) -> impl Stream<Item = Answer> + Send + 'static {
    stream::iter([distinct(addrs)]).chain(stream::pending())
}

/// Each address once, in the order given.
pub(super) fn distinct(addrs: Vec<SocketAddr>) -> Answer {
    let mut seen = BTreeSet::new();
    addrs
        .into_iter()
        .filter(|addr| seen.insert(*addr))
        .collect()
}
