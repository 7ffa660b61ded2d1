//! What a listener's callers watch, and what it lets in.

use std::time::Duration;

use super::{node, refused, template, warned};
use crate::{
    config::{Config, Listener},
    health::HealthCheck,
    limit::ConnectionPool,
    outlier::OutlierDetection,
    unit::{IpPreference, Port, Protocol},
};

const CHECK: &str =
    "HealthyThreshold: 3, UnhealthyThreshold: 2, IntervalMillis: 5000, TimeoutMillis: 2000";
const OUTLIER: &str = "MaxServerErrors: 5, Interval: {Unit: s, Value: 10}, BaseEjectionDuration: {Unit: ms, Value: 1500}";

/// A node that speaks this on port 80, with these members in its listener.
fn listening(protocol: &str, members: &str) -> String {
    let text = node("a").replace("PortMapping", &format!("{members}, PortMapping"));
    let spoken =
        format!("Protocol: {protocol}}}}}], ServiceDiscovery: {{DNS: {{ResponseType: ENDPOINTS,");
    template(&text.replace("Protocol: http}}], ServiceDiscovery: {DNS: {", &spoken))
}

fn listener(text: &str) -> Listener {
    let config = Config::parse("m", text).unwrap_or_else(|errors| panic!("{text}\n{errors}"));
    let node = config.mesh().virtual_node("a").expect("the node is there");
    node.listeners[0].clone()
}

#[test]
fn health_checks_are_read_with_every_member_and_numbers_as_texts() {
    let seconds = Duration::from_secs;
    let check = |protocol| {
        let check = HealthCheck::new(protocol, seconds(5), seconds(2)).unwrap();
        check.thresholds(3, 2).unwrap()
    };
    let port = Port::new(80).unwrap();
    let rows = [
        ("Protocol: tcp", check(Protocol::Tcp)),
        ("Protocol: grpc", check(Protocol::Grpc)),
        (
            "Protocol: http, Path: /ping",
            check(Protocol::Http).path("/ping"),
        ),
        (
            "Protocol: http2, Port: '80'",
            check(Protocol::Http2).port(port),
        ),
    ];
    for (members, wanted) in rows {
        let text = listening("http", &format!("HealthCheck: {{{members}, {CHECK}}}"));
        assert_eq!(
            listener(&text).health_check,
            Some(wanted.clone()),
            "{members}"
        );
        let texts = text
            .replace("5000", "'5000'")
            .replace("Threshold: 3", "Threshold: '3'");
        assert_eq!(listener(&texts).health_check, Some(wanted), "{members}");
    }
}

#[test]
fn every_number_of_a_health_check_that_is_out_of_range_is_told_at_once() {
    let check = "HealthCheck: {Protocol: http, Port: §0, HealthyThreshold: §1, UnhealthyThreshold: §11, IntervalMillis: §4999, \
                 TimeoutMillis: §-1}";
    refused(&listening("http", check), &["out-of-range"; 5]);
    let errors = Config::parse("m", &listening("http", &check.replace('§', ""))).unwrap_err();
    assert!(errors.to_string().contains("not -1"), "{errors}");
}

#[test]
fn a_health_check_has_to_fit_its_listener() {
    let with = |members: &str| listening("http", &format!("HealthCheck: {{{members}, {CHECK}}}"));
    refused(&with("Protocol: http, Port: §81"), &["health-check-port"]);
    refused(
        &with("Protocol: http, Path: §'/a b'"),
        &["bad-health-check-path"],
    );
    for (path, asked) in [("ping", "/ping"), ("''", "/")] {
        let text = with(&format!("Protocol: http, Path: §{path}"));
        warned(&text, &["health-check-path-without-slash"]);
        let check = listener(&text.replace('§', "")).health_check.unwrap();
        assert_eq!(check.path_or_root(), asked);
    }
    warned(
        &with("Protocol: grpc, Path: §/ping"),
        &["health-check-path-unused"],
    );
    refused(&with("Protocol: §udp"), &["unknown-value"]);
    let missing = listening("http", "§HealthCheck: {Protocol: http}");
    let found = Config::parse("m", &missing.replace('§', "")).unwrap_err();
    assert_eq!(found.errors().count(), 4, "{found}");
}

#[test]
fn outlier_detection_is_read_and_asks_for_all_of_its_members() {
    let with = |members: &str| listening("http", &format!("§OutlierDetection: {{{members}}}"));
    let whole = with(&format!("{OUTLIER}, MaxEjectionPercent: '50'")).replace('§', "");
    let wanted = OutlierDetection::new(5, Duration::from_secs(10), Duration::from_millis(1500), 50);
    assert_eq!(listener(&whole).outlier_detection, wanted.ok());
    refused(&with(OUTLIER), &["missing-property"]);
    let both = "MaxServerErrors: §0, MaxEjectionPercent: §101, Interval: {Unit: s, Value: §-1}, BaseEjectionDuration: \
                {Unit: s, Value: 1}";
    refused(&with(both).replace("§Out", "Out"), &["out-of-range"; 3]);
}

#[test]
fn an_outlier_among_one_is_warned_of() {
    let whole = listening(
        "http",
        &format!("OutlierDetection: §{{{OUTLIER}, MaxEjectionPercent: 50}}"),
    );
    warned(&whole.replace('§', ""), &[]);
    let one = whole.replace("ResponseType: ENDPOINTS,", "");
    warned(&one, &["outlier-detection-of-one"]);
}

#[test]
fn connection_pools_are_those_of_the_listeners_protocol() {
    let rows = [
        (
            "http",
            "HTTP: {MaxConnections: 5}",
            ConnectionPool::http(5, None),
        ),
        (
            "http",
            "HTTP: {MaxConnections: '5', MaxPendingRequests: 7}",
            ConnectionPool::http(5, Some(7)),
        ),
        (
            "http2",
            "HTTP2: {MaxRequests: 9}",
            ConnectionPool::requests(9),
        ),
        (
            "grpc",
            "GRPC: {MaxRequests: 9}",
            ConnectionPool::requests(9),
        ),
    ];
    for (protocol, pool, wanted) in rows {
        let text = listening(protocol, &format!("ConnectionPool: {{{pool}}}"));
        assert_eq!(listener(&text).connection_pool, wanted.ok(), "{pool}");
    }
    let other = listening("http", "ConnectionPool: {§HTTP2: {MaxRequests: 9}}");
    warned(&other, &["pool-protocol-mismatch"]);
    assert_eq!(listener(&other.replace('§', "")).connection_pool, None);
}

#[test]
fn a_connection_pool_has_one_protocol_and_numbers_of_one_or_more() {
    let rows = [
        ("§ConnectionPool: {}", &["missing-property"][..]),
        (
            "ConnectionPool: {HTTP: {MaxConnections: 1}, §TCP: {MaxConnections: 1}}",
            &["several-choices"],
        ),
        ("ConnectionPool: {§HTTP: {}}", &["missing-property"]),
        (
            "ConnectionPool: {HTTP: {MaxConnections: §0}}",
            &["out-of-range"],
        ),
        (
            "ConnectionPool: {HTTP: {MaxConnections: §2147483648}}",
            &["out-of-range"],
        ),
        (
            "ConnectionPool: {HTTP: {MaxConnections: 1, MaxPendingRequests: §0}}",
            &["out-of-range"],
        ),
    ];
    for (pool, codes) in rows {
        refused(&listening("http", pool), codes);
    }
}

#[test]
fn ip_preferences_are_read_of_nodes_and_of_the_mesh() {
    let rows = [
        ("IPv6_PREFERRED", IpPreference::Ipv6Preferred),
        ("IPv4_PREFERRED", IpPreference::Ipv4Preferred),
        ("IPv6_ONLY", IpPreference::Ipv6Only),
        ("IPv4_ONLY", IpPreference::Ipv4Only),
    ];
    for (word, wanted) in rows {
        let preference = format!("IpPreference: {word}");
        let mesh = template(&node("a").replace("Hostname", &format!("{preference}, Hostname")));
        let mesh = mesh.replace(
            "{MeshName: m}",
            &format!("{{MeshName: m, Spec: {{ServiceDiscovery: {{{preference}}}}}}}"),
        );
        let config = Config::parse("m", &mesh).unwrap_or_else(|errors| panic!("{mesh}\n{errors}"));
        let node = config.mesh().virtual_node("a").unwrap();
        assert_eq!(
            (node.ip_preference, config.mesh().ip_preference()),
            (Some(wanted), Some(wanted))
        );
    }
    let bad = template(&node("a").replace("Hostname", "IpPreference: §ipv4_only, Hostname"));
    refused(&bad, &["unknown-value"]);
}
