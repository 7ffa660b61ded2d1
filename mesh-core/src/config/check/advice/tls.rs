//! TLS that is asked for where there is none, and certificates that nobody looks at.

use std::collections::BTreeMap;

use crate::{
    config::{
        ClientPolicy, ClientTrust, ListenerCertificate, ListenerTls, TlsMode,
        check::graph::{Graph, listener_meant},
        draft::{ListenerDraft, ProviderDraft, Said, VirtualServiceDraft},
    },
    error::{Problems, quoted},
};

pub(super) fn check(graph: &Graph<'_>, problems: &mut Problems) {
    let services = graph.services.iter();
    let services = services.map(|(name, service)| (*name, Behind::of(service, graph)));
    let services: BTreeMap<&str, Behind<'_>> = services.collect();
    for node in &graph.draft.virtual_nodes {
        let own = node.client_policy.as_ref();
        let calls = node.backends.iter();
        let calls = calls.map(|b| (&b.virtual_service, b.client_policy.as_ref().or(own)));
        caller(&node.name, calls, &services, problems);
        let policies = node.backends.iter().map(|b| b.client_policy.as_ref());
        for policy in policies.chain([own]).flatten() {
            nameless(policy, problems);
        }
    }
    for gateway in &graph.draft.virtual_gateways {
        let own = gateway.client_policy.as_ref();
        let routes = graph.gateway_routes.get(gateway.name.value.as_str());
        let routes = routes.map_or(&[][..], Vec::as_slice).iter();
        let calls = routes.filter_map(|route| Some((route.virtual_service.as_ref()?, own)));
        caller(&gateway.name, calls, &services, problems);
        own.into_iter()
            .for_each(|policy| nameless(policy, problems));
    }
}

/// The listeners behind a virtual service.
struct Behind<'a> {
    listeners: Vec<(&'a str, &'a ListenerDraft)>,
    /// Whether these are all.
    whole: bool,
}

impl<'a> Behind<'a> {
    fn of(service: &'a VirtualServiceDraft, graph: &Graph<'a>) -> Self {
        let mut listeners = Vec::new();
        let mut whole = true;
        match service.provider.as_ref().map(|said| &said.value) {
            Some(ProviderDraft::VirtualNode(name)) => match graph.nodes.get(name.as_str()) {
                Some(node) => {
                    whole = node.whole;
                    listeners.extend(node.listeners.iter().map(|l| (name.as_str(), l)));
                }
                None => whole = false,
            },
            Some(ProviderDraft::VirtualRouter(name)) => {
                let routes = graph.routes.get(name.as_str());
                let routes = routes.map_or(&[][..], Vec::as_slice).iter();
                for target in routes
                    .flat_map(|route| &route.targets.value)
                    .take(LOOKED_AT)
                {
                    let node = graph.nodes.get(target.virtual_node.value.as_str());
                    let meant = node.and_then(|node| listener_meant(target, node));
                    whole &= node.is_some_and(|node| node.whole);
                    listeners.extend(meant.map(|l| (target.virtual_node.value.as_str(), l)));
                }
            }
            None => {}
        }
        whole &= listeners.len() < LOOKED_AT;
        listeners.truncate(LOOKED_AT);
        Self { listeners, whole }
    }
}

/// What one caller asks of all that it calls.
fn caller<'a>(
    name: &Said<String>,
    calls: impl Iterator<Item = (&'a Said<String>, Option<&'a Said<ClientPolicy>>)> + Clone,
    services: &BTreeMap<&str, Behind<'_>>,
    problems: &mut Problems,
) {
    let known = calls.filter_map(|(service, policy)| {
        let behind = services.get(service.value.as_str())?;
        Some((service, policy, behind))
    });
    for (service, policy, behind) in known.clone() {
        if let Some(policy) = policy.filter(|policy| policy.value.enforce) {
            plain(service, policy, behind, problems);
        }
    }
    ports(known.clone(), problems);
    let mut unchecked = known.filter(|(_, policy, behind)| {
        let mut listeners = behind.listeners.iter();
        listeners.any(|(_, listener)| unverified(listener, *policy))
    });
    if let Some((service, ..)) = unchecked.next() {
        let message = format_args!(
            "{} calls {} over TLS and looks at no certificate, because that one is not from ACM and no client policy is \
             enforced: write one that names whom to trust",
            quoted(&name.value),
            quoted(&service.value)
        );
        problems.warn("certificate-not-checked", &name.place, message);
    }
}

/// An enforced policy for a listener that takes no TLS.
fn plain(
    service: &Said<String>,
    policy: &Said<ClientPolicy>,
    behind: &Behind<'_>,
    problems: &mut Problems,
) {
    let mut listeners = behind.listeners.iter();
    let found = listeners.find(|(_, l)| applies(&policy.value, l) && !offered(l.tls.as_ref()));
    if let Some((node, listener)) = found {
        let message = format_args!(
            "calls to {} have to go out with TLS, and the listener of {} on port {} offers none, so they fail: give it TLS, or \
             do not enforce the policy there",
            quoted(&service.value),
            quoted(node),
            listener.port.value
        );
        problems.warn("tls-not-offered", &policy.place, message);
    }
}

fn offered(tls: Option<&Said<ListenerTls>>) -> bool {
    tls.is_some_and(|said| said.value.mode != TlsMode::Disabled)
}

fn applies(policy: &ClientPolicy, listener: &ListenerDraft) -> bool {
    let mut ports = policy.ports.iter();
    policy.ports.is_empty() || ports.any(|port| i64::from(port.get()) == listener.port.value)
}

fn unverified(listener: &ListenerDraft, policy: Option<&Said<ClientPolicy>>) -> bool {
    let enforced = policy.is_some_and(|said| said.value.enforce && applies(&said.value, listener));
    // One of ACM's own authorities is looked at without being told to.
    let acm = listener
        .tls
        .as_ref()
        .is_some_and(|said| matches!(said.value.certificate, ListenerCertificate::Acm(_)));
    offered(listener.tls.as_ref()) && !acm && !enforced
}

/// Ports of policies that none of the backends they are about listens on.
fn ports<'a, 'b: 'a>(
    calls: impl Iterator<
        Item = (
            &'a Said<String>,
            Option<&'a Said<ClientPolicy>>,
            &'a Behind<'b>,
        ),
    >,
    problems: &mut Problems,
) {
    let mut about: BTreeMap<String, (&Said<ClientPolicy>, Vec<&Behind<'_>>)> = BTreeMap::new();
    for (_, policy, behind) in calls {
        let Some(policy) = policy.filter(|policy| !policy.value.ports.is_empty()) else {
            continue;
        };
        // A node's own policy is about several backends, and one of a backend is at a place of its own.
        let (_, backends) = about
            .entry(format!("{:?}", policy.place))
            .or_insert((policy, Vec::new()));
        backends.push(behind);
    }
    for (policy, behind) in about.into_values() {
        mismatched(policy, &behind, problems);
    }
}

fn mismatched(policy: &Said<ClientPolicy>, behind: &[&Behind<'_>], problems: &mut Problems) {
    if behind
        .iter()
        .any(|behind| !behind.whole || behind.listeners.is_empty())
    {
        return;
    }
    let listeners = behind.iter().flat_map(|behind| &behind.listeners);
    let known: std::collections::BTreeSet<i64> = listeners.map(|(_, l)| l.port.value).collect();
    let mut ports = policy.value.ports.iter().map(|port| i64::from(port.get()));
    if let Some(port) = ports.find(|port| !known.contains(port)) {
        let listed: Vec<String> = known.iter().take(LISTED).map(ToString::to_string).collect();
        let message = format_args!(
            "the policy is for port {port}, on which no backend listens (they listen on {}): its ports are those of the \
             backends' nodes",
            listed.join(", ")
        );
        problems.warn("tls-port-mismatch", &policy.place, message);
    }
}

/// Secret discovery services, as SPIRE is one, give out certificates that bear URIs and no host names.
fn nameless(policy: &Said<ClientPolicy>, problems: &mut Problems) {
    let Said { value, place } = policy;
    let validation = &value.validation;
    let sds = matches!(validation.trust, ClientTrust::Sds(_));
    if value.enforce && sds && validation.subject_alternative_names.is_none() {
        problems.warn(
            "spiffe-without-names",
            place,
            "the policy trusts a secret discovery service and names nobody, so a backend's certificate has to bear its host name, \
             and SPIFFE's bear URIs: write the backends' IDs as subject alternative names",
        );
    }
}

/// How many listeners of a service are looked at, and how many ports a sentence holds.
const LOOKED_AT: usize = 64;
const LISTED: usize = 8;
