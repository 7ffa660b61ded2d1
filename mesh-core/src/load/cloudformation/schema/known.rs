//! What this version knows by name only: a misspelt property is still told from one that is not acted on.

use super::{
    KEY_VALUE, MESH_NAME, NO_TLS_CLIENT, OWNER, TAGS,
    listener::{CONNECTION_POOL, HEALTH_CHECK},
    route::{HEADER, PATH, QUERY_PARAMETERS},
};
use crate::load::cloudformation::shape::{
    Choice,
    Kind::{Flag, List, Name, Number, Object, Text, Word},
    Property, Shape,
    Support::{Full, Later, Refused, Unused},
};

pub(super) const LOGGING: Property = p! { "Logging", Object(&shape! { "logging", &[
    p! { "AccessLog", Object(&shape! { "an access log", &[
        p! { "File", Object(&shape! { "an access log file", &[
            p! { need "Path", Text },
            p! { "Format", Object(&shape! { "a log format", &[
                p! { "Json", List { of: &Object(&KEY_VALUE), least: 0 } },
                p! { "Text", Text },
            ], &[Choice { among: &["Json", "Text"], required: false }] }),
                Later("the access log is written in Envoy's default text format") },
        ] }) },
    ] }) },
] }) };

pub(super) static LISTENER_TLS: Shape = shape! { "a listener's TLS", &[
    p! { need "Mode", Word(&["STRICT", "PERMISSIVE", "DISABLED"]) },
    p! { need "Certificate", Object(&shape! { "a certificate", &[
        p! { "ACM", Object(&shape! { "an ACM certificate", &[p! { need "CertificateArn", Text }] }) },
        p! { "File", Object(&CERTIFICATE_FILE) },
        p! { "SDS", Object(&SECRET) },
    ], &[Choice { among: &["ACM", "File", "SDS"], required: true }] }), Unused },
    p! { "Validation", Object(&shape! { "a validation", &[
        p! { need "Trust", Object(&shape! { "a listener's trust", &[
            p! { "File", Object(&TRUST_FILE) },
            p! { "SDS", Object(&SECRET) },
        ], &[Choice { among: &["File", "SDS"], required: true }] }) },
        ALTERNATIVE_NAMES,
    ] }), Unused },
] };

pub(super) const CLIENT_POLICY: Property = p! { "ClientPolicy", Object(&shape! { "a client policy", &[
    p! { "TLS", Object(&shape! { "a client policy's TLS", &[
        p! { "Enforce", Flag, Unused },
        p! { "Ports", List { of: &Number, least: 0 }, Unused },
        p! { "Certificate", Object(&shape! { "a client certificate", &[
            p! { "File", Object(&CERTIFICATE_FILE) },
            p! { "SDS", Object(&SECRET) },
        ], &[Choice { among: &["File", "SDS"], required: true }] }), Unused },
        p! { need "Validation", Object(&shape! { "a validation", &[
            p! { need "Trust", Object(&shape! { "a client's trust", &[
                p! { "ACM", Object(&shape! { "ACM trust", &[
                    p! { need "CertificateAuthorityArns", List { of: &Text, least: 1 } },
                ] }) },
                p! { "File", Object(&TRUST_FILE) },
                p! { "SDS", Object(&SECRET) },
            ], &[Choice { among: &["ACM", "File", "SDS"], required: true }] }) },
            ALTERNATIVE_NAMES,
        ] }), Unused },
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

pub(super) static VIRTUAL_GATEWAY: Shape = shape! { "a virtual gateway", &[
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

pub(super) static GATEWAY_ROUTE: Shape = shape! { "a gateway route", &[
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
