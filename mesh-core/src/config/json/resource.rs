//! Meshes, routers and virtual services.

use super::value::Json;
use crate::{
    config::{EgressFilter, Mesh, Provider, VirtualRouter, VirtualService},
    unit::{IpPreference, Port, Protocol},
};

pub(super) fn mesh(mesh: &Mesh) -> Json {
    let egress = match mesh.egress_filter {
        EgressFilter::AllowAll => "ALLOW_ALL",
        EgressFilter::DropAll => "DROP_ALL",
    };
    let preference = mesh.ip_preference.map(ip_preference);
    let spec = Json::object([
        ("egressFilter", Some(Json::under("type", egress))),
        (
            "serviceDiscovery",
            preference.map(|preference| Json::under("ipPreference", preference)),
        ),
    ]);
    Json::object([
        ("meshName", Some(mesh.name.as_str().into())),
        ("spec", Some(spec)),
    ])
}

pub(super) fn virtual_router(mesh: &str, router: &VirtualRouter) -> Json {
    let listeners = router.listeners.iter();
    let listeners = listeners.map(|listener| {
        Json::under(
            "portMapping",
            port_mapping(listener.port, listener.protocol),
        )
    });
    let spec = Json::object([("listeners", Json::list(listeners))]);
    Json::object([
        ("meshName", Some(mesh.into())),
        ("virtualRouterName", Some(router.name.as_str().into())),
        ("spec", Some(spec)),
    ])
}

pub(super) fn virtual_service(mesh: &str, service: &VirtualService) -> Json {
    let provider = service.provider.as_ref().map(|provider| match provider {
        Provider::VirtualNode(name) => {
            let node = Json::under("virtualNodeName", name.as_str());
            Json::under("virtualNode", node)
        }
        Provider::VirtualRouter(name) => {
            let router = Json::under("virtualRouterName", name.as_str());
            Json::under("virtualRouter", router)
        }
    });
    Json::object([
        ("meshName", Some(mesh.into())),
        ("virtualServiceName", Some(service.name.as_str().into())),
        ("spec", Some(Json::object([("provider", provider)]))),
    ])
}

pub(super) fn port_mapping(port: Port, protocol: Protocol) -> Json {
    Json::object([
        ("port", Some(port.get().into())),
        ("protocol", Some(protocol.to_string().as_str().into())),
    ])
}

pub(super) const fn ip_preference(preference: IpPreference) -> &'static str {
    match preference {
        IpPreference::Ipv6Preferred => "IPv6_PREFERRED",
        IpPreference::Ipv4Preferred => "IPv4_PREFERRED",
        IpPreference::Ipv6Only => "IPv6_ONLY",
        IpPreference::Ipv4Only => "IPv4_ONLY",
    }
}
