//! The App Mesh resources as CloudFormation spells them.
//!
//! Every property that App Mesh had is here, so that a misspelt one is told from one that this version does not act on.
//! Names follow the registry schemas of `AWS::AppMesh::*`; ranges and enumerations follow the App Mesh API model.

macro_rules! shape {
    ($what:expr, $properties:expr) => {
        shape!($what, $properties, &[])
    };
    ($what:expr, $properties:expr, $choices:expr) => {
        Shape {
            what: $what,
            properties: $properties,
            choices: $choices,
        }
    };
}

macro_rules! p {
    (need $name:expr, $kind:expr) => {
        p!(need $name, $kind, Full)
    };
    (need $name:expr, $kind:expr, $support:expr) => {
        Property {
            name: $name,
            kind: $kind,
            required: true,
            support: $support,
        }
    };
    ($name:expr, $kind:expr) => {
        p!($name, $kind, Full)
    };
    ($name:expr, $kind:expr, $support:expr) => {
        Property {
            name: $name,
            kind: $kind,
            required: false,
            support: $support,
        }
    };
}

mod known;
mod listener;
mod route;

use self::{
    known::{CLIENT_POLICY, GATEWAY_ROUTE, LOGGING, VIRTUAL_GATEWAY},
    listener::{LISTENER, PORT_MAPPING},
    route::ROUTE,
};
use super::shape::{
    Choice,
    Kind::{Any, List, Name, Object, Text, Word},
    Property, Shape,
    Support::{Full, Unused},
};

/// The resource types, with the property that names the resource.
pub(super) const TYPES: [(&str, &str, &Shape); 7] = [
    ("AWS::AppMesh::Mesh", "MeshName", &MESH),
    (
        "AWS::AppMesh::VirtualNode",
        "VirtualNodeName",
        &VIRTUAL_NODE,
    ),
    (
        "AWS::AppMesh::VirtualRouter",
        "VirtualRouterName",
        &VIRTUAL_ROUTER,
    ),
    ("AWS::AppMesh::Route", "RouteName", &ROUTE),
    (
        "AWS::AppMesh::VirtualService",
        "VirtualServiceName",
        &VIRTUAL_SERVICE,
    ),
    (
        "AWS::AppMesh::VirtualGateway",
        "VirtualGatewayName",
        &VIRTUAL_GATEWAY,
    ),
    (
        "AWS::AppMesh::GatewayRoute",
        "GatewayRouteName",
        &GATEWAY_ROUTE,
    ),
];

pub(super) const PROTOCOLS: &[&str] = &["http", "http2", "grpc", "tcp"];
const TAGS: Property = p! { "Tags", Any, Unused };
const OWNER: Property = p! { "MeshOwner", Text, Unused };
const MESH_NAME: Property = p! { need "MeshName", Name };
const PREFERENCE: Property =
    p! { "IpPreference", Word(&["IPv6_PREFERRED", "IPv4_PREFERRED", "IPv6_ONLY", "IPv4_ONLY"]) };
const NO_TLS_SERVER: &str = "a listener that asks for TLS is never served in plain text instead";
const NO_TLS_CLIENT: &str = "a call that asks for TLS never goes out in plain text instead";

static MESH: Shape = shape! { "a mesh", &[
    p! { "MeshName", Name },
    p! { "Spec", Object(&shape! { "a mesh's spec", &[
        p! { "EgressFilter", Object(&shape! { "an egress filter", &[
            p! { need "Type", Word(&["ALLOW_ALL", "DROP_ALL"]) },
        ] }) },
        p! { "ServiceDiscovery", Object(&shape! { "a mesh's service discovery", &[PREFERENCE] }) },
    ] }) },
    TAGS,
] };

static VIRTUAL_NODE: Shape = shape! { "a virtual node", &[
    MESH_NAME,
    OWNER,
    p! { "VirtualNodeName", Name },
    p! { need "Spec", Object(&shape! { "a virtual node's spec", &[
        p! { "Listeners", List { of: &Object(&LISTENER), least: 0 } },
        p! { "ServiceDiscovery", Object(&DISCOVERY) },
        p! { "Backends", List { of: &Object(&BACKEND), least: 0 } },
        p! { "BackendDefaults", Object(&shape! { "backend defaults", &[CLIENT_POLICY] }) },
        LOGGING,
    ] }) },
    TAGS,
] };

static DISCOVERY: Shape = shape! { "service discovery", &[
    p! { "DNS", Object(&shape! { "DNS discovery", &[
        p! { need "Hostname", Text },
        p! { "ResponseType", Word(&["LOADBALANCER", "ENDPOINTS"]) },
        PREFERENCE,
    ] }) },
    p! { "AWSCloudMap", Object(&shape! { "Cloud Map discovery", &[
        p! { need "NamespaceName", Text },
        p! { need "ServiceName", Text },
        p! { "Attributes", List { of: &Object(&KEY_VALUE), least: 0 } },
        PREFERENCE,
    ] }) },
], &[Choice { among: &["DNS", "AWSCloudMap"], required: true }] };

static KEY_VALUE: Shape = shape! { "a key and value", &[
    p! { need "Key", Text },
    p! { need "Value", Text },
] };

static BACKEND: Shape = shape! { "a backend", &[
    p! { "VirtualService", Object(&shape! { "a backend's virtual service", &[
        p! { need "VirtualServiceName", Name },
        CLIENT_POLICY,
    ] }) },
], &[Choice { among: &["VirtualService"], required: true }] };

static VIRTUAL_ROUTER: Shape = shape! { "a virtual router", &[
    MESH_NAME,
    OWNER,
    p! { "VirtualRouterName", Name },
    p! { need "Spec", Object(&shape! { "a virtual router's spec", &[
        p! { need "Listeners", List { of: &Object(&shape! { "a router's listener", &[PORT_MAPPING] }), least: 1 } },
    ] }) },
    TAGS,
] };

static VIRTUAL_SERVICE: Shape = shape! { "a virtual service", &[
    MESH_NAME,
    OWNER,
    p! { need "VirtualServiceName", Name },
    p! { need "Spec", Object(&shape! { "a virtual service's spec", &[
        p! { "Provider", Object(&shape! { "a provider", &[
            p! { "VirtualNode", Object(&shape! { "a provider node", &[p! { need "VirtualNodeName", Name }] }) },
            p! { "VirtualRouter", Object(&shape! { "a provider router", &[p! { need "VirtualRouterName", Name }] }) },
        ], &[Choice { among: &["VirtualNode", "VirtualRouter"], required: true }] }) },
    ] }) },
    TAGS,
] };
