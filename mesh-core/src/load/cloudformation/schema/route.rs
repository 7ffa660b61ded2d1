//! Routes: their conditions, targets and policies.

use super::{
    MESH_NAME, OWNER, TAGS,
    listener::{DURATION, TIMEOUT},
};
use crate::load::cloudformation::shape::{
    Choice,
    Kind::{Flag, List, Name, Number, Object, Text, Word},
    Property, Shape,
    Support::{Full, Later},
};

pub(super) static ROUTE: Shape = shape! { "a route", &[
    MESH_NAME,
    OWNER,
    p! { need "VirtualRouterName", Name },
    p! { "RouteName", Name },
    p! { need "Spec", Object(&shape! { "a route's spec", &[
        p! { "Priority", Number },
        p! { "HttpRoute", Object(&HTTP_ROUTE) },
        p! { "Http2Route", Object(&HTTP_ROUTE) },
        p! { "GrpcRoute", Object(&GRPC_ROUTE) },
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

pub(super) static PATH: Shape = shape! { "a path match",
&[p! { "Exact", Text }, p! { "Regex", Text }],
&[Choice { among: &["Exact", "Regex"], required: true }] };

pub(super) const QUERY_PARAMETERS: Property = p! { "QueryParameters", List {
    of: &Object(&shape! { "a query parameter", &[
        p! { need "Name", Text },
        p! { "Match", Object(&shape! { "a query match", &[p! { "Exact", Text }], &[Choice { among: &["Exact"], required: true }] }) },
    ] }),
    least: 1,
} };

pub(super) static HEADER: Shape = shape! { "a header condition", &[
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

static GRPC_ROUTE: Shape = shape! { "a gRPC route", &[
    p! { need "Match", Object(&shape! { "a gRPC match", &[
        p! { "ServiceName", Text },
        p! { "MethodName", Text },
        p! { "Metadata", List { of: &Object(&HEADER), least: 1 } },
        p! { "Port", Number },
    ] }) },
    p! { need "Action", Object(&ACTION) },
    p! { "RetryPolicy", Object(&GRPC_RETRY_POLICY) },
    p! { "Timeout", Object(&TIMEOUT) },
] };

static GRPC_RETRY_POLICY: Shape = shape! { "a gRPC retry policy", &[
    p! { need "MaxRetries", Number },
    p! { need "PerRetryTimeout", Object(&DURATION) },
    p! { "HttpRetryEvents", List { of: &Word(HTTP_RETRY_EVENTS), least: 1 } },
    p! { "TcpRetryEvents", List { of: &Word(&["connection-error"]), least: 1 } },
    p! { "GrpcRetryEvents", List { of: &Word(GRPC_RETRY_EVENTS), least: 1 } },
] };

static TCP_ROUTE: Shape = shape! { "a TCP route", &[
    p! { "Match", Object(&shape! { "a TCP match", &[p! { "Port", Number }] }) },
    p! { need "Action", Object(&ACTION) },
    p! { "Timeout", Object(&shape! { "a TCP timeout", &[p! { "Idle", Object(&DURATION) }] }) },
] };

const HTTP_RETRY_EVENTS: &[&str] = &[
    "server-error",
    "gateway-error",
    "client-error",
    "stream-error",
];

const GRPC_RETRY_EVENTS: &[&str] = &[
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];
