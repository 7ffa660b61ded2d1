//! Routes: their conditions, targets and policies.

use super::{
    AWS_NAME, MESH_REF, ONE_NODE, TO_NODE,
    listener::{DURATION, TIMEOUT},
};
use crate::load::shape::{
    Choice, Forms,
    Kind::{Flag, List, Number, Object, Text, Word},
    Property, Shape,
};

pub(super) static ROUTE_SPEC: Shape = shape! { "a route's spec", &[
    PRIORITY, HTTP, HTTP2, GRPC, TCP, AWS_NAME, MESH_REF,
], &[ONE_KIND] };

/// Kubernetes keeps a router's routes in the router.
pub(super) static ROUTE_IN_ROUTER: Shape = shape! { "a route", &[
    p! { need "name", Text },
    PRIORITY, HTTP, HTTP2, GRPC, TCP,
], &[ONE_KIND] };

const PRIORITY: Property = p! { "priority", Number };
const HTTP: Property = p! { "httpRoute", Object(&HTTP_ROUTE) };
const HTTP2: Property = p! { "http2Route", Object(&HTTP_ROUTE) };
const GRPC: Property = p! { "grpcRoute", Object(&GRPC_ROUTE) };
const TCP: Property = p! { "tcpRoute", Object(&TCP_ROUTE) };
const ONE_KIND: Choice = Choice::one(&["httpRoute", "http2Route", "grpcRoute", "tcpRoute"]);

static HTTP_ROUTE: Shape = shape! { "an HTTP route", &[
    p! { need "match", Object(&HTTP_MATCH) },
    p! { need "action", Object(&ACTION) },
    p! { "retryPolicy", Object(&RETRY_POLICY) },
    p! { "timeout", Object(&TIMEOUT) },
] };

static HTTP_MATCH: Shape = shape! { "a match", &[
    p! { "prefix", Text },
    p! { "path", Object(&PATH) },
    p! { "method", Text },
    p! { "scheme", Text },
    p! { "port", Number },
    p! { "headers", List { of: &Object(&HEADER), least: 1 } },
    QUERY_PARAMETERS,
], &[Choice::at_most_one(&["prefix", "path"])] };

pub(super) static PATH: Shape = shape! { "a path match",
&[p! { "exact", Text }, p! { "regex", Text }],
&[Choice::one(&["exact", "regex"])] };

pub(super) const QUERY_PARAMETERS: Property = p! { "queryParameters", List {
    of: &Object(&shape! { "a query parameter", &[
        p! { need "name", Text },
        p! { "match", Object(&shape! { "a query match", &[p! { "exact", Text }], &[Choice::one(&["exact"])] }) },
    ] }),
    least: 1,
} };

pub(super) static HEADER: Shape = shape! { "a header condition", &[
    p! { need "name", Text },
    p! { "invert", Flag },
    p! { "match", Object(&HEADER_MATCH) },
] };

static HEADER_MATCH: Shape = shape! { "a header match", &[
    p! { "exact", Text },
    p! { "prefix", Text },
    p! { "suffix", Text },
    p! { "regex", Text },
    p! { "range", Object(&shape! { "a range", &[
        p! { need "start", Number },
        p! { need "end", Number },
    ] }) },
], &[Choice::one(&["exact", "prefix", "suffix", "regex", "range"])] };

static ACTION: Shape = shape! { "a route's action", &[
    p! { need "weightedTargets", List { of: &Object(&shape! { "a weighted target", &[
        TO_NODE[0], TO_NODE[1], TO_NODE[2],
        p! { need "weight", Number },
        p! { "port", Number },
    ], &[ONE_NODE] }), least: 0 } },
] };

static RETRY_POLICY: Shape = shape! { "a retry policy", &[
    p! { need "maxRetries", Number },
    p! { need "perRetryTimeout", Object(&DURATION) },
    p! { "httpRetryEvents", List { of: &Word(HTTP_RETRY_EVENTS), least: 1 } },
    p! { "tcpRetryEvents", List { of: &Word(&["connection-error"]), least: 1 } },
] };

static GRPC_ROUTE: Shape = shape! { "a gRPC route", &[
    p! { need "match", Object(&shape! { "a gRPC match", &[
        p! { "serviceName", Text },
        p! { "methodName", Text },
        p! { "metadata", List { of: &Object(&HEADER), least: 1 } },
        p! { "port", Number },
    ] }) },
    p! { need "action", Object(&ACTION) },
    p! { "retryPolicy", Object(&GRPC_RETRY_POLICY) },
    p! { "timeout", Object(&TIMEOUT) },
] };

static GRPC_RETRY_POLICY: Shape = shape! { "a gRPC retry policy", &[
    p! { need "maxRetries", Number },
    p! { need "perRetryTimeout", Object(&DURATION) },
    p! { "httpRetryEvents", List { of: &Word(HTTP_RETRY_EVENTS), least: 1 } },
    p! { "tcpRetryEvents", List { of: &Word(&["connection-error"]), least: 1 } },
    p! { "grpcRetryEvents", List { of: &Word(GRPC_RETRY_EVENTS), least: 1 } },
] };

static TCP_ROUTE: Shape = shape! { "a TCP route", &[
    p! { "match", Object(&shape! { "a TCP match", &[p! { "port", Number }] }) },
    p! { need "action", Object(&ACTION) },
    p! { "timeout", Object(&shape! { "a TCP timeout", &[p! { "idle", Object(&DURATION) }] }) },
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
