//! A node's listener: what it speaks, its limits, and what its callers watch.

use super::{PROTOCOLS, tls::LISTENER_TLS};
use crate::load::shape::{
    Choice, Forms,
    Kind::{Number, Object, Text, Word},
    Property, Shape,
};

pub(super) static LISTENER: Shape = shape! { "a listener", &[
    PORT_MAPPING,
    p! { "timeout", Object(&shape! { "a listener's timeout", &[
        p! { "http", Object(&TIMEOUT) },
        p! { "http2", Object(&TIMEOUT) },
        p! { "grpc", Object(&TIMEOUT) },
        p! { "tcp", Object(&shape! { "a TCP timeout", &[p! { "idle", Object(&DURATION) }] }) },
    ], &[Choice::at_most_one(&["http", "http2", "grpc", "tcp"])] }) },
    p! { "tls", Object(&LISTENER_TLS) },
    p! { "healthCheck", Object(&HEALTH_CHECK) },
    p! { "outlierDetection", Object(&OUTLIER_DETECTION) },
    p! { "connectionPool", Object(&CONNECTION_POOL) },
] };

pub(super) const PORT_MAPPING: Property = p! { need "portMapping", Object(&shape! { "a port mapping", &[
    p! { need "port", Number },
    p! { need "protocol", Word(PROTOCOLS) },
] }) };

pub(super) static TIMEOUT: Shape = shape! { "a timeout", &[
    p! { "perRequest", Object(&DURATION) },
    p! { "idle", Object(&DURATION) },
] };

pub(super) static DURATION: Shape = shape! { "a duration", &[
    p! { need "unit", Word(&["s", "ms"]) },
    p! { need "value", Number },
] };

pub(super) static HEALTH_CHECK: Shape = shape! { "a health check", &[
    p! { need "healthyThreshold", Number },
    p! { need "intervalMillis", Number },
    p! { "path", Text },
    p! { "port", Number },
    p! { need "protocol", Word(PROTOCOLS) },
    p! { need "timeoutMillis", Number },
    p! { need "unhealthyThreshold", Number },
] };

pub(super) static OUTLIER_DETECTION: Shape = shape! { "outlier detection", &[
    p! { need "maxServerErrors", Number },
    p! { need "maxEjectionPercent", Number },
    p! { need "interval", Object(&DURATION) },
    p! { need "baseEjectionDuration", Object(&DURATION) },
] };

static CONNECTION_POOL: Shape = shape! { "a connection pool", &[POOL_HTTP, POOL_HTTP2, POOL_GRPC, POOL_TCP],
&[Choice::one(&["http", "http2", "grpc", "tcp"])] };

/// A gateway's, which speaks no TCP.
pub(super) static HTTP_CONNECTION_POOL: Shape = shape! { "a connection pool", &[POOL_HTTP, POOL_HTTP2, POOL_GRPC],
&[Choice::one(&["http", "http2", "grpc"])] };

const POOL_HTTP: Property = p! { "http", Object(&shape! { "an HTTP connection pool", &[
    p! { need "maxConnections", Number },
    p! { "maxPendingRequests", Number },
] }) };
const POOL_HTTP2: Property = p! { "http2", Object(&shape! { "an HTTP/2 connection pool", &[p! { need "maxRequests", Number }] }) };
const POOL_GRPC: Property = p! { "grpc", Object(&shape! { "a gRPC connection pool", &[p! { need "maxRequests", Number }] }) };
const POOL_TCP: Property = p! { "tcp", Object(&shape! { "a TCP connection pool", &[p! { need "maxConnections", Number }] }) };
