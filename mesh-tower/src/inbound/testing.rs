//! What the tests of the inbound services share.

use std::{sync::Arc, time::Duration};

use mesh_core::{
    Defaults,
    compile::compile,
    config::{Listener, Mesh, Timeout, VirtualNode},
    metric::Direction,
    unit::Protocol,
};

use super::InboundState;
/// The services one at a time, for those tests that hold each to the same contract.
pub(crate) use super::{admit::Admit, arrived::Arrived, deadline::Deadline, observe::Observe};
use crate::{
    record::{Readers, Scope, testing::recorder},
    runtime::live::{Current, Live},
};

/// The state of a node with listeners on these ports, each with these limits.
pub(crate) fn state(ports: &[u16], defaults: Defaults, timeout: Timeout) -> InboundState {
    let node = ports.iter().fold(VirtualNode::builder("b"), |node, port| {
        node.listener_with(Listener::builder(*port, Protocol::Http).timeout(timeout))
    });
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

/// As long as it likes.
pub(crate) const UNLIMITED: Timeout = Timeout::new()
    .per_request(Duration::ZERO)
    .idle(Duration::ZERO);
