//! Listeners of nodes and gateways.

use super::{
    duration::{duration, timeout},
    resource::port_mapping,
    tls::listener_tls,
    value::Json,
};
use crate::{
    config::{GatewayListener, Listener, Timeout},
    health::HealthCheck,
    limit::ConnectionPool,
    outlier::OutlierDetection,
    unit::Protocol,
};

pub(super) fn of_node(listener: &Listener) -> Json {
    let spoken = listener.protocol;
    let pool = listener.connection_pool;
    Json::object([
        ("portMapping", Some(port_mapping(listener.port, spoken))),
        ("timeout", of_protocol(spoken, listener.timeout)),
        ("tls", listener.tls.as_ref().map(listener_tls)),
        (
            "healthCheck",
            listener.health_check.as_ref().map(health_check),
        ),
        (
            "outlierDetection",
            listener.outlier_detection.map(outlier_detection),
        ),
        (
            "connectionPool",
            pool.map(|pool| connection_pool(spoken, pool)),
        ),
    ])
}

pub(super) fn of_gateway(listener: &GatewayListener) -> Json {
    let spoken = listener.protocol;
    let pool = listener.connection_pool;
    Json::object([
        ("portMapping", Some(port_mapping(listener.port, spoken))),
        ("tls", listener.tls.as_ref().map(listener_tls)),
        (
            "healthCheck",
            listener.health_check.as_ref().map(health_check),
        ),
        (
            "connectionPool",
            pool.map(|pool| connection_pool(spoken, pool)),
        ),
    ])
}

fn of_protocol(spoken: Protocol, limits: Timeout) -> Option<Json> {
    timeout(limits).map(|limits| Json::under(key(spoken), limits))
}

const fn key(spoken: Protocol) -> &'static str {
    match spoken {
        Protocol::Http => "http",
        Protocol::Http2 => "http2",
        Protocol::Grpc => "grpc",
        Protocol::Tcp => "tcp",
    }
}

fn health_check(check: &HealthCheck) -> Json {
    let millis = |duration: std::time::Duration| {
        Json::Number(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    };
    Json::object([
        ("protocol", Some(key(check.protocol()).into())),
        ("path", check.own_path().map(Json::from)),
        ("port", check.own_port().map(|port| port.get().into())),
        ("intervalMillis", Some(millis(check.interval()))),
        ("timeoutMillis", Some(millis(check.timeout()))),
        ("healthyThreshold", Some(check.healthy_threshold().into())),
        (
            "unhealthyThreshold",
            Some(check.unhealthy_threshold().into()),
        ),
    ])
}

fn outlier_detection(detection: OutlierDetection) -> Json {
    Json::object([
        (
            "maxServerErrors",
            Some(detection.max_server_errors().into()),
        ),
        ("interval", Some(duration(detection.interval()))),
        (
            "baseEjectionDuration",
            Some(duration(detection.base_ejection())),
        ),
        (
            "maxEjectionPercent",
            Some(detection.max_ejection_percent().into()),
        ),
    ])
}

fn connection_pool(spoken: Protocol, pool: ConnectionPool) -> Json {
    let limits = match pool {
        ConnectionPool::Http {
            max_connections,
            max_pending_requests,
        } => Json::object([
            ("maxConnections", Some(max_connections.get().into())),
            (
                "maxPendingRequests",
                max_pending_requests.map(|most| most.get().into()),
            ),
        ]),
        ConnectionPool::Requests { max_requests } => Json::under("maxRequests", max_requests.get()),
        ConnectionPool::Tcp { max_connections } => {
            Json::under("maxConnections", max_connections.get())
        }
    };
    Json::under(key(spoken), limits)
}
