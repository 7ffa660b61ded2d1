//! A node's listener: what it speaks, its limits, and what its callers watch.

use super::{NO_TLS_SERVER, PROTOCOLS, known::LISTENER_TLS};
use crate::load::cloudformation::shape::{
    Choice,
    Kind::{Number, Object, Text, Word},
    Property, Shape,
    Support::{Full, Refused},
};

pub(super) static LISTENER: Shape = shape! { "a listener", &[
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

pub(super) const PORT_MAPPING: Property = p! { need "PortMapping", Object(&shape! { "a port mapping", &[
    p! { need "Port", Number },
    p! { need "Protocol", Word(PROTOCOLS) },
] }) };

pub(super) static TIMEOUT: Shape = shape! { "a timeout", &[
    p! { "PerRequest", Object(&DURATION) },
    p! { "Idle", Object(&DURATION) },
] };

pub(super) static DURATION: Shape = shape! { "a duration", &[
    p! { need "Unit", Word(&["s", "ms"]) },
    p! { need "Value", Number },
] };

pub(super) static HEALTH_CHECK: Shape = shape! { "a health check", &[
    p! { need "HealthyThreshold", Number },
    p! { need "IntervalMillis", Number },
    p! { "Path", Text },
    p! { "Port", Number },
    p! { need "Protocol", Word(PROTOCOLS) },
    p! { need "TimeoutMillis", Number },
    p! { need "UnhealthyThreshold", Number },
] };

pub(super) static OUTLIER_DETECTION: Shape = shape! { "outlier detection", &[
    p! { need "MaxServerErrors", Number },
    p! { need "MaxEjectionPercent", Number },
    p! { need "Interval", Object(&DURATION) },
    p! { need "BaseEjectionDuration", Object(&DURATION) },
] };

pub(super) static CONNECTION_POOL: Shape = shape! { "a connection pool", &[
    p! { "HTTP", Object(&shape! { "an HTTP connection pool", &[
        p! { need "MaxConnections", Number },
        p! { "MaxPendingRequests", Number },
    ] }) },
    p! { "HTTP2", Object(&shape! { "an HTTP/2 connection pool", &[p! { need "MaxRequests", Number }] }) },
    p! { "GRPC", Object(&shape! { "a gRPC connection pool", &[p! { need "MaxRequests", Number }] }) },
    p! { "TCP", Object(&shape! { "a TCP connection pool", &[p! { need "MaxConnections", Number }] }) },
], &[Choice { among: &["HTTP", "HTTP2", "GRPC", "TCP"], required: true }] };
