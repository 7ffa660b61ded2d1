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

use self::known::{
    CLIENT_POLICY, CONNECTION_POOL, GATEWAY_ROUTE, GRPC_ROUTE, HEALTH_CHECK, LISTENER_TLS, LOGGING,
    OUTLIER_DETECTION, TCP_ROUTE, VIRTUAL_GATEWAY,
};
use super::shape::{
    Choice,
    Kind::{Any, Flag, List, Name, Number, Object, Text, Word},
    Property, Shape,
    Support::{Full, Later, Refused, Unused},
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
pub(super) const HTTP_RETRY_EVENTS: &[&str] = &[
    "server-error",
    "gateway-error",
    "client-error",
    "stream-error",
];

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

static LISTENER: Shape = shape! { "a listener", &[
    PORT_MAPPING,
    p! { "Timeout", Object(&shape! { "a listener's timeout", &[
        p! { "HTTP", Object(&TIMEOUT) },
        p! { "HTTP2", Object(&TIMEOUT) },
        p! { "GRPC", Object(&TIMEOUT) },
        p! { "TCP", Object(&shape! { "a TCP timeout", &[p! { "Idle", Object(&DURATION) }] }) },
    ], &[Choice { among: &["HTTP", "HTTP2", "GRPC", "TCP"], required: false }] }) },
    p! { "TLS", Object(&LISTENER_TLS), Refused(NO_TLS_SERVER) },
    p! { "HealthCheck", Object(&HEALTH_CHECK) },
    p! { "OutlierDetection", Object(&OUTLIER_DETECTION) },
    p! { "ConnectionPool", Object(&CONNECTION_POOL) },
] };

const PORT_MAPPING: Property = p! { need "PortMapping", Object(&shape! { "a port mapping", &[
    p! { need "Port", Number },
    p! { need "Protocol", Word(PROTOCOLS) },
] }) };

static TIMEOUT: Shape = shape! { "a timeout", &[
    p! { "PerRequest", Object(&DURATION) },
    p! { "Idle", Object(&DURATION) },
] };

static DURATION: Shape = shape! { "a duration", &[
    p! { need "Unit", Word(&["s", "ms"]) },
    p! { need "Value", Number },
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

static ROUTE: Shape = shape! { "a route", &[
    MESH_NAME,
    OWNER,
    p! { need "VirtualRouterName", Name },
    p! { "RouteName", Name },
    p! { need "Spec", Object(&shape! { "a route's spec", &[
        p! { "Priority", Number },
        p! { "HttpRoute", Object(&HTTP_ROUTE) },
        p! { "Http2Route", Object(&HTTP_ROUTE) },
        p! { "GrpcRoute", Object(&GRPC_ROUTE), Later(LEFT_OUT) },
        p! { "TcpRoute", Object(&TCP_ROUTE), Later(LEFT_OUT) },
    ], &[Choice { among: &["HttpRoute", "Http2Route", "GrpcRoute", "TcpRoute"], required: true }] }) },
    TAGS,
] };

const LEFT_OUT: &str = "the route is left out, so what it would take goes to the router's other routes or, where none matches, is answered 404";

static HTTP_ROUTE: Shape = shape! { "an HTTP route", &[
    p! { need "Match", Object(&HTTP_MATCH) },
    p! { need "Action", Object(&ACTION) },
    p! { "RetryPolicy", Object(&RETRY_POLICY) },
    p! { "Timeout", Object(&TIMEOUT) },
] };

static HTTP_MATCH: Shape = shape! { "a match", &[
    p! { "Prefix", Text },
    p! { "Path", Object(&PATH) },
    p! { "Method", Text },
    p! { "Scheme", Text },
    p! { "Port", Number },
    p! { "Headers", List { of: &Object(&HEADER), least: 1 } },
    QUERY_PARAMETERS,
], &[Choice { among: &["Prefix", "Path"], required: false }] };

static PATH: Shape = shape! { "a path match",
&[p! { "Exact", Text }, p! { "Regex", Text }],
&[Choice { among: &["Exact", "Regex"], required: true }] };

const QUERY_PARAMETERS: Property = p! { "QueryParameters", List {
    of: &Object(&shape! { "a query parameter", &[
        p! { need "Name", Text },
        p! { "Match", Object(&shape! { "a query match", &[p! { "Exact", Text }], &[Choice { among: &["Exact"], required: true }] }) },
    ] }),
    least: 1,
} };

static HEADER: Shape = shape! { "a header condition", &[
    p! { need "Name", Text },
    p! { "Invert", Flag },
    p! { "Match", Object(&HEADER_MATCH) },
] };

static HEADER_MATCH: Shape = shape! { "a header match", &[
    p! { "Exact", Text },
    p! { "Prefix", Text },
    p! { "Suffix", Text },
    p! { "Regex", Text },
    p! { "Range", Object(&shape! { "a range", &[
        p! { need "Start", Number },
        p! { need "End", Number },
    ] }) },
], &[Choice { among: &["Exact", "Prefix", "Suffix", "Regex", "Range"], required: true }] };

static ACTION: Shape = shape! { "a route's action", &[
    p! { need "WeightedTargets", List { of: &Object(&shape! { "a weighted target", &[
        p! { need "VirtualNode", Name },
        p! { need "Weight", Number },
        p! { "Port", Number },
    ] }), least: 0 } },
] };

static RETRY_POLICY: Shape = shape! { "a retry policy", &[
    p! { need "MaxRetries", Number },
    p! { need "PerRetryTimeout", Object(&DURATION) },
    p! { "HttpRetryEvents", List { of: &Word(HTTP_RETRY_EVENTS), least: 1 } },
    p! { "TcpRetryEvents", List { of: &Word(&["connection-error"]), least: 1 } },
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
