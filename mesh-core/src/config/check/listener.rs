//! Listeners of nodes and routers: ports, each of them once.

use std::{collections::BTreeMap, net::Ipv6Addr};

use super::{certificate, port, watched};
use crate::{
    config::{
        DnsResponseType, Listener, ListenerWritten, RouterListener, ServiceDiscovery, Timeout,
        Written,
        draft::{ListenerDraft, Said, VirtualNodeDraft, VirtualRouterDraft},
    },
    error::{Place, Problems, quoted},
    unit::Protocol,
};

pub(super) fn of_node(draft: &VirtualNodeDraft, problems: &mut Problems) -> Vec<Listener> {
    once(
        draft.listeners.iter().map(|listener| &listener.port),
        problems,
    );
    discovery(draft, problems);
    for listener in draft
        .listeners
        .iter()
        .filter(|listener| listener.protocol == Protocol::Tcp)
    {
        let message = format!(
            "this version does not serve tcp: the virtual node {} cannot be started with this listener, and nobody can call it \
             there",
            quoted(&draft.name.value)
        );
        problems.warn("not-supported-yet", &listener.port.place, message);
    }
    let listeners = draft.listeners.iter();
    listeners
        .filter_map(|listener| {
            let detection = listener.outlier_detection.as_ref();
            if let Some(detection) = detection {
                one_endpoint(draft, &detection.place, problems);
            }
            certificate::of_listener(listener.tls.as_ref(), problems);
            Some(Listener {
                health_check: watched::health_check(listener, problems),
                outlier_detection: detection.map(|said| said.value),
                connection_pool: watched::connection_pool(listener, problems),
                port: port(&listener.port, problems)?,
                protocol: listener.protocol,
                timeout: timeout(listener, problems),
                tls: listener.tls.as_ref().map(|said| said.value.clone()),
                written: written(listener),
            })
        })
        .collect()
}

/// The limits that were written, without the one of a request where there are none.
fn timeout(draft: &ListenerDraft, problems: &mut Problems) -> Timeout {
    let timeout = draft.timeout.timeout();
    let Some(said) = &draft.timeout.per_request else {
        return timeout;
    };
    if draft.protocol != Protocol::Tcp {
        return timeout;
    }
    let message = "the listener speaks tcp, which has no requests, so a limit of a request does nothing: limit how long it may be \
                   idle";
    problems.warn("timeout-protocol-mismatch", &said.place, message);
    Timeout {
        per_request: None,
        ..timeout
    }
}

pub(super) fn written(draft: &ListenerDraft) -> ListenerWritten {
    let at = |place: Option<&Place>| place.map(Written::at).unwrap_or_default();
    ListenerWritten {
        listener: Written::at(&draft.port.place),
        per_request: at(draft.timeout.per_request.as_ref().map(|said| &said.place)),
        idle: at(draft.timeout.idle.as_ref().map(|said| &said.place)),
        health_check: at(draft.health_check.as_ref().map(|check| &check.place)),
        outlier_detection: at(draft.outlier_detection.as_ref().map(|said| &said.place)),
        connection_pool: at(draft.connection_pool.as_ref().map(|said| &said.place)),
    }
}

/// A load balancer is one endpoint, and one alone is never left out.
fn one_endpoint(draft: &VirtualNodeDraft, place: &Place, problems: &mut Problems) {
    let discovery = draft.service_discovery.as_ref().map(|said| &said.value);
    if let Some(ServiceDiscovery::Dns {
        response_type: DnsResponseType::LoadBalancer,
        ..
    }) = discovery
    {
        let message = format!(
            "the callers of {} see the first address of its name only, where App Mesh's defaults apply, so they have no other \
             endpoint to go to: find it by `ENDPOINTS`, or by AWS Cloud Map",
            quoted(&draft.name.value)
        );
        problems.warn("outlier-detection-of-one", place, message);
    }
}

pub(super) fn of_router(
    draft: &VirtualRouterDraft,
    problems: &mut Problems,
) -> Vec<RouterListener> {
    once(
        draft.listeners.iter().map(|listener| &listener.port),
        problems,
    );
    if draft.listeners.is_empty() && draft.whole {
        let message = format!(
            "the virtual router {} has no listener, so every call it gets is answered 404: give it a port and a protocol",
            quoted(&draft.name.value)
        );
        problems.warn("missing-listener", &draft.name.place, message);
    }
    let listeners = draft.listeners.iter();
    listeners
        .filter_map(|listener| {
            Some(RouterListener {
                port: port(&listener.port, problems)?,
                protocol: listener.protocol,
            })
        })
        .collect()
}

/// Reports ports that were said before.
pub(super) fn once<'a>(ports: impl Iterator<Item = &'a Said<i64>>, problems: &mut Problems) {
    let mut seen: BTreeMap<i64, &Place> = BTreeMap::new();
    for port in ports {
        if let Some(first) = seen.insert(port.value, &port.place) {
            let message = format!(
                "port {} has a listener already ({}): remove one of them",
                port.value,
                first.shown()
            );
            problems.error("duplicate-listener", &port.place, message);
        }
    }
}

fn discovery(draft: &VirtualNodeDraft, problems: &mut Problems) {
    let Some(said) = &draft.service_discovery else {
        if draft.whole && !draft.listeners.is_empty() {
            let message = format!(
                "the virtual node {} has a listener and no service discovery, so its callers cannot find it: \
                 add DNS or AWS Cloud Map, or remove the listener",
                quoted(&draft.name.value)
            );
            problems.error("missing-service-discovery", &draft.name.place, message);
        }
        return;
    };
    let place = &said.place;
    match &said.value {
        ServiceDiscovery::Dns { hostname, .. } => hostname_fits(hostname, place, problems),
        ServiceDiscovery::AwsCloudMap {
            namespace_name,
            service_name,
            ..
        } => {
            super::sized(
                "Cloud Map namespace name",
                namespace_name,
                1024,
                place,
                problems,
            );
            super::sized(
                "Cloud Map service name",
                service_name,
                1024,
                place,
                problems,
            );
        }
    }
}

fn hostname_fits(hostname: &str, place: &Place, problems: &mut Problems) {
    let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | ':');
    let is_address = hostname.parse::<Ipv6Addr>().is_ok();
    if hostname.is_empty() || hostname.contains(bad) && !is_address {
        let message = format!(
            "{} is no host name: write it without a scheme, a port, a path or white space, as `orders.local`",
            quoted(hostname)
        );
        problems.error("bad-hostname", place, message);
    }
}
