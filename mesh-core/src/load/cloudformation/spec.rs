//! Checked properties into drafts: meshes, nodes, routers, services.

use std::time::Duration;

use super::{
    Read,
    listener::{self, port_mapping},
    resolved::Resolved,
    route,
};
use crate::{
    config::{
        DnsResponseType, EgressFilter, ServiceDiscovery,
        draft::{
            Draft, MeshDraft, ProviderDraft, RouterListenerDraft, Said, TimeoutDraft,
            VirtualNodeDraft, VirtualRouterDraft, VirtualServiceDraft,
        },
    },
    error::Problems,
    unit::IpPreference,
};

/// Adds the resource to the draft, or the gap that it leaves.
pub(super) fn read(read: Read<'_>, draft: &mut Draft, problems: &mut Problems) {
    let gaps = &mut draft.gaps;
    match read.kind {
        "AWS::AppMesh::Mesh" => {
            gaps.meshes |= !read.named;
            draft.meshes.push(mesh(read));
        }
        "AWS::AppMesh::VirtualNode" => {
            gaps.virtual_nodes |= !read.named;
            draft.virtual_nodes.push(virtual_node(read, problems));
        }
        "AWS::AppMesh::VirtualRouter" => {
            gaps.virtual_routers |= !read.named;
            draft.virtual_routers.push(virtual_router(read));
        }
        "AWS::AppMesh::VirtualService" => {
            gaps.virtual_services |= !read.named || !read.whole;
            draft.virtual_services.push(virtual_service(read));
        }
        _ => draft.routes.extend(route::read(&read, gaps, problems)),
    }
}

fn mesh(read: Read<'_>) -> MeshDraft {
    let filter = read.properties.text(&["Spec", "EgressFilter", "Type"]);
    MeshDraft {
        name: read.name,
        egress_filter: match filter.as_ref().map(|said| said.value.as_str()) {
            Some("ALLOW_ALL") => EgressFilter::AllowAll,
            _ => EgressFilter::DropAll,
        },
        ip_preference: ip_preference(&read.properties, &["Spec", "ServiceDiscovery"]),
    }
}

fn ip_preference(node: &Resolved, discovery: &[&str]) -> Option<IpPreference> {
    let word = node.at(discovery)?.text(&["IpPreference"])?.value;
    Some(match word.as_str() {
        "IPv6_PREFERRED" => IpPreference::Ipv6Preferred,
        "IPv4_PREFERRED" => IpPreference::Ipv4Preferred,
        "IPv6_ONLY" => IpPreference::Ipv6Only,
        "IPv4_ONLY" => IpPreference::Ipv4Only,
        _ => return None,
    })
}

fn virtual_node(read: Read<'_>, problems: &mut Problems) -> VirtualNodeDraft {
    let spec = &read.properties;
    let written = spec.at(&["Spec", "Listeners"]);
    let listeners = spec.items(&["Spec", "Listeners"]);
    let service_discovery = spec.at(&["Spec", "ServiceDiscovery"]).and_then(discovery);
    if let Some(empty) =
        written.filter(|_| listeners.is_empty() && service_discovery.is_none() && read.whole)
    {
        let message = "this list of listeners is empty, so the node takes no requests: leave it out if that is meant";
        problems.warn("empty-listeners", &empty.place, message);
    }
    let listeners = listeners.iter();
    let listeners = listeners.filter_map(|listener| listener::read(listener, problems));
    let listeners = listeners.collect();
    let backends = spec.items(&["Spec", "Backends"]).iter();
    let backends =
        backends.filter_map(|backend| backend.text(&["VirtualService", "VirtualServiceName"]));
    VirtualNodeDraft {
        backends: backends
            .map(|virtual_service| crate::config::draft::BackendDraft {
                virtual_service,
                client_policy: None,
            })
            .collect(),
        client_policy: None,
        strict: false,
        access_log: spec
            .text(&["Spec", "Logging", "AccessLog", "File", "Path"])
            .and_then(|path| crate::config::FilePath::new(path.value).ok())
            .map(crate::config::AccessLog::new),
        mesh: read.mesh,
        name: read.name,
        listeners,
        service_discovery,
        ip_preference: ["DNS", "AWSCloudMap"]
            .iter()
            .find_map(|kind| ip_preference(spec, &["Spec", "ServiceDiscovery", kind])),
        whole: read.whole,
    }
}

fn virtual_router(read: Read<'_>) -> VirtualRouterDraft {
    let listeners = read.properties.items(&["Spec", "Listeners"]).iter();
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

fn virtual_service(read: Read<'_>) -> VirtualServiceDraft {
    let provider = read.properties.at(&["Spec", "Provider"]);
    let node = provider.and_then(|p| p.text(&["VirtualNode", "VirtualNodeName"]));
    let router = provider.and_then(|p| p.text(&["VirtualRouter", "VirtualRouterName"]));
    let node = node.map(|said| said.map(ProviderDraft::VirtualNode));
    let router = router.map(|said| said.map(ProviderDraft::VirtualRouter));
    VirtualServiceDraft {
        mesh: read.mesh,
        name: read.name,
        provider: node.or(router),
    }
}

fn discovery(node: &Resolved) -> Option<Said<ServiceDiscovery>> {
    let text = |path: &[&str]| node.text(path).map(|said| said.value);
    let found = if let Some(hostname) = node.text(&["DNS", "Hostname"]) {
        let all = text(&["DNS", "ResponseType"]).is_some_and(|kind| kind == "ENDPOINTS");
        let response_type = match all {
            true => DnsResponseType::Endpoints,
            false => DnsResponseType::LoadBalancer,
        };
        hostname.map(|hostname| ServiceDiscovery::Dns {
            hostname,
            response_type,
        })
    } else {
        let attributes = node.items(&["AWSCloudMap", "Attributes"]).iter();
        let attributes = attributes.filter_map(|attribute| {
            let key = attribute.text(&["Key"])?;
            Some((key.value, attribute.text(&["Value"])?.value))
        });
        let service = node.text(&["AWSCloudMap", "ServiceName"])?;
        let found = ServiceDiscovery::AwsCloudMap {
            namespace_name: text(&["AWSCloudMap", "NamespaceName"])?,
            service_name: service.value,
            attributes: attributes.collect(),
        };
        Said::new(found, service.place)
    };
    Some(found)
}

pub(super) fn timeout(node: &Resolved, problems: &mut Problems) -> TimeoutDraft {
    let mut limit = |key: &str| {
        let node = node.at(&[key])?;
        Some(Said::new(duration(node, problems)?, node.place.clone()))
    };
    TimeoutDraft {
        per_request: limit("PerRequest"),
        idle: limit("Idle"),
    }
}

pub(super) fn duration(node: &Resolved, problems: &mut Problems) -> Option<Duration> {
    let unit = node.text(&["Unit"])?.value;
    let Said { value, place } = node.number(&["Value"])?;
    let (most, of): (u64, fn(u64) -> Duration) = match unit.as_str() {
        "s" => (LONGEST, Duration::from_secs),
        "ms" => (LONGEST * 1000, Duration::from_millis),
        _ => return None,
    };
    let count = u64::try_from(value).ok().filter(|count| *count <= most);
    if count.is_none() {
        let message = format!("a duration is 0 to {most} {unit}, not {value}");
        problems.error("out-of-range", &place, message);
    }
    count.map(of)
}

/// Some sixty years, in seconds: longer than any limit, short enough to be added to any time.
const LONGEST: u64 = i32::MAX as u64;
