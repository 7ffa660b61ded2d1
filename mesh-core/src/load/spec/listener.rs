//! A listener's properties into its draft: port, limits, and what its callers watch.

use std::time::Duration;

use super::{
    duration::{duration, timeout},
    tls::listener_tls,
};
use crate::{
    config::{
        draft::{HealthCheckDraft, ListenerDraft, Said},
        within,
    },
    error::{Place, Problems},
    health::HealthCheck,
    limit::ConnectionPool,
    load::resolved::{Content, Member, Resolved},
    outlier::OutlierDetection,
    unit::{OutOfRange, Port, Protocol},
};

/// A listener of a node or a gateway; `None` if it cannot be told where it listens or what it speaks.
pub(super) fn read(node: &Resolved, problems: &mut Problems) -> Option<ListenerDraft> {
    let (port, protocol) = port_mapping(node)?;
    let check = node.at(&["healthCheck"]);
    let outlier = node.at(&["outlierDetection"]);
    Some(ListenerDraft {
        port,
        protocol,
        tls: listener_tls(node, problems),
        timeout: own(node, "timeout", protocol, problems)
            .map(|own| timeout(&own.value, problems))
            .unwrap_or_default(),
        health_check: check.and_then(|check| health_check(check, problems)),
        outlier_detection: outlier.and_then(|outlier| outlier_detection(outlier, problems)),
        connection_pool: own(node, "connectionPool", protocol, problems)
            .and_then(|own| connection_pool(own, protocol, problems)),
    })
}

pub(super) fn port_mapping(listener: &Resolved) -> Option<(Said<i64>, Protocol)> {
    let port = listener.number(&["portMapping", "port"])?;
    Some((port, protocol(listener, &["portMapping", "protocol"])?))
}

fn protocol(node: &Resolved, path: &[&str]) -> Option<Protocol> {
    Some(match node.text(path)?.value.as_str() {
        "http" => Protocol::Http,
        "http2" => Protocol::Http2,
        "grpc" => Protocol::Grpc,
        "tcp" => Protocol::Tcp,
        _ => return None,
    })
}

/// What a listener says under its own protocol; what it says of another does nothing.
fn own<'a>(
    listener: &'a Resolved,
    key: &str,
    protocol: Protocol,
    problems: &mut Problems,
) -> Option<&'a Member> {
    let members = listener.at(&[key])?.members();
    let own = protocol.to_string();
    let (code, what) = match key {
        "timeout" => ("timeout-protocol-mismatch", "timeout"),
        _ => ("pool-protocol-mismatch", "connection pool"),
    };
    let known = |member: &&Member| !matches!(member.value.content, Content::Unknown);
    let others = members.iter().filter(|member| member.key != own);
    for other in others.filter(known) {
        let message = format!(
            "the listener speaks {protocol}, so a {what} for {} does nothing: write it under `{own}`",
            other.key
        );
        problems.warn(code, &other.key_place, message);
    }
    members.iter().find(|member| member.key == own)
}

fn health_check(node: &Resolved, problems: &mut Problems) -> Option<HealthCheckDraft> {
    let spoken = protocol(node, &["protocol"])?;
    let path = node.text(&["path"]);
    let port = node.number(&["port"]);
    let place = |place: Option<&Place>| place.unwrap_or(&node.place).clone();
    let path_place = place(path.as_ref().map(|said| &said.place));
    let port_place = place(port.as_ref().map(|said| &said.place));
    let port = port.map(|said| within(&said, Port::new, problems));
    let check = check_numbers(node, spoken, problems)?;
    let check = path
        .into_iter()
        .fold(check, |check, path| check.path(path.value));
    let check = match port {
        Some(port) => check.port(port?),
        None => check,
    };
    Some(HealthCheckDraft {
        check,
        place: node.place.clone(),
        path_place,
        port_place,
    })
}

/// Each number is tried by itself, so that all that are out of range are told at once.
fn check_numbers(
    node: &Resolved,
    spoken: Protocol,
    problems: &mut Problems,
) -> Option<HealthCheck> {
    let with = |interval, timeout| HealthCheck::new(spoken, millis(interval), millis(timeout));
    let mut number = |key: &str, takes: &dyn Fn(i64) -> Result<HealthCheck, OutOfRange>| {
        let said = node.number(&[key])?;
        let takes = |found| takes(found).map_err(|error| OutOfRange { found, ..error });
        within(&said, takes, problems).map(|_| said.value)
    };
    let interval = number("intervalMillis", &|found| with(found, USUAL_TIMEOUT));
    let timeout = number("timeoutMillis", &|found| with(USUAL_INTERVAL, found));
    let usual = with(USUAL_INTERVAL, USUAL_TIMEOUT).ok()?;
    let thresholds = |healthy, unhealthy| usual.clone().thresholds(healthy, unhealthy);
    let healthy = number("healthyThreshold", &|found| thresholds(found, 2));
    let unhealthy = number("unhealthyThreshold", &|found| thresholds(2, found));
    let check = with(interval?, timeout?).ok()?;
    check.thresholds(healthy?, unhealthy?).ok()
}

fn outlier_detection(node: &Resolved, problems: &mut Problems) -> Option<Said<OutlierDetection>> {
    let span = |key: &str, problems: &mut _| duration(node.at(&[key])?, problems);
    let interval = span("interval", problems);
    let base_ejection = span("baseEjectionDuration", problems);
    let errors = node.number(&["maxServerErrors"])?;
    let percent = node.number(&["maxEjectionPercent"])?;
    let none = Duration::ZERO;
    let with_errors = |errors| OutlierDetection::new(errors, none, none, 0);
    let with_percent = |percent| OutlierDetection::new(1, none, none, percent);
    let errors_fit = within(&errors, with_errors, problems).is_some();
    let percent_fits = within(&percent, with_percent, problems).is_some();
    let fit = errors_fit && percent_fits;
    let made = OutlierDetection::new(errors.value, interval?, base_ejection?, percent.value);
    made.ok()
        .filter(|_| fit)
        .map(|made| Said::new(made, node.place.clone()))
}

fn connection_pool(
    own: &Member,
    protocol: Protocol,
    problems: &mut Problems,
) -> Option<Said<ConnectionPool>> {
    let connections = own.value.number(&["maxConnections"]);
    let pool = match protocol {
        Protocol::Http => {
            let pending = own.value.number(&["maxPendingRequests"]);
            let with_pending = |found| ConnectionPool::http(1, Some(found));
            if let Some(pending) = &pending {
                within(pending, with_pending, problems)?;
            }
            let pending = pending.map(|said| said.value);
            within(
                &connections?,
                |found| ConnectionPool::http(found, pending),
                problems,
            )
        }
        Protocol::Http2 | Protocol::Grpc => {
            let requests = own.value.number(&["maxRequests"])?;
            within(&requests, ConnectionPool::requests, problems)
        }
        Protocol::Tcp => within(&connections?, ConnectionPool::tcp, problems),
    };
    pool.map(|pool| Said::new(pool, own.key_place.clone()))
}

/// A negative number becomes one that no range takes.
fn millis(count: i64) -> Duration {
    Duration::from_millis(u64::try_from(count).unwrap_or_default())
}

/// Within the ranges of both.
const USUAL_INTERVAL: i64 = 5_000;
const USUAL_TIMEOUT: i64 = 2_000;
