//! Where a node takes requests.

use super::timeouts;
use crate::{
    config::{Listener, VirtualNode},
    defaults::Defaults,
    snapshot::ListenerPlan,
};

/// The node's listeners; whoever binds them says which protocols it cannot serve.
pub(super) fn listeners(node: &VirtualNode, defaults: Defaults) -> Box<[ListenerPlan]> {
    let plan = |listener: &Listener| ListenerPlan {
        port: listener.port,
        protocol: listener.protocol,
        timeouts: timeouts::of_listener(&listener.timeout, defaults),
        connection_pool: listener.connection_pool,
    };
    node.listeners.iter().map(plan).collect()
}
