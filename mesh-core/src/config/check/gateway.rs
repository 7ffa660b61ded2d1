//! Virtual gateways: where they listen, and their routes.

use std::collections::BTreeMap;

use super::{certificate, gateway_route, listener, named, port, watched};
use crate::{
    config::{
        GatewayListener, GatewayRoute, VirtualGateway,
        draft::{Draft, ListenerDraft, VirtualGatewayDraft},
    },
    error::{Place, Problems, quoted},
    name::VirtualGatewayName,
    unit::Protocol,
};

/// All gateways, each with its routes by name.
pub(super) fn all(draft: &Draft, problems: &mut Problems) -> Vec<VirtualGateway> {
    let mut routes = BTreeMap::<&str, Vec<GatewayRoute>>::new();
    for route in &draft.gateway_routes {
        let of_gateway = routes.entry(route.gateway_name()).or_default();
        of_gateway.extend(gateway_route::gateway_route(route, problems));
    }
    let gateways = draft.virtual_gateways.iter();
    gateways
        .filter_map(|gateway| {
            let name = gateway.name.value.as_str();
            let mut routes = routes.remove(name).unwrap_or_default();
            routes.sort_by(|a, b| a.name.cmp(&b.name));
            virtual_gateway(gateway, routes, problems)
        })
        .collect()
}

fn virtual_gateway(
    draft: &VirtualGatewayDraft,
    routes: Vec<GatewayRoute>,
    problems: &mut Problems,
) -> Option<VirtualGateway> {
    let name = named(&draft.name, VirtualGatewayName::new, problems);
    let listeners = listeners(draft, problems);
    let policy = draft.client_policy.as_ref();
    certificate::of_policy(policy, problems);
    Some(VirtualGateway {
        name: name?,
        listeners,
        client_policy: policy.map(|said| said.value.clone()),
        access_log: draft.access_log.clone(),
        routes,
    })
}

fn listeners(draft: &VirtualGatewayDraft, problems: &mut Problems) -> Vec<GatewayListener> {
    let listeners = draft.listeners.iter();
    listener::once(listeners.clone().map(|listener| &listener.port), problems);
    if draft.listeners.is_empty() && draft.whole {
        let message = format!(
            "the virtual gateway {} has no listener, so nothing comes in by it: give it a port and a protocol",
            quoted(&draft.name.value)
        );
        problems.warn("missing-listener", &draft.name.place, message);
    }
    listeners
        .filter_map(|listener| {
            // Readers know the words that may stand there.
            if draft.whole {
                no_bytes(
                    "listener",
                    listener.protocol,
                    &listener.port.place,
                    problems,
                );
            }
            listener_of(listener, problems)
        })
        .collect()
}

fn listener_of(draft: &ListenerDraft, problems: &mut Problems) -> Option<GatewayListener> {
    certificate::of_listener(draft.tls.as_ref(), problems);
    if let Some(check) = &draft.health_check {
        let spoken = check.check.protocol();
        no_bytes("health check", spoken, &check.place, problems);
    }
    Some(GatewayListener {
        health_check: watched::health_check(draft, problems),
        connection_pool: watched::connection_pool(draft, problems),
        port: port(&draft.port, problems)?,
        protocol: draft.protocol,
        tls: draft.tls.as_ref().map(|said| said.value.clone()),
        written: listener::written(draft),
    })
}

fn no_bytes(what: &str, spoken: Protocol, place: &Place, problems: &mut Problems) {
    if spoken == Protocol::Tcp {
        let message = format!("a gateway's {what} speaks `http`, `http2` or `grpc`, not `tcp`");
        problems.error("unknown-value", place, message);
    }
}
