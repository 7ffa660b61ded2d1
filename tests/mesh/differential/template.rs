//! The same cases as an App Mesh template.

use std::time::Duration;

use mesh_core::unit::Protocol;
use serde_json::{Map, Value, json};

use super::{
    case::{Case, GRPC_EVENTS, HTTP_EVENTS, Pool, TCP_EVENT},
    config::{host, node},
};

/// The node `web` calls the service of each case.
pub(super) fn template(cases: &[Case]) -> String {
    let mut resources = Map::new();
    let mut add = |id: String, kind: &str, mut properties: Value| {
        if kind != "Mesh" {
            properties["MeshName"] = "shop".into();
        }
        let kind = format!("AWS::AppMesh::{kind}");
        resources.insert(id, json!({"Type": kind, "Properties": properties}));
    };
    let filter = match cases.iter().any(|case| case.outside) {
        true => "ALLOW_ALL",
        false => "DROP_ALL",
    };
    let spec = json!({"EgressFilter": {"Type": filter}});
    add(
        "Mesh".into(),
        "Mesh",
        json!({"MeshName": "shop", "Spec": spec}),
    );
    let backends = (0..cases.len())
        .map(|number| json!({"VirtualService": {"VirtualServiceName": host(number)}}));
    let backends: Vec<_> = backends.collect();
    add(
        "Web".into(),
        "VirtualNode",
        json!({"VirtualNodeName": "web", "Spec": {"Backends": backends}}),
    );
    for (number, case) in cases.iter().enumerate() {
        let (node, host) = (node(number), host(number));
        let ports = json!([{"PortMapping": {"Port": 8080, "Protocol": case.protocol.to_string()}}]);
        let spec = node_spec(case, &ports, &node);
        add(
            format!("Node{number}"),
            "VirtualNode",
            json!({"VirtualNodeName": node, "Spec": spec}),
        );
        let spec = json!({"Listeners": ports});
        add(
            format!("Router{number}"),
            "VirtualRouter",
            json!({"VirtualRouterName": node, "Spec": spec}),
        );
        let spec = json!({"Provider": {"VirtualRouter": {"VirtualRouterName": node}}});
        add(
            format!("Service{number}"),
            "VirtualService",
            json!({"VirtualServiceName": host, "Spec": spec}),
        );
        let properties =
            json!({"RouteName": "all", "VirtualRouterName": node, "Spec": route(case, &node)});
        add(format!("Route{number}"), "Route", properties);
    }
    json!({"Resources": resources}).to_string()
}

fn node_spec(case: &Case, ports: &Value, node: &str) -> Value {
    let mut listeners = ports.clone();
    if let Some(pool) = case.pool {
        listeners[0]["ConnectionPool"] = connection_pool(pool, case.protocol);
    }
    let discovery = json!({"DNS": {"Hostname": node, "ResponseType": "ENDPOINTS"}});
    let mut spec = json!({"Listeners": listeners, "ServiceDiscovery": discovery});
    if let Some(outlier) = case.outlier {
        spec["Listeners"][0]["OutlierDetection"] = json!({
            "MaxServerErrors": outlier.errors,
            "Interval": millis(outlier.interval),
            "BaseEjectionDuration": millis(outlier.base),
            "MaxEjectionPercent": outlier.percent,
        });
    }
    spec
}

fn connection_pool(pool: Pool, protocol: Protocol) -> Value {
    match (pool, protocol) {
        (Pool::Http(connections, None), _) => json!({"HTTP": {"MaxConnections": connections}}),
        (Pool::Http(connections, Some(pending)), _) => {
            json!({"HTTP": {"MaxConnections": connections, "MaxPendingRequests": pending}})
        }
        (Pool::Requests(requests), Protocol::Grpc) => json!({"GRPC": {"MaxRequests": requests}}),
        (Pool::Requests(requests), _) => json!({"HTTP2": {"MaxRequests": requests}}),
    }
}

fn route(case: &Case, node: &str) -> Value {
    let (kind, matches) = match case.protocol {
        Protocol::Http => ("HttpRoute", json!({"Prefix": "/"})),
        Protocol::Http2 => ("Http2Route", json!({"Prefix": "/"})),
        _ => ("GrpcRoute", json!({"ServiceName": "shop.Orders"})),
    };
    let targets = json!([{"VirtualNode": node, "Weight": 1}]);
    let mut route = json!({"Match": matches, "Action": {"WeightedTargets": targets}});
    if let Some(retry) = &case.retry {
        route["RetryPolicy"] = json!({
            "MaxRetries": retry.max_retries,
            "PerRetryTimeout": millis(retry.per_try),
        });
        let named = |kind: &[&str]| -> Vec<_> {
            let events = retry.events.iter().copied();
            events.filter(|event| kind.contains(event)).collect()
        };
        let kinds: [(&str, &[&str]); 3] = [
            ("HttpRetryEvents", &HTTP_EVENTS),
            ("GrpcRetryEvents", &GRPC_EVENTS),
            ("TcpRetryEvents", &[TCP_EVENT]),
        ];
        for (name, kind) in kinds {
            if !named(kind).is_empty() {
                route["RetryPolicy"][name] = named(kind).into();
            }
        }
    }
    for (name, limit) in [("PerRequest", case.per_request), ("Idle", case.idle)] {
        if let Some(limit) = limit {
            route["Timeout"][name] = millis(limit);
        }
    }
    json!({kind: route})
}

fn millis(limit: Duration) -> Value {
    json!({"Unit": "ms", "Value": limit.as_millis()})
}
