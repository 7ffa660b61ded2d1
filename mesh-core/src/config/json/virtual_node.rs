//! Virtual nodes, and the logs that gateways have as well.

use super::{listener, resource::ip_preference, tls::client_policy, value::Json};
use crate::config::{
    AccessLog, Backend, ClientPolicy, DnsResponseType, LoggingFormat, ServiceDiscovery, VirtualNode,
};

pub(super) fn virtual_node(mesh: &str, node: &VirtualNode) -> Json {
    let discovery = node.service_discovery.as_ref();
    let preference = node.ip_preference.map(ip_preference);
    let spec = Json::object([
        (
            "listeners",
            Json::list(node.listeners.iter().map(listener::of_node)),
        ),
        (
            "serviceDiscovery",
            discovery.map(|discovery| service_discovery(discovery, preference)),
        ),
        ("backends", Json::list(node.backends.iter().map(backend))),
        (
            "backendDefaults",
            node.client_policy.as_ref().map(backend_defaults),
        ),
        ("logging", node.access_log.as_ref().map(logging)),
    ]);
    Json::object([
        ("meshName", Some(mesh.into())),
        ("virtualNodeName", Some(node.name.as_str().into())),
        ("spec", Some(spec)),
    ])
}

pub(super) fn backend_defaults(policy: &ClientPolicy) -> Json {
    Json::under("clientPolicy", client_policy(policy))
}

pub(super) fn logging(log: &AccessLog) -> Json {
    let format = log.format.as_ref().map(|format| match format {
        LoggingFormat::Text(text) => Json::under("text", text.as_str()),
        LoggingFormat::Json(pairs) => {
            let pairs = pairs.iter();
            let pairs = pairs.map(|(key, value)| pair(key.as_str(), value.as_str()));
            Json::under("json", Json::List(pairs.collect()))
        }
    });
    let file = Json::object([("path", Some(log.path.as_str().into())), ("format", format)]);
    Json::under("accessLog", Json::under("file", file))
}

fn service_discovery(discovery: &ServiceDiscovery, preference: Option<&str>) -> Json {
    let preference = preference.map(Json::from);
    match discovery {
        ServiceDiscovery::Dns {
            hostname,
            response_type,
        } => {
            let response_type = match response_type {
                DnsResponseType::LoadBalancer => "LOADBALANCER",
                DnsResponseType::Endpoints => "ENDPOINTS",
            };
            let dns = Json::object([
                ("hostname", Some(hostname.as_str().into())),
                ("responseType", Some(response_type.into())),
                ("ipPreference", preference),
            ]);
            Json::under("dns", dns)
        }
        ServiceDiscovery::AwsCloudMap {
            namespace_name,
            service_name,
            attributes,
        } => {
            let attributes = attributes
                .iter()
                .map(|(key, value)| pair(key.as_str(), value.as_str()));
            let map = Json::object([
                ("namespaceName", Some(namespace_name.as_str().into())),
                ("serviceName", Some(service_name.as_str().into())),
                ("attributes", Json::list(attributes)),
                ("ipPreference", preference),
            ]);
            Json::under("awsCloudMap", map)
        }
    }
}

fn backend(backend: &Backend) -> Json {
    let service = Json::object([
        (
            "virtualServiceName",
            Some(backend.virtual_service.as_str().into()),
        ),
        (
            "clientPolicy",
            backend.client_policy.as_ref().map(client_policy),
        ),
    ]);
    Json::under("virtualService", service)
}

fn pair(key: &str, value: &str) -> Json {
    Json::object([("key", Some(key.into())), ("value", Some(value.into()))])
}
