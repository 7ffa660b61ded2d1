//! W: rules of the controller's admission webhook, which no schema says.

use super::{entered, node, object, object_refused, objects_warned, router};

#[test]
fn what_a_gateway_route_matches_is_said_once_and_says_something() {
    let both = entered("{prefix: /}", "").replace(
        "}}\n",
        "}, §http2Route: {match: {prefix: /}, action: {}}}\n",
    );
    let both = both.replace(
        "action: {}",
        "action: {target: {virtualService: {virtualServiceRef: {name: orders}}}}",
    );
    let rows = [
        (
            "W01",
            object("GatewayRoute", "§spec: {}"),
            "missing-property",
        ),
        ("W02", both, "several-choices"),
        (
            "W03",
            entered("{method: GET}", "").replace("match:", "§match:"),
            "match-without-path",
        ),
        (
            "W04",
            entered("{prefix: /a, §path: {exact: /a/b}}", ""),
            "several-choices",
        ),
        ("W05", entered("{§path: {}}", ""), "missing-property"),
        (
            "W06",
            entered("{path: {exact: /x, §regex: '/x.*'}}", ""),
            "several-choices",
        ),
        ("W07", entered("{§hostname: {}}", ""), "missing-property"),
        (
            "W08",
            entered(
                "{hostname: {exact: a.example.com, §suffix: .example.com}}",
                "",
            ),
            "several-choices",
        ),
    ];
    for (case, marked, code) in rows {
        object_refused(case, &marked, &[code]);
    }
}

#[test]
fn what_a_gateway_route_asks_of_headers_metadata_and_parameters_is_said_once() {
    let grpc = |matches: &str| {
        let target = "target: {virtualService: {virtualServiceRef: {name: orders}}}";
        let spec = format!("spec: {{grpcRoute: {{§match: {matches}, action: {{{target}}}}}}}");
        object("GatewayRoute", &spec)
    };
    let metadata =
        grpc("{serviceName: shop.Orders, metadata: [{name: k, match: {exact: a, §suffix: b}}]}");
    let header = |matches: &str| {
        let matches = format!("{{prefix: /, headers: [{{name: user, {matches}}}]}}");
        entered(&matches, "")
    };
    let rows = [
        ("W09", grpc("{metadata: [{name: k}]}"), "match-without-path"),
        (
            "W10",
            header("match: {exact: bob, §prefix: bo}"),
            "several-choices",
        ),
        ("W11", header("§match: {}"), "missing-property"),
        (
            "W12",
            metadata.replace("{§match", "{match"),
            "several-choices",
        ),
        (
            "W13",
            header("match: {range: {start: 7, end: §7}}"),
            "empty-range",
        ),
        (
            "W13",
            header("match: {range: {start: 7, end: §6}}"),
            "empty-range",
        ),
        (
            "W14",
            entered("{prefix: /, queryParameters: [{name: q, §match: {}}]}", ""),
            "missing-property",
        ),
    ];
    for (case, marked, code) in rows {
        object_refused(case, &marked, &[code]);
    }
}

#[test]
fn what_a_gateway_route_rewrites_is_said_once_and_can_be_done() {
    let rewritten = |matches: &str, rewrite: &str| entered(matches, &format!("{rewrite}, "));
    let host_first = "spec:
  httpRoute:
    match: {prefix: /old/}
    action:
      target: {virtualService: {virtualServiceRef: {name: orders}}}
      rewrite:
        hostname: {defaultTargetHostname: DISABLED}
        prefix:
          value: §/new";
    let rows = [
        (
            "W15",
            rewritten("{prefix: /}", "§rewrite: {}"),
            "missing-property",
        ),
        (
            "W16",
            rewritten(
                "{prefix: /}",
                "rewrite: {prefix: {value: /new/}, §path: {exact: /new}}",
            ),
            "several-choices",
        ),
        (
            "W17",
            rewritten("{prefix: /old/}", "rewrite: {prefix: {value: §/new}}"),
            "rewrite-prefix-without-slash",
        ),
        (
            "W17",
            object("GatewayRoute", host_first),
            "rewrite-prefix-without-slash",
        ),
        (
            "W18",
            rewritten("{prefix: §old/}", "rewrite: {prefix: {value: /new/}}"),
            "prefix-without-slash",
        ),
        (
            "W18",
            rewritten(
                "{prefix: §old/}",
                "rewrite: {hostname: {defaultTargetHostname: ENABLED}}",
            ),
            "prefix-without-slash",
        ),
        (
            "W19",
            rewritten(
                "{prefix: /old/}",
                "rewrite: {prefix: {defaultPrefix: DISABLED, §value: /new/}}",
            ),
            "several-choices",
        ),
    ];
    for (case, marked, code) in rows {
        object_refused(case, &marked, &[code]);
    }
}

#[test]
fn a_router_s_routes_have_one_path_and_one_name() {
    let action = "action: {weightedTargets: [{virtualNodeRef: {name: orders}, weight: 1}]}";
    let route =
        |kind: &str, matches: &str| format!("  - {{name: all, {kind}: {{{matches}, {action}}}}}\n");
    let twice = |second: &str| {
        let second = route("httpRoute", second).replace("name: all", "name: §all");
        router(&(route("httpRoute", "match: {prefix: /a}") + &second))
    };
    let rows = [
        (
            "W20",
            router(&route(
                "httpRoute",
                "match: {prefix: /, §path: {exact: /x}}",
            )),
            "several-choices",
        ),
        (
            "W21",
            router(&route("httpRoute", "§match: {port: 80}")),
            "match-without-path",
        ),
        ("W22", twice("match: {prefix: /b}"), "duplicate-name"),
        ("W22", twice("match: {prefix: /a}"), "duplicate-name"),
    ];
    for (case, marked, code) in rows {
        object_refused(case, &marked, &[code]);
    }
}

#[test]
fn a_node_s_listeners_and_backends_fit_together() {
    let listener = "listeners: [{portMapping: {port: 80, protocol: http}}]";
    let undiscovered = object("VirtualNode", &format!("spec: {{{listener}}}"));
    let undiscovered = undiscovered.replace("name: checkout", "name: §checkout");
    let pools = "listeners: [{portMapping: {port: 80, protocol: http}, connectionPool: {http: {maxConnections: 5}, §POOL}}]";
    let gateway = object("VirtualGateway", &format!("spec: {{{pools}}}"));
    let backends = |first: &str, second: &str| {
        node(&format!(
            "backends: [{{virtualService: {{{first}}}}}, {{virtualService: {{{second}}}}}]"
        ))
    };
    let arn = "virtualServiceARN: arn:aws:appmesh:us-west-2:111122223333:mesh/shop/virtualService/orders.web";
    let marked_arn = arn.replace(" arn", " §arn");
    let rows = [
        ("W23", undiscovered, "missing-service-discovery"),
        (
            "W24",
            node(&pools.replace("POOL", "tcp: {maxConnections: 5}")),
            "several-choices",
        ),
        (
            "W25",
            gateway.replace("POOL", "grpc: {maxRequests: 5}"),
            "several-choices",
        ),
        (
            "W26",
            backends(
                "virtualServiceRef: {name: orders}",
                "virtualServiceRef: §{name: orders, namespace: web}",
            ),
            "duplicate-backend",
        ),
        ("W27", backends(arn, &marked_arn), "duplicate-backend"),
        (
            "W27",
            backends("virtualServiceRef: {name: orders}", &marked_arn),
            "duplicate-backend",
        ),
    ];
    for (case, marked, code) in rows {
        object_refused(case, &marked, &[code]);
    }
}

#[test]
fn what_the_controller_writes_is_refused_unless_the_object_comes_out_of_a_cluster() {
    let reference =
        "spec:\n  §meshRef:\n    name: shop\n    uid: 00000000-0000-0000-0000-000000000000";
    let service = object("VirtualService", reference);
    let report = object_refused("W28", &service, &["read-only-field"]);
    assert!(report.contains("`meshRef` may not be written"), "{report}");
    for shown in ["uid: 1b2c", "resourceVersion: '7'", "managedFields: []"] {
        let exported = service.replace("namespace: web", &format!("namespace: web, {shown}"));
        let config = objects_warned("W28", &format!("{exported}{MESH}"), &["read-only-field"]);
        assert!(config.mesh().virtual_service("checkout.web").is_some());
    }
    let exported = format!("{service}status: {{}}\n");
    objects_warned("W28", &format!("{exported}{MESH}"), &["read-only-field"]);
    let route = entered("{prefix: /}", "")
        .replace("{httpRoute", "{§virtualGatewayRef: {name: edge}, httpRoute");
    object_refused("W28", &route, &["read-only-field"]);
}

#[test]
fn a_mesh_prefers_one_family_of_addresses_or_the_other() {
    let mesh = "apiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\nmetadata: {name: shop}\n\
                spec: {meshServiceDiscovery: {ipPreference: §IPv6_PREFERRED}}\n";
    for key in ["meshServiceDiscovery", "serviceDiscovery"] {
        println!("W29");
        let mesh = mesh.replace("meshServiceDiscovery", key);
        super::refused_by(super::shop(), &mesh, &["unknown-value"]);
    }
}

#[test]
fn one_mesh_takes_a_namespace_and_one_gateway_a_gateway_route() {
    let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: web, labels: {mesh: shop, gateway: edge}}\n";
    let mesh = |name: &str, spec: &str| {
        format!(
            "---\napiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        )
    };
    let selecting = mesh("shop", "{namespaceSelector: {matchLabels: {mesh: shop}}}");
    let gateway = |name: &str, port: u16, selectors: &str| {
        let spec = format!(
            "spec: {{{selectors}, listeners: [{{portMapping: {{port: {port}, protocol: http}}}}]}}"
        );
        format!(
            "---\n{}",
            object("VirtualGateway", &spec).replace("checkout", name)
        )
    };
    let everything = "namespaceSelector: {}";
    let route = entered("{prefix: /}", "").replace("name: checkout", "name: §checkout");
    let service = object("VirtualService", "spec: {}");
    let marked = service.replace("name: checkout", "name: §checkout");
    let entered =
        |gateways: &[String]| format!("{route}{namespace}{selecting}{}", gateways.concat());
    let picky = "namespaceSelector: {matchLabels: {gateway: edge}}, gatewayRouteSelector: {matchLabels: {gateway: edge}}";
    let rows = [
        (
            "W30",
            format!("{marked}{namespace}{}", mesh("shop", "{}")),
            "no-mesh-for-namespace",
            "namespace `web`",
        ),
        (
            "W31",
            format!(
                "{marked}{namespace}{selecting}{}",
                mesh("more", "{namespaceSelector: {}}")
            ),
            "several-meshes-for-namespace",
            "`more`, `shop`",
        ),
        (
            "W32",
            entered(&[gateway("edge", 8088, picky)]),
            "no-gateway-for-route",
            "gateway route `checkout`",
        ),
        (
            "W33",
            entered(&[
                gateway("edge", 1, everything),
                gateway("door", 2, everything),
            ]),
            "several-gateways-for-route",
            "`door`, `edge`",
        ),
    ];
    for (case, marked, code, said) in rows {
        println!("{case}");
        let report = super::refused_by(super::shop(), &marked, &[code]);
        assert!(report.contains(said), "{report}");
    }
}

#[test]
fn without_the_labels_of_the_namespace_the_only_mesh_is_meant() {
    let service = object("VirtualService", "spec: {}");
    let config = objects_warned("W30", &format!("{service}{MESH}"), &[]);
    assert!(config.mesh().virtual_service("checkout.web").is_some());
}

#[test]
fn an_arn_is_one_of_what_is_due() {
    let backend = "backends: [{virtualService: {virtualServiceARN: 'arn:aws:appmesh:us-west-2:111122223333:mesh/shop/NAME'}}]";
    let backend = node(&backend.replace("ARN: ", "ARN: §"));
    let target = "  - {name: all, httpRoute: {match: {prefix: /}, action: {weightedTargets: \
                  [{virtualNodeARN: §'arn:aws:appmesh:us-west-2:111122223333:mesh/shop/NAME', weight: 1}]}}}";
    let target = router(target);
    let rows = [
        (
            "W34",
            backend.replace("NAME", "virtualNode/orders"),
            "wrong-arn-kind",
        ),
        (
            "W35",
            target.replace("NAME", "virtualRouter/orders/route/all"),
            "bad-arn",
        ),
        ("W35", target.replace("shop/NAME", "shop"), "bad-arn"),
        (
            "W35",
            backend.replace("shop/NAME", "other/virtualService/orders.web"),
            "wrong-arn-mesh",
        ),
    ];
    for (case, marked, code) in rows {
        object_refused(case, &marked, &[code]);
    }
    // A mesh that another account shares has that account behind its name.
    let shared = backend
        .replace("shop/NAME", "shop@111122223333/virtualService/orders.web")
        .replace('§', "");
    let config = objects_warned(
        "W35",
        &format!(
            "{shared}{}",
            super::SHOP.replace("name: edge", "name: §edge")
        ),
        &["gateway-without-routes"],
    );
    let node = config.mesh().virtual_node("checkout_web").unwrap();
    assert_eq!(node.backends[0].virtual_service.as_str(), "orders.web");
}

#[test]
fn what_is_referred_to_is_there_unless_it_may_be_elsewhere() {
    let provider = "spec: {provider: {virtualRouter: {virtualRouterRef: §{name: nowhere}}}}";
    let service = object("VirtualService", provider);
    let report = object_refused("W36", &service, &["missing-provider"]);
    assert!(report.contains("`nowhere_web`"), "{report}");
    let elsewhere = format!("{service}{MESH}");
    objects_warned("W36", &elsewhere, &["missing-provider"]);
}

const MESH: &str = "---\napiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\nmetadata: {name: shop}\n";
