//! A: what the API's JSON cannot say.

use super::{refused_by, shop};

#[test]
fn of_several_kinds_there_is_one() {
    let listener = "\"portMapping\": {\"port\": 80, \"protocol\": \"http\"}";
    let certificate = r#""tls": {"mode": "STRICT", "certificate": {"sds": {"secretName": "a"}, §"file": {"certificateChain": "/c", "privateKey": "/k"}}}"#;
    let rows = [
        (
            "A01",
            r#"{"virtualNodeName": "orders", "spec": {"serviceDiscovery": {"dns": {"hostname": "h"}, §"awsCloudMap": {"namespaceName": "n", "serviceName": "s"}}}}"#.to_owned(),
        ),
        (
            "A02",
            r#"{"virtualServiceName": "orders.web", "spec": {"provider": {"virtualNode": {"virtualNodeName": "a"}, §"virtualRouter": {"virtualRouterName": "b"}}}}"#.to_owned(),
        ),
        (
            "A06",
            route(r#""httpRoute": {"match": {"prefix": "/", "headers": [{"name": "x", "match": {"exact": "a", §"regex": "b"}}]}, ACTION}"#),
        ),
        ("A07", node(&format!("{listener}, {certificate}"))),
    ];
    for (case, marked) in rows {
        println!("{case}");
        refused_by(shop(), &marked, &["several-choices"]);
    }
}

#[test]
fn words_are_the_api_s_and_all_that_is_required_is_there() {
    let gateway = r#"{"virtualGatewayName": "edge", "spec": {"listeners": [{"portMapping": {"port": 80, "protocol": §"tcp"}}]}}"#;
    let minutes = route(r#""tcpRoute": {ACTION, "timeout": {"idle": {"unit": §"m", "value": 5}}}"#);
    let second = r#"{"unit": "s", "value": 30}"#;
    let detection = format!(
        r#""portMapping": {{"port": 80, "protocol": "http"}}, §"outlierDetection": {{"maxServerErrors": 5, "interval": {second}, "baseEjectionDuration": {second}}}"#
    );
    let rows = [
        ("A03", gateway.to_owned(), "unknown-value"),
        ("A04", minutes, "unknown-value"),
        ("A10", node(&detection), "missing-property"),
    ];
    for (case, marked, code) in rows {
        println!("{case}");
        refused_by(shop(), &marked, &[code]);
    }
}

#[test]
fn what_the_api_does_not_know_there_is_told_once() {
    let value = route(
        r#""httpRoute": {"match": {"prefix": "/", "queryParameters": [{"name": "q", §"value": "x"}]}, ACTION}"#,
    );
    let trusting = r#""portMapping": {"port": 80, "protocol": "http"}, "tls": {"mode": "STRICT",
        "certificate": {"file": {"certificateChain": "/c", "privateKey": "/k"}},
        "validation": {"trust": {§"acm": {"certificateAuthorityArns": ["arn:aws:acm-pca:us-west-2:111122223333:certificate-authority/x"]}}}}"#;
    let beside = r#"{"virtualGatewayName": "edge", "spec": {"listeners": [{"portMapping": {"port": 80, "protocol": "http"}}],
        "backendDefaults": {"clientPolicy": {"tls": {"validation": {"trust": {"file": {"certificateChain": "/c"}}},
        §"subjectAlternativeNames": {"match": {"exact": ["a"]}}}}}}}"#;
    let rows = [
        ("A05", value),
        ("A08", node(trusting)),
        ("A09", beside.to_owned()),
    ];
    for (case, marked) in rows {
        println!("{case}");
        refused_by(shop(), &marked, &["unknown-property"]);
    }
}

/// A virtual node with one listener.
fn node(listener: &str) -> String {
    format!(
        r#"{{"virtualNodeName": "orders", "spec": {{"serviceDiscovery": {{"dns": {{"hostname": "h"}}}}, "listeners": [{{{listener}}}]}}}}"#
    )
}

/// A route with this spec.
fn route(spec: &str) -> String {
    let action = r#""action": {"weightedTargets": [{"virtualNode": "orders", "weight": 1}]}"#;
    let spec = spec.replace("ACTION", action);
    format!(r#"{{"routeName": "all", "virtualRouterName": "orders", "spec": {{{spec}}}}}"#)
}
