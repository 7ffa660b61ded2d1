//! Where a node, or a gateway, takes requests.

use super::{timeouts, tls};
use crate::{
    config::{GatewayListener, Listener, VirtualGateway, VirtualNode, Written},
    defaults::Defaults,
    snapshot::{ListenerPlan, ListenerSources, Source},
    timeout::Timeouts,
};

/// The node's listeners; whoever binds them says which protocols it cannot serve.
pub(super) fn listeners(node: &VirtualNode, defaults: Defaults) -> Box<[ListenerPlan]> {
    let listeners = node.listeners.iter();
    listeners
        .map(|written| listener(written, defaults))
        .collect()
}

pub(super) fn listener(written: &Listener, defaults: Defaults) -> ListenerPlan {
    let (timeout, places) = (&written.timeout, &written.written);
    ListenerPlan {
        port: written.port,
        protocol: written.protocol,
        timeouts: timeouts::of_listener(timeout, defaults),
        connection_pool: written.connection_pool,
        tls: tls::listener(written.tls.as_ref()),
        sources: ListenerSources {
            listener: Source::at(places.listener.location()),
            request: source(timeout.per_request.as_ref(), &places.per_request),
            idle: source(timeout.idle.as_ref(), &places.idle),
            connection_pool: source(written.connection_pool.as_ref(), &places.connection_pool),
            tls: written
                .tls
                .as_ref()
                .map_or(Source::Defaults, |tls| Source::at(tls.written.location())),
        },
    }
}

/// The gateway's listeners: how long a request may take is its route's to say.
pub(super) fn gateway_listeners(gateway: &VirtualGateway) -> Box<[ListenerPlan]> {
    let plan = |listener: &GatewayListener| ListenerPlan {
        port: listener.port,
        protocol: listener.protocol,
        timeouts: Timeouts::none(),
        connection_pool: listener.connection_pool,
        tls: tls::listener(listener.tls.as_ref()),
        sources: ListenerSources {
            listener: Source::at(listener.written.listener.location()),
            connection_pool: source(
                listener.connection_pool.as_ref(),
                &listener.written.connection_pool,
            ),
            tls: listener
                .tls
                .as_ref()
                .map_or(Source::Defaults, |tls| Source::at(tls.written.location())),
            ..ListenerSources::default()
        },
    };
    gateway.listeners.iter().map(plan).collect()
}

/// Where something comes from that may have been written there.
pub(super) fn source<T>(said: Option<&T>, written: &Written) -> Source {
    said.map_or(Source::Defaults, |_| Source::at(written.location()))
}
