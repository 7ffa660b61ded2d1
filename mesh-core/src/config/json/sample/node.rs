//! Virtual nodes, those that listen and those that only call.

use std::time::Duration;

use super::{OTHER_PORT, PORT, PREFERENCES, SERVICES, draw::Draw, tls};
use crate::{
    config::{
        AccessLog, AttributeKey, AttributeValue, JsonText, Listener, ListenerBuilder,
        LoggingFormat, TextFormat, Timeout, VirtualNode, VirtualNodeBuilder,
    },
    health::HealthCheck,
    limit::ConnectionPool,
    outlier::OutlierDetection,
    unit::{Port, Protocol},
};

pub(super) fn listening(name: &str, draw: &mut Draw) -> VirtualNodeBuilder {
    let spoken = draw.protocol();
    let mut node = calling(name, draw).listener_with(listener(PORT, spoken, draw));
    if draw.flip() {
        let spoken = draw.any_protocol();
        node = node.listener_with(listener(OTHER_PORT, spoken, draw));
    }
    if draw.flip() {
        node = node.ip_preference(draw.pick(&PREFERENCES));
    }
    match draw.below(3) {
        0 => node.dns(draw.name("host")),
        1 => node.dns_endpoints(draw.name("host")),
        _ => {
            let attributes = draw.some(&[("stage", "prod"), ("zone", "a b"), ("tab", "a\tb ")]);
            let attributes = attributes.into_iter().map(attribute);
            node.aws_cloud_map(draw.name("ns"), draw.text("service"), attributes)
        }
    }
}

fn attribute((key, value): (&str, &str)) -> (AttributeKey, AttributeValue) {
    (
        AttributeKey::new(key).unwrap(),
        AttributeValue::new(value).unwrap(),
    )
}

pub(super) fn calling(name: &str, draw: &mut Draw) -> VirtualNodeBuilder {
    let mut node = VirtualNode::builder(name);
    for service in draw.some(&SERVICES) {
        node = match draw.flip() {
            true => node.backend(service),
            false => node.backend_with(service, tls::policy(draw)),
        };
    }
    if draw.flip() {
        node = node.client_policy(tls::policy(draw));
    }
    match draw.flip() {
        true => node.access_log(access_log(draw)),
        false => node,
    }
}

pub(super) fn access_log(draw: &mut Draw) -> AccessLog {
    let log = AccessLog::new(tls::path(draw));
    let json = |text: String| JsonText::new(text).unwrap();
    match draw.below(3) {
        0 => log,
        1 => {
            let text = TextFormat::new(draw.text("%START_TIME%\n"));
            log.format(LoggingFormat::Text(text.unwrap()))
        }
        _ => {
            let count = draw.number(1, 3);
            let pairs = (0..count).map(|_| (json(draw.text("key")), json(draw.text("%PROTOCOL%"))));
            log.format(LoggingFormat::Json(pairs.collect()))
        }
    }
}

fn listener(port: i64, spoken: Protocol, draw: &mut Draw) -> ListenerBuilder {
    let mut listener = Listener::builder(port, spoken);
    let mut timeout = Timeout::new();
    if draw.flip() && spoken != Protocol::Tcp {
        timeout = timeout.per_request(draw.limit());
    }
    if draw.flip() {
        timeout = timeout.idle(draw.limit());
    }
    listener = listener.timeout(timeout);
    if draw.flip() {
        listener = listener.tls(tls::of_listener(draw));
    }
    if draw.flip() {
        listener = listener.health_check(health_check(port, spoken, draw));
    }
    if draw.flip() {
        let errors = draw.number(1, 9);
        let percent = draw.number(0, 100);
        let detection = OutlierDetection::new(errors, draw.limit(), draw.limit(), percent);
        listener = listener.outlier_detection(detection.unwrap());
    }
    match draw.flip() {
        true => listener.connection_pool(connection_pool(spoken, draw)),
        false => listener,
    }
}

pub(super) fn health_check(port: i64, spoken: Protocol, draw: &mut Draw) -> HealthCheck {
    let interval = Duration::from_millis(draw.pick(&[5_000, 5_001, 300_000]));
    let timeout = Duration::from_millis(draw.pick(&[2_000, 2_001, 60_000]));
    let check = HealthCheck::new(spoken, interval, timeout).unwrap();
    let mut check = check
        .thresholds(draw.number(2, 10), draw.number(2, 10))
        .unwrap();
    if draw.flip() && matches!(spoken, Protocol::Http | Protocol::Http2) {
        check = check.path(draw.name("/ping"));
    }
    match draw.flip() {
        true => check.port(Port::new(port).unwrap()),
        false => check,
    }
}

pub(super) fn connection_pool(spoken: Protocol, draw: &mut Draw) -> ConnectionPool {
    let most = draw.pick(&[1, 1_000, i64::from(i32::MAX)]);
    let pool = match spoken {
        Protocol::Http => {
            let pending = draw.flip().then_some(most);
            ConnectionPool::http(most, pending)
        }
        Protocol::Tcp => ConnectionPool::tcp(most),
        _ => ConnectionPool::requests(most),
    };
    pool.unwrap()
}
