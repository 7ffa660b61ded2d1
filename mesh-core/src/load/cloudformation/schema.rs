//! The App Mesh resources as CloudFormation spells them.
//!
//! Every property that App Mesh had is here, so that a misspelt one is told from one that this version does not act on.
//! Names follow the registry schemas of `AWS::AppMesh::*`; ranges and enumerations follow the App Mesh API model.

use super::shape::{
    Choice,
    Kind::{Any, Flag, List, Name, Number, Object, Text, Word},
    Property, Shape,
    Support::{Full, Later, Refused},
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
        Property {
            name: $name,
            kind: $kind,
            required: true,
            support: Full,
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

const TAGS: Property = p! { "Tags", Any };
const OWNER: Property = p! { "MeshOwner", Text };
const MESH_NAME: Property = p! { need "MeshName", Name };
const PREFERENCE: Property =
    p! { "IpPreference", Text, Later("addresses of both families are used") };
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
    p! { "HealthCheck", Object(&HEALTH_CHECK), Later("endpoints are not probed") },
    p! { "OutlierDetection", Object(&OUTLIER_DETECTION), Later("failing endpoints are not ejected") },
    p! { "ConnectionPool", Object(&CONNECTION_POOL), Later("connections and requests are not limited") },
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

// What follows is known by name only.

static GRPC_ROUTE: Shape = shape! { "a gRPC route", &[
    p! { need "Match", Object(&shape! { "a gRPC match", &[
        p! { "ServiceName", Text },
        p! { "MethodName", Text },
        p! { "Metadata", List { of: &Object(&HEADER), least: 1 } },
        p! { "Port", Number },
    ] }) },
    p! { need "Action", Object(&ACTION) },
    p! { "RetryPolicy", Object(&shape! { "a gRPC retry policy", &[
        p! { need "MaxRetries", Number },
        p! { need "PerRetryTimeout", Object(&DURATION) },
        p! { "HttpRetryEvents", List { of: &Word(HTTP_RETRY_EVENTS), least: 1 } },
        p! { "TcpRetryEvents", List { of: &Word(&["connection-error"]), least: 1 } },
        p! { "GrpcRetryEvents", List { of: &Word(GRPC_RETRY_EVENTS), least: 1 } },
    ] }) },
    p! { "Timeout", Object(&TIMEOUT) },
] };

const GRPC_RETRY_EVENTS: &[&str] = &[
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

static TCP_ROUTE: Shape = shape! { "a TCP route", &[
    p! { "Match", Object(&shape! { "a TCP match", &[p! { "Port", Number }] }) },
    p! { need "Action", Object(&ACTION) },
    p! { "Timeout", Object(&shape! { "a TCP timeout", &[p! { "Idle", Object(&DURATION) }] }) },
] };

static HEALTH_CHECK: Shape = shape! { "a health check", &[
    p! { need "HealthyThreshold", Number },
    p! { need "IntervalMillis", Number },
    p! { "Path", Text },
    p! { "Port", Number },
    p! { need "Protocol", Word(PROTOCOLS) },
    p! { need "TimeoutMillis", Number },
    p! { need "UnhealthyThreshold", Number },
] };

static OUTLIER_DETECTION: Shape = shape! { "outlier detection", &[
    p! { need "MaxServerErrors", Number },
    p! { need "MaxEjectionPercent", Number },
    p! { need "Interval", Object(&DURATION) },
    p! { need "BaseEjectionDuration", Object(&DURATION) },
] };

static CONNECTION_POOL: Shape = shape! { "a connection pool", &[
    p! { "HTTP", Object(&shape! { "an HTTP connection pool", &[
        p! { need "MaxConnections", Number },
        p! { "MaxPendingRequests", Number },
    ] }) },
    p! { "HTTP2", Object(&shape! { "an HTTP/2 connection pool", &[p! { need "MaxRequests", Number }] }) },
    p! { "GRPC", Object(&shape! { "a gRPC connection pool", &[p! { need "MaxRequests", Number }] }) },
    p! { "TCP", Object(&shape! { "a TCP connection pool", &[p! { need "MaxConnections", Number }] }) },
], &[Choice { among: &["HTTP", "HTTP2", "GRPC", "TCP"], required: false }] };

const LOGGING: Property = p! { "Logging", Object(&shape! { "logging", &[
    p! { "AccessLog", Object(&shape! { "an access log", &[
        p! { "File", Object(&shape! { "an access log file", &[
            p! { need "Path", Text },
            p! { "Format", Object(&shape! { "a log format", &[
                p! { "Json", List { of: &Object(&KEY_VALUE), least: 0 } },
                p! { "Text", Text },
            ], &[Choice { among: &["Json", "Text"], required: false }] }) },
        ] }) },
    ] }) },
] }), Later("no access log is written") };

static LISTENER_TLS: Shape = shape! { "a listener's TLS", &[
    p! { need "Mode", Word(&["STRICT", "PERMISSIVE", "DISABLED"]) },
    p! { need "Certificate", Object(&shape! { "a certificate", &[
        p! { "ACM", Object(&shape! { "an ACM certificate", &[p! { need "CertificateArn", Text }] }) },
        p! { "File", Object(&CERTIFICATE_FILE) },
        p! { "SDS", Object(&SECRET) },
    ], &[Choice { among: &["ACM", "File", "SDS"], required: true }] }) },
    p! { "Validation", Object(&shape! { "a validation", &[
        p! { need "Trust", Object(&shape! { "a listener's trust", &[
            p! { "File", Object(&TRUST_FILE) },
            p! { "SDS", Object(&SECRET) },
        ], &[Choice { among: &["File", "SDS"], required: true }] }) },
        ALTERNATIVE_NAMES,
    ] }) },
] };

const CLIENT_POLICY: Property = p! { "ClientPolicy", Object(&shape! { "a client policy", &[
    p! { "TLS", Object(&shape! { "a client policy's TLS", &[
        p! { "Enforce", Flag },
        p! { "Ports", List { of: &Number, least: 0 } },
        p! { "Certificate", Object(&shape! { "a client certificate", &[
            p! { "File", Object(&CERTIFICATE_FILE) },
            p! { "SDS", Object(&SECRET) },
        ], &[Choice { among: &["File", "SDS"], required: true }] }) },
        p! { need "Validation", Object(&shape! { "a validation", &[
            p! { need "Trust", Object(&shape! { "a client's trust", &[
                p! { "ACM", Object(&shape! { "ACM trust", &[
                    p! { need "CertificateAuthorityArns", List { of: &Text, least: 1 } },
                ] }) },
                p! { "File", Object(&TRUST_FILE) },
                p! { "SDS", Object(&SECRET) },
            ], &[Choice { among: &["ACM", "File", "SDS"], required: true }] }) },
            ALTERNATIVE_NAMES,
        ] }) },
    ] }), Refused(NO_TLS_CLIENT) },
] }) };

const ALTERNATIVE_NAMES: Property = p! { "SubjectAlternativeNames", Object(&shape! { "alternative names", &[
    p! { need "Match", Object(&shape! { "a match of alternative names", &[
        p! { "Exact", List { of: &Text, least: 0 } },
    ] }) },
] }) };

static CERTIFICATE_FILE: Shape = shape! { "a certificate file", &[
    p! { need "CertificateChain", Text },
    p! { need "PrivateKey", Text },
] };
static TRUST_FILE: Shape = shape! { "a trust file", &[p! { need "CertificateChain", Text }] };
static SECRET: Shape = shape! { "a secret", &[p! { need "SecretName", Text }] };

static VIRTUAL_GATEWAY: Shape = shape! { "a virtual gateway", &[
    MESH_NAME,
    OWNER,
    p! { "VirtualGatewayName", Name },
    p! { need "Spec", Object(&shape! { "a virtual gateway's spec", &[
        p! { need "Listeners", List { of: &Object(&shape! { "a gateway's listener", &[
            p! { need "PortMapping", Object(&shape! { "a port mapping", &[
                p! { need "Port", Number },
                p! { need "Protocol", Word(&["http", "http2", "grpc"]) },
            ] }) },
            p! { "TLS", Object(&LISTENER_TLS) },
            p! { "HealthCheck", Object(&HEALTH_CHECK) },
            p! { "ConnectionPool", Object(&CONNECTION_POOL) },
        ] }), least: 0 } },
        p! { "BackendDefaults", Object(&shape! { "backend defaults", &[CLIENT_POLICY] }) },
        LOGGING,
    ] }) },
    TAGS,
] };

static GATEWAY_ROUTE: Shape = shape! { "a gateway route", &[
    MESH_NAME,
    OWNER,
    p! { need "VirtualGatewayName", Name },
    p! { "GatewayRouteName", Name },
    p! { need "Spec", Object(&shape! { "a gateway route's spec", &[
        p! { "Priority", Number },
        p! { "HttpRoute", Object(&HTTP_GATEWAY_ROUTE) },
        p! { "Http2Route", Object(&HTTP_GATEWAY_ROUTE) },
        p! { "GrpcRoute", Object(&shape! { "a gRPC gateway route", &[
            p! { need "Match", Object(&shape! { "a gRPC gateway match", &[
                p! { "ServiceName", Text },
                p! { "Hostname", Object(&HOSTNAME) },
                p! { "Metadata", List { of: &Object(&HEADER), least: 1 } },
                p! { "Port", Number },
            ] }) },
            p! { need "Action", Object(&shape! { "a gateway route's action", &[
                GATEWAY_TARGET,
                p! { "Rewrite", Object(&shape! { "a rewrite", &[REWRITE_HOSTNAME] }) },
            ] }) },
        ] }) },
    ], &[Choice { among: &["HttpRoute", "Http2Route", "GrpcRoute"], required: true }] }) },
    TAGS,
] };

static HTTP_GATEWAY_ROUTE: Shape = shape! { "an HTTP gateway route", &[
    p! { need "Match", Object(&shape! { "a gateway match", &[
        p! { "Prefix", Text },
        p! { "Path", Object(&PATH) },
        p! { "Hostname", Object(&HOSTNAME) },
        p! { "Method", Text },
        p! { "Port", Number },
        p! { "Headers", List { of: &Object(&HEADER), least: 1 } },
        QUERY_PARAMETERS,
    ], &[Choice { among: &["Prefix", "Path"], required: false }] }) },
    p! { need "Action", Object(&shape! { "a gateway route's action", &[
        GATEWAY_TARGET,
        p! { "Rewrite", Object(&shape! { "a rewrite", &[
            REWRITE_HOSTNAME,
            p! { "Prefix", Object(&shape! { "a prefix rewrite", &[
                p! { "DefaultPrefix", Word(&["ENABLED", "DISABLED"]) },
                p! { "Value", Text },
            ], &[Choice { among: &["DefaultPrefix", "Value"], required: false }] }) },
            p! { "Path", Object(&shape! { "a path rewrite", &[p! { "Exact", Text }] }) },
        ], &[Choice { among: &["Prefix", "Path"], required: false }] }) },
    ] }) },
] };

const GATEWAY_TARGET: Property = p! { need "Target", Object(&shape! { "a gateway target", &[
    p! { need "VirtualService", Object(&shape! { "a target service", &[p! { need "VirtualServiceName", Name }] }) },
    p! { "Port", Number },
] }) };

const REWRITE_HOSTNAME: Property = p! { "Hostname", Object(&shape! { "a hostname rewrite", &[
    p! { "DefaultTargetHostname", Word(&["ENABLED", "DISABLED"]) },
] }) };

static HOSTNAME: Shape = shape! { "a hostname match",
&[p! { "Exact", Text }, p! { "Suffix", Text }],
&[Choice { among: &["Exact", "Suffix"], required: true }] };
