//! Meshes, virtual nodes, virtual routers and virtual services.

use super::{
    listener::{self, port_mapping},
    logging::access_log,
    text,
    tls::client_policy,
};
use crate::{
    config::{
        AttributeKey, AttributeValue, DnsResponseType, EgressFilter, ServiceDiscovery,
        draft::{
            BackendDraft, MeshDraft, ProviderDraft, RouterListenerDraft, Said, VirtualNodeDraft,
            VirtualRouterDraft, VirtualServiceDraft,
        },
    },
    error::Problems,
    load::{read::Read, resolved::Resolved, shape::Form},
    unit::IpPreference,
};

pub(super) fn mesh(read: Read) -> MeshDraft {
    let spec = &read.properties;
    let filter = spec.text(&["spec", "egressFilter", "type"]);
    let discovery = ["serviceDiscovery", "meshServiceDiscovery"];
    MeshDraft {
        egress_filter: match filter.as_ref().map(|said| said.value.as_str()) {
            Some("ALLOW_ALL") => EgressFilter::AllowAll,
            _ => EgressFilter::DropAll,
        },
        ip_preference: discovery
            .iter()
            .find_map(|key| ip_preference(spec, &["spec", key])),
        name: read.name,
    }
}

fn ip_preference(node: &Resolved, discovery: &[&str]) -> Option<IpPreference> {
    let word = node.at(discovery)?.text(&["ipPreference"])?.value;
    Some(match word.as_str() {
        "IPv6_PREFERRED" => IpPreference::Ipv6Preferred,
        "IPv4_PREFERRED" => IpPreference::Ipv4Preferred,
        "IPv6_ONLY" => IpPreference::Ipv6Only,
        "IPv4_ONLY" => IpPreference::Ipv4Only,
        _ => return None,
    })
}

pub(super) fn virtual_node(read: Read, problems: &mut Problems) -> VirtualNodeDraft {
    let spec = &read.properties;
    let found = spec.at(&["spec", "serviceDiscovery"]);
    let service_discovery = found.and_then(|node| discovery(node, problems));
    no_listeners(&read, service_discovery.is_none(), problems);
    let listeners = spec.items(&["spec", "listeners"]).iter();
    let listeners = listeners.filter_map(|listener| listener::read(listener, problems));
    let listeners = listeners.collect();
    let backends = spec.items(&["spec", "backends"]).iter();
    let backends = backends.filter_map(|node| backend(node, problems));
    let backends = backends.collect();
    let defaults = spec.at(&["spec", "backendDefaults"]);
    VirtualNodeDraft {
        backends,
        client_policy: defaults.and_then(|defaults| client_policy(defaults, problems)),
        access_log: access_log(spec, problems),
        listeners,
        service_discovery,
        ip_preference: ["dns", "awsCloudMap"]
            .iter()
            .find_map(|kind| ip_preference(spec, &["spec", "serviceDiscovery", kind])),
        strict: read.form == Form::Kubernetes,
        whole: read.whole,
        mesh: read.mesh,
        name: read.name,
    }
}

fn no_listeners(read: &Read, undiscovered: bool, problems: &mut Problems) {
    let spec = &read.properties;
    let Some(written) = spec.at(&["spec", "listeners"]) else {
        return;
    };
    if spec.items(&["spec", "listeners"]).is_empty() && undiscovered && read.whole {
        let message = "this list of listeners is empty, so the node takes no requests: leave it out if that is meant";
        problems.warn("empty-listeners", &written.place, message);
    }
}

fn backend(node: &Resolved, problems: &mut Problems) -> Option<BackendDraft> {
    let service = node.at(&["virtualService"])?;
    Some(BackendDraft {
        virtual_service: service.text(&["virtualServiceName"])?,
        client_policy: client_policy(service, problems),
    })
}

pub(super) fn virtual_router(read: Read) -> VirtualRouterDraft {
    let listeners = read.properties.items(&["spec", "listeners"]).iter();
    let listeners = listeners.filter_map(|listener| {
        let (port, protocol) = port_mapping(listener)?;
        Some(RouterListenerDraft { port, protocol })
    });
    VirtualRouterDraft {
        listeners: listeners.collect(),
        mesh: read.mesh,
        name: read.name,
        whole: read.whole,
    }
}

pub(super) fn virtual_service(read: Read) -> VirtualServiceDraft {
    let provider = read.properties.at(&["spec", "provider"]);
    let node = provider.and_then(|p| p.text(&["virtualNode", "virtualNodeName"]));
    let router = provider.and_then(|p| p.text(&["virtualRouter", "virtualRouterName"]));
    let node = node.map(|said| said.map(ProviderDraft::VirtualNode));
    let router = router.map(|said| said.map(ProviderDraft::VirtualRouter));
    VirtualServiceDraft {
        mesh: read.mesh,
        name: read.name,
        provider: node.or(router),
    }
}

fn discovery(node: &Resolved, problems: &mut Problems) -> Option<Said<ServiceDiscovery>> {
    let text = |path: &[&str]| node.text(path).map(|said| said.value);
    if let Some(hostname) = node.text(&["dns", "hostname"]) {
        let all = text(&["dns", "responseType"]).is_some_and(|kind| kind == "ENDPOINTS");
        let response_type = match all {
            true => DnsResponseType::Endpoints,
            false => DnsResponseType::LoadBalancer,
        };
        return Some(hostname.map(|hostname| ServiceDiscovery::Dns {
            hostname,
            response_type,
        }));
    }
    let attributes = node.items(&["awsCloudMap", "attributes"]).iter();
    let attributes = attributes.filter_map(|attribute| {
        let key = text::attribute(attribute, "key", AttributeKey::new, problems);
        let value = text::attribute(attribute, "value", AttributeValue::new, problems);
        key.zip(value)
    });
    let service = node.text(&["awsCloudMap", "serviceName"])?;
    let found = ServiceDiscovery::AwsCloudMap {
        namespace_name: text(&["awsCloudMap", "namespaceName"])?,
        service_name: service.value,
        attributes: attributes.collect(),
    };
    Some(Said::new(found, service.place))
}
