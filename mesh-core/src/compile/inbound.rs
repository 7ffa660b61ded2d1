//! Where a node takes requests.

use super::clusters::http_listeners;
use crate::{
    config::{Timeout, VirtualNode},
    defaults::Defaults,
    snapshot::ListenerPlan,
    timeout::Timeouts,
};

/// The node's listeners, without those that speak TCP.
pub(super) fn listeners(node: &VirtualNode, defaults: Defaults) -> Box<[ListenerPlan]> {
    let plan = |listener: &crate::config::Listener| ListenerPlan {
        port: listener.port,
        protocol: listener.protocol,
        timeouts: timeouts(&listener.timeout, defaults),
    };
    http_listeners(&node.listeners).map(plan).collect()
}

/// What was written, completed by the defaults; zero switches a limit off.
pub(super) fn timeouts(written: &Timeout, defaults: Defaults) -> Timeouts {
    let default = defaults.timeouts();
    let limit = |written: Option<_>, default| match written {
        None => default,
        Some(limit) => Some(limit).filter(|limit| *limit != std::time::Duration::ZERO),
    };
    default
        .with_request(
            limit(written.per_request, default.request),
            default.request_ends,
        )
        .with_idle(limit(written.idle, default.idle))
}
