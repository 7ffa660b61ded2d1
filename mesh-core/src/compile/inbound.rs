//! Where a node takes requests.

use super::{clusters::http_listeners, timeouts};
use crate::{
    config::{Listener, VirtualNode},
    defaults::Defaults,
    snapshot::ListenerPlan,
};

/// The node's listeners, without those that speak TCP.
pub(super) fn listeners(node: &VirtualNode, defaults: Defaults) -> Box<[ListenerPlan]> {
    let plan = |listener: &Listener| ListenerPlan {
        port: listener.port,
        protocol: listener.protocol,
        timeouts: timeouts::of_listener(&listener.timeout, defaults),
    };
    http_listeners(&node.listeners).map(plan).collect()
}
