//! S: what every schema takes, and what then does something else than its author expects.

use super::{SHOP, node, object, refused_by, router, shop};
use crate::load::Reader;

/// Asserts that a warning with this code stands at the place before which there is a `§`.
fn told(case: &str, marked: &str, code: &str) {
    let (text, places) = crate::load::tests::unmarked(marked);
    let read = |reader: Reader| reader.document("m", text.as_str()).read();
    let config = read(shop()).unwrap_or_else(|errors| panic!("{case}: {errors}\n{text}"));
    let warnings = config
        .warnings()
        .iter()
        .filter(|problem| problem.code == code);
    let found: Vec<_> = warnings
        .map(|problem| crate::load::tests::at(problem.location.as_ref()))
        .collect();
    assert_eq!(found, places, "{case}: {:?}\n{text}", config.warnings());
}

/// A node with these listeners.
fn listening(name: &str, listeners: &str) -> String {
    format!(
        "---\n{}",
        node(&format!("listeners: [{listeners}]")).replace("checkout", name)
    )
}

/// A router behind a service, with a route of this kind.
fn behind_service(kind: &str, rest: &str) -> String {
    let service = "spec: {provider: {virtualRouter: {virtualRouterRef: {name: checkout}}}}";
    let route = router(&format!("  - {{name: all, {kind}: {{{rest}}}}}"));
    format!(
        "{route}---\n{}",
        object("VirtualService", service)
            .replace("checkout, ", "routed, ")
            .replace("{name: routed}", "{name: checkout}")
    )
}

#[test]
fn ports_and_protocols_of_routes_and_targets_fit() {
    let target = |targets: &str| {
        behind_service(
            "httpRoute",
            &format!("match: {{prefix: /}}, action: {{{targets}}}"),
        )
    };
    let one = "{portMapping: {port: 80, protocol: http}}";
    let other = "{portMapping: {port: 81, protocol: http}}";
    let both = "weightedTargets: §[{virtualNodeRef: {name: a}, weight: 1}, {virtualNodeRef: {name: b}, weight: 1}]";
    let portless = "weightedTargets: [{virtualNodeRef: §{name: a}, weight: 1}]";
    let to_a = "action: {weightedTargets: [{virtualNodeRef: {name: a}, weight: 1}]}";
    let speaks = |protocol: &str| {
        listening(
            "a",
            &format!("{{portMapping: {{port: 80, protocol: {protocol}}}}}"),
        )
    };
    let http2 =
        behind_service("§http2Route", &format!("match: {{prefix: /}}, {to_a}")) + &speaks("http2");
    let bytes = behind_service("§tcpRoute", to_a) + &speaks("tcp");
    let other_timeout =
        "{portMapping: {port: 80, protocol: http}, timeout: {§http2: {idle: {unit: s, value: 1}}}}";
    let other_pool =
        "{portMapping: {port: 80, protocol: http}, connectionPool: {§http2: {maxRequests: 1}}}";
    let rows = [
        (
            "S01",
            target(both) + &listening("a", one) + &listening("b", other),
            "target-ports-differ",
        ),
        (
            "S02",
            target(portless) + &listening("a", &format!("{one}, {other}")),
            "target-port-missing",
        ),
        ("S03", http2, "protocol-mismatch"),
        ("S03", bytes, "protocol-mismatch"),
        (
            "S08",
            listening("a", other_timeout),
            "timeout-protocol-mismatch",
        ),
        ("S08", listening("a", other_pool), "pool-protocol-mismatch"),
    ];
    for (case, marked, code) in rows {
        told(case, &marked, code);
    }
}

#[test]
fn backends_expressions_limits_and_ranks_do_what_they_say() {
    let twice = r#"{"virtualNodeName": "orders", "spec": {"backends": [{"virtualService": {"virtualServiceName": "s.web"}},
        {"virtualService": {"virtualServiceName": §"s.web"}}]}}"#;
    let to_orders = "action: {weightedTargets: [{virtualNodeRef: {name: orders}, weight: 1}]}";
    let route = |rest: &str| behind_service("httpRoute", &format!("{to_orders}, {rest}")) + SHOP;
    let retry = "retryPolicy: {maxRetries: 3, perRetryTimeout: {unit: s, value: 2}, httpRetryEvents: [server-error]}";
    let limit = |value: &str| {
        format!("match: {{prefix: /}}, timeout: {{perRequest: {{unit: s, value: {value}}}}}")
    };
    let gateway = |name: &str, prefix: &str| {
        let target = "target: {virtualService: {virtualServiceRef: {name: orders}}}";
        let spec =
            format!("spec: {{httpRoute: {{match: {{prefix: {prefix}}}, action: {{{target}}}}}}}");
        object("GatewayRoute", &spec).replace("name: checkout", &format!("name: {name}"))
    };
    let overlapping = gateway("a", "/") + "---\n" + &gateway("§b", "/") + SHOP;
    let equal = |priority: &str| {
        let route = |name: &str| {
            format!(
                "  - {{name: {name}, {priority}httpRoute: {{match: {{prefix: /}}, {to_orders}}}}}\n"
            )
        };
        let routes = router(&(route("a") + &route("§b")));
        let (_, service) = behind_service("httpRoute", "")
            .split_once("---")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        format!("{routes}---{service}{SHOP}")
    };
    let rows = [
        ("S05", twice.to_owned(), "duplicate-backend"),
        (
            "S06",
            route("match: {path: {regex: §'/a(?!b)'}}"),
            "regex-not-re2",
        ),
        (
            "S07",
            route(&format!("{}, {retry}", limit("§5"))),
            "timeout-below-retries",
        ),
        ("S07", route(&limit("§16")), "listener-timeout-shorter"),
        ("S11", overlapping, "same-conditions"),
        ("S11", equal("priority: 5, "), "same-conditions"),
        ("S11", equal(""), "same-conditions"),
    ];
    for (case, marked, code) in rows {
        told(case, &marked, code);
    }
}

#[test]
fn what_can_serve_no_request_is_refused() {
    let to_orders = "action: {weightedTargets: [{virtualNodeRef: {name: orders}, weight: 1}]}";
    let route = |kind: &str, rest: &str| behind_service(kind, rest) + SHOP;
    let http = |rest: &str| route("httpRoute", &format!("{to_orders}, {rest}"));
    let zero = "match: {prefix: /}, action: {weightedTargets: §[{virtualNodeRef: {name: orders}, weight: 0}]}";
    let eventless =
        "match: {prefix: /}, §retryPolicy: {maxRetries: 3, perRetryTimeout: {unit: s, value: 2}}";
    let template = "Resources: {R: {Type: AWS::AppMesh::Route, Properties: {MeshName: shop, VirtualRouterName: r, Spec: {HttpRoute: {\
                    Match: {Prefix: §routePrefix}, Action: {WeightedTargets: [{VirtualNode: a, Weight: 1}]}}}}}}";
    let rows = [
        (
            "S04",
            route(
                "grpcRoute",
                &format!("match: {{methodName: §Get}}, {to_orders}"),
            ),
            "method-without-service",
        ),
        ("S09", route("httpRoute", zero), "zero-total-weight"),
        ("S10", http(eventless), "missing-retry-event"),
        (
            "S12",
            http("match: {prefix: §orders}"),
            "prefix-without-slash",
        ),
        ("S12", template.to_owned(), "prefix-without-slash"),
    ];
    for (case, marked, code) in rows {
        println!("{case}");
        refused_by(shop(), &marked, &[code]);
    }
}
