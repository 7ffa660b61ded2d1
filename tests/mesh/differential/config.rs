//! Cases as an Envoy's bootstrap; each has a host, a route and a target of its own.

use std::{net::SocketAddr, path::Path, time::Duration};

use mesh_core::unit::Protocol;
use serde_json::{Value, json};

use super::case::{Case, Pool, Retry, TCP_EVENT};

/// The virtual service of a case.
pub(super) fn host(number: usize) -> String {
    format!("case-{number}.local")
}

/// Its virtual node, and its cluster.
pub(super) fn node(number: usize) -> String {
    format!("case-{number}")
}

/// What App Mesh gave a sidecar for what its node calls.
///
/// # Source
/// Dumps of App Mesh's configuration: the connection manager, virtual hosts, routes and clusters are as it emitted them.
pub(super) fn envoy(
    cases: &[(Case, Vec<SocketAddr>)],
    listener: SocketAddr,
    admin: SocketAddr,
    log: &Path,
) -> String {
    let number = |(number, (case, _)): (usize, &(Case, Vec<SocketAddr>))| {
        let route = json!({"match": {"prefix": "/"}, "route": action(case, &node(number))});
        json!({"name": host(number), "domains": [host(number), format!("{}:8080", host(number))], "routes": [route]})
    };
    let mut hosts: Vec<_> = cases.iter().enumerate().map(number).collect();
    let clusters = cases.iter().enumerate();
    let mut clusters: Vec<_> = clusters
        .map(|(number, (case, addrs))| cluster(case, &node(number), addrs))
        .collect();
    if cases.iter().any(|(case, _)| case.outside) {
        let (host, cluster) = outside();
        hosts.push(host);
        clusters.push(cluster);
    }
    let line = format!(
        "{DEFAULT_LINE} attempts=%UPSTREAM_REQUEST_ATTEMPT_COUNT% %RESPONSE_CODE_DETAILS%\n"
    );
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "egress",
        "normalize_path": true,
        "merge_slashes": true,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "http_filters": [{
            "name": "router",
            "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
        }],
        "access_log": [{
            "name": "file",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                "path": log,
                "log_format": {"text_format_source": {"inline_string": line}},
            },
        }],
        "route_config": {"virtual_hosts": hosts},
    });
    let filters = json!([{"name": "http", "typed_config": manager}]);
    let listener = json!({"address": address(listener), "filter_chains": [{"filters": filters}]});
    json!({"admin": {"address": address(admin)}, "static_resources": {"listeners": [listener], "clusters": clusters}}).to_string()
}

/// What takes every host of which the mesh knows nothing, and takes it where it says.
fn outside() -> (Value, Value) {
    let name = "cds_egress_shop_mesh-allow-all";
    let route = json!({"match": {"prefix": "/"}, "route": {"cluster": name}});
    let host = json!({"name": "mesh_allow_all", "domains": ["*"], "routes": [route]});
    let cluster = json!({
        "name": name,
        "type": "ORIGINAL_DST",
        "lb_policy": "CLUSTER_PROVIDED",
        "connect_timeout": "1s",
        "original_dst_lb_config": {"use_http_header": true},
    });
    (host, cluster)
}

fn action(case: &Case, cluster: &str) -> Value {
    let mut action = json!({"cluster": cluster, "retry_policy": retry_policy(case.retry.as_ref())});
    let limits = [("timeout", case.per_request), ("idle_timeout", case.idle)];
    for (name, limit) in limits {
        if let Some(limit) = limit {
            action[name] = seconds(limit);
        }
    }
    action
}

fn retry_policy(retry: Option<&Retry>) -> Value {
    let Some(retry) = retry else {
        return json!({
            "retry_on": "unavailable,reset,connect-failure,refused-stream,retriable-status-codes",
            "num_retries": 2,
            "retriable_status_codes": [503],
            "retry_host_predicate": previous_hosts(),
            "host_selection_retry_max_attempts": 5,
        });
    };
    let (mut on, mut statuses) = (Vec::<&str>::new(), Vec::<u16>::new());
    for &event in &retry.events {
        let (names, codes): (&[&str], &[u16]) = match event {
            "server-error" => (
                &["reset"],
                &[500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511],
            ),
            "gateway-error" => (&["reset"], &[502, 503, 504]),
            "client-error" => (&[], &[409]),
            "stream-error" => (&["refused-stream"], &[]),
            TCP_EVENT => (&["connect-failure"], &[]),
            grpc => (&[grpc], &[]),
        };
        on.extend(names);
        statuses.extend(codes);
    }
    if !statuses.is_empty() {
        on.push("retriable-status-codes");
    }
    json!({
        "retry_on": on.join(","),
        "num_retries": retry.max_retries,
        "per_try_timeout": seconds(retry.per_try),
        "retriable_status_codes": statuses,
        "retry_host_predicate": previous_hosts(),
        "host_selection_retry_max_attempts": 5,
    })
}

fn previous_hosts() -> Value {
    let kind =
        "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate";
    json!([{"name": "envoy.retry_host_predicates.previous_hosts", "typed_config": {"@type": kind}}])
}

fn cluster(case: &Case, name: &str, addrs: &[SocketAddr]) -> Value {
    let endpoints = addrs
        .iter()
        .map(|addr| json!({"endpoint": {"address": address(*addr)}}));
    let endpoints: Vec<_> = endpoints.collect();
    let most: u32 = 2_147_483_647;
    let mut cluster = json!({
        "name": name,
        "connect_timeout": "1s",
        "circuit_breakers": {"thresholds": [{
            "max_connections": most, "max_pending_requests": most, "max_requests": most, "max_retries": most,
        }]},
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": endpoints}]},
    });
    let limits = &mut cluster["circuit_breakers"]["thresholds"][0];
    match case.pool {
        Some(Pool::Http(connections, pending)) => {
            limits["max_connections"] = connections.into();
            limits["max_pending_requests"] = pending.unwrap_or(most).into();
        }
        Some(Pool::Requests(requests)) => limits["max_requests"] = requests.into(),
        None => {}
    }
    if let Some(outlier) = case.outlier {
        cluster["outlier_detection"] = json!({
            "consecutive_5xx": outlier.errors,
            "interval": seconds(outlier.interval),
            "base_ejection_time": seconds(outlier.base),
            "max_ejection_percent": outlier.percent,
            // As App Mesh promises, and the Envoys of its time did.
            "always_eject_one_host": true,
            "enforcing_success_rate": 0,
        });
        // Or who is out is told to the workers once a second.
        cluster["common_lb_config"] = json!({"update_merge_window": "0s"});
    }
    if case.protocol != Protocol::Http {
        let kind = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
        let options =
            json!({"@type": kind, "explicit_http_config": {"http2_protocol_options": {}}});
        cluster["typed_extension_protocol_options"] =
            json!({"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options});
    }
    cluster
}

fn address(addr: SocketAddr) -> Value {
    json!({"socket_address": {"address": addr.ip(), "port_value": addr.port()}})
}

fn seconds(limit: Duration) -> Value {
    format!("{}s", limit.as_secs_f64()).into()
}

/// # Source
/// Envoy, "Access logging", default format string.
const DEFAULT_LINE: &str = r#"[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%""#;
