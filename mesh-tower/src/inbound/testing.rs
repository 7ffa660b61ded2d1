//! What the tests of the inbound services share.

use std::{sync::Arc, time::Duration};

use mesh_core::{
    Defaults,
    compile::compile,
    config::{Listener, ListenerBuilder, Mesh, Timeout, VirtualNode, VirtualNodeBuilder},
    limit::Limit,
    metric::Direction,
    unit::Protocol,
};

use super::InboundState;
use crate::{
    gate::{Entry, Permit},
    record::{Readers, Scope, testing::recorder},
    runtime::live::{Current, Live},
};

/// The state of a node with listeners on these ports, each with these limits.
pub(crate) fn state(ports: &[u16], defaults: Defaults, timeout: Timeout) -> InboundState {
    let listener = |&port| Listener::builder(port, Protocol::Http).timeout(timeout);
    state_of(ports.iter().map(listener), defaults)
}

/// The state of a node with these listeners.
pub(crate) fn state_of(
    listeners: impl IntoIterator<Item = ListenerBuilder>,
    defaults: Defaults,
) -> InboundState {
    let node = listeners
        .into_iter()
        .fold(VirtualNode::builder("b"), VirtualNodeBuilder::listener_with);
    let mesh = Mesh::builder("m")
        .virtual_node(node.dns("b.local"))
        .build()
        .expect("a valid mesh");
    let snapshot = compile(&mesh, "b", defaults).expect("a node of the mesh");
    let recorder = recorder(&snapshot, Readers::default());
    let current = Current::new(Live::new(
        Arc::new(snapshot),
        Box::default(),
        Box::default(),
        0,
    ));
    InboundState::new(Arc::new(current), Scope::new(Direction::Inbound, &recorder))
}

/// Takes every place that this limit still leaves at the node's only listener.
pub(crate) fn crowd(state: &InboundState, limit: Limit) -> Vec<Permit> {
    let next = || match state.gate(None).enter(limit.pending(0)) {
        Entry::In(permit) => Some(permit),
        Entry::Wait(_) | Entry::Shed { .. } => None,
    };
    std::iter::from_fn(next).collect()
}

/// How many are in at the node's only listener, and how many wait.
pub(crate) fn counts(state: &InboundState) -> (usize, usize) {
    state.gate(None).counts()
}

/// As long as it likes.
pub(crate) const UNLIMITED: Timeout = Timeout::new()
    .per_request(Duration::ZERO)
    .idle(Duration::ZERO);
