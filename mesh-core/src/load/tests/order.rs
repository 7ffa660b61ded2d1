//! One mesh in three forms, and in every order of what it is written in.

use proptest::{prelude::*, test_runner::RngSeed};

use crate::config::{Config, Mesh};

/// A mesh as its documents: each form says the same.
fn documents(form: &str) -> Vec<String> {
    let texts: &[&str] = match form {
        "template" => &TEMPLATE,
        "objects" => &OBJECTS,
        _ => &API,
    };
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// What is read of these, each text a document of its own.
fn read(texts: &[String]) -> Mesh {
    let reader = texts
        .iter()
        .enumerate()
        .fold(Config::reader(), |reader, (i, text)| {
            reader.document(&format!("{i}"), text.as_str())
        });
    let config = reader
        .read()
        .unwrap_or_else(|errors| panic!("{errors}\n{texts:#?}"));
    config.into_mesh()
}

/// The same as one text.
fn read_whole(form: &str, texts: &[String]) -> Mesh {
    let whole = match form {
        "template" => format!("Resources:\n{}", texts.concat().replace("Resources:\n", "")),
        "objects" => texts.join("---\n"),
        _ => texts.join("\n"),
    };
    read(&[whole])
}

#[test]
fn three_forms_of_a_mesh_are_one_mesh() {
    let template = read(&documents("template"));
    assert_eq!(
        template
            .virtual_routers()
            .next()
            .map(|router| router.routes.len()),
        Some(3)
    );
    assert_eq!(
        template
            .virtual_gateways()
            .next()
            .map(|gateway| gateway.routes.len()),
        Some(2)
    );
    assert_eq!(read(&documents("objects")), template);
    assert_eq!(read(&documents("api")), template);
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 64 })
    })]

    #[test]
    fn the_order_of_documents_and_of_what_is_in_them_decides_nothing(
        (form, texts) in prop_oneof![Just("template"), Just("objects"), Just("api")]
            .prop_flat_map(|form| (Just(form), Just(documents(form)).prop_shuffle())),
        routes in Just(ROUTES.to_vec()).prop_shuffle(),
    ) {
        let routes = routes.concat();
        let texts: Vec<String> = texts.iter().map(|text| text.replace(&ROUTES.concat(), &routes)).collect();
        let wanted = read(&documents("template"));
        prop_assert_eq!(&read(&texts), &wanted);
        prop_assert_eq!(&read_whole(form, &texts), &wanted);
    }
}

const TEMPLATE: [&str; 9] = [
    "Resources:\n  M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: shop, Spec: {EgressFilter: {Type: ALLOW_ALL}}}}\n",
    "Resources:\n  N: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: shop, VirtualNodeName: orders, Spec: {ServiceDiscovery: \
     {DNS: {Hostname: orders.web}}, Listeners: [{PortMapping: {Port: 80, Protocol: http}, Timeout: {HTTP: {Idle: {Unit: s, Value: 9}}}}], \
     Backends: [{VirtualService: {VirtualServiceName: orders.web}}]}}}\n",
    "Resources:\n  R: {Type: AWS::AppMesh::VirtualRouter, Properties: {MeshName: shop, VirtualRouterName: orders, Spec: {Listeners: [\
     {PortMapping: {Port: 80, Protocol: http}}]}}}\n",
    "Resources:\n  A: {Type: AWS::AppMesh::Route, Properties: {MeshName: shop, VirtualRouterName: orders, RouteName: a, Spec: {HttpRoute: \
     {Match: {Prefix: /a, Headers: [{Name: x, Match: {Range: {Start: 1, End: 9}}}]}, Action: {WeightedTargets: [{VirtualNode: orders, Weight: 1}]}}}}}\n\
     \x20 B: {Type: AWS::AppMesh::Route, Properties: {MeshName: shop, VirtualRouterName: orders, RouteName: b, Spec: {Priority: 5, HttpRoute: \
     {Match: {Path: {Exact: /b}}, Action: {WeightedTargets: [{VirtualNode: orders, Weight: 50}]}}}}}\n",
    "Resources:\n  C: {Type: AWS::AppMesh::Route, Properties: {MeshName: shop, VirtualRouterName: orders, RouteName: c, Spec: {HttpRoute: \
     {Match: {Prefix: /c}, Action: {WeightedTargets: [{VirtualNode: orders, Weight: 7, Port: 80}]}}}}}\n",
    "Resources:\n  S: {Type: AWS::AppMesh::VirtualService, Properties: {MeshName: shop, VirtualServiceName: orders.web, Spec: {Provider: \
     {VirtualRouter: {VirtualRouterName: orders}}}}}\n",
    "Resources:\n  G: {Type: AWS::AppMesh::VirtualGateway, Properties: {MeshName: shop, VirtualGatewayName: edge, Spec: {Listeners: [\
     {PortMapping: {Port: 8088, Protocol: http}}]}}}\n",
    "Resources:\n  X: {Type: AWS::AppMesh::GatewayRoute, Properties: {MeshName: shop, VirtualGatewayName: edge, GatewayRouteName: x, Spec: \
     {HttpRoute: {Match: {Prefix: /x/}, Action: {Target: {VirtualService: {VirtualServiceName: orders.web}}}}}}}\n",
    "Resources:\n  Y: {Type: AWS::AppMesh::GatewayRoute, Properties: {MeshName: shop, VirtualGatewayName: edge, GatewayRouteName: y, Spec: \
     {HttpRoute: {Match: {Hostname: {Suffix: .example.com}}, Action: {Target: {VirtualService: {VirtualServiceName: orders.web}}}}}}}\n",
];

const ROUTES: [&str; 3] = [
    "  - {name: a, httpRoute: {match: {prefix: /a, headers: [{name: x, match: {range: {start: 1, end: 9}}}]}, action: {weightedTargets: \
     [{virtualNodeRef: {name: orders}, weight: 1}]}}}\n",
    "  - {name: b, priority: 5, httpRoute: {match: {path: {exact: /b}}, action: {weightedTargets: [{virtualNodeRef: {name: orders}, weight: 50}]}}}\n",
    "  - {name: c, httpRoute: {match: {prefix: /c}, action: {weightedTargets: [{virtualNodeRef: {name: orders}, weight: 7, port: 80}]}}}\n",
];

const OBJECTS: [&str; 8] = [
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: web, labels: {mesh: shop}}\n",
    "apiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\nmetadata: {name: shop}\nspec: {egressFilter: {type: ALLOW_ALL}, namespaceSelector: \
     {matchLabels: {mesh: shop}}}\n",
    "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {name: orders, namespace: web}\nspec: {awsName: orders, \
     serviceDiscovery: {dns: {hostname: orders.web}}, listeners: [{portMapping: {port: 80, protocol: http}, timeout: {http: {idle: \
     {unit: s, value: 9}}}}], backendGroups: [{name: '*'}]}\n",
    "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualRouter\nmetadata: {name: orders, namespace: web}\nspec:\n  awsName: orders\n  listeners: \
     [{portMapping: {port: 80, protocol: http}}]\n  routes:\n  - {name: a, httpRoute: {match: {prefix: /a, headers: [{name: x, match: {range: \
     {start: 1, end: 9}}}]}, action: {weightedTargets: [{virtualNodeRef: {name: orders}, weight: 1}]}}}\n  - {name: b, priority: 5, httpRoute: \
     {match: {path: {exact: /b}}, action: {weightedTargets: [{virtualNodeRef: {name: orders}, weight: 50}]}}}\n  - {name: c, httpRoute: {match: \
     {prefix: /c}, action: {weightedTargets: [{virtualNodeRef: {name: orders}, weight: 7, port: 80}]}}}\n",
    "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualService\nmetadata: {name: orders, namespace: web}\nspec: {provider: {virtualRouter: \
     {virtualRouterRef: {name: orders}}}}\n",
    "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualGateway\nmetadata: {name: edge, namespace: web}\nspec: {awsName: edge, namespaceSelector: {}, \
     listeners: [{portMapping: {port: 8088, protocol: http}}]}\n",
    "apiVersion: appmesh.k8s.aws/v1beta2\nkind: GatewayRoute\nmetadata: {name: x, namespace: web}\nspec: {awsName: x, httpRoute: {match: \
     {prefix: /x/}, action: {target: {virtualService: {virtualServiceRef: {name: orders}}}}}}\n",
    "apiVersion: appmesh.k8s.aws/v1beta2\nkind: GatewayRoute\nmetadata: {name: y, namespace: web}\nspec: {awsName: y, httpRoute: {match: \
     {hostname: {suffix: .example.com}}, action: {target: {virtualService: {virtualServiceRef: {name: orders}}}}}}\n",
];

const API: [&str; 10] = [
    r#"{"meshName": "shop", "spec": {"egressFilter": {"type": "ALLOW_ALL"}}}"#,
    r#"{"meshName": "shop", "virtualNodeName": "orders", "spec": {"serviceDiscovery": {"dns": {"hostname": "orders.web"}}, "listeners":
        [{"portMapping": {"port": 80, "protocol": "http"}, "timeout": {"http": {"idle": {"unit": "s", "value": 9}}}}],
        "backends": [{"virtualService": {"virtualServiceName": "orders.web"}}]}}"#,
    r#"{"meshName": "shop", "virtualRouterName": "orders", "spec": {"listeners": [{"portMapping": {"port": 80, "protocol": "http"}}]}}"#,
    r#"{"meshName": "shop", "virtualRouterName": "orders", "routeName": "a", "spec": {"httpRoute": {"match": {"prefix": "/a", "headers":
        [{"name": "x", "match": {"range": {"start": 1, "end": 9}}}]}, "action": {"weightedTargets": [{"virtualNode": "orders", "weight": 1}]}}}}"#,
    r#"{"meshName": "shop", "virtualRouterName": "orders", "routeName": "b", "spec": {"priority": 5, "httpRoute": {"match":
        {"path": {"exact": "/b"}}, "action": {"weightedTargets": [{"virtualNode": "orders", "weight": 50}]}}}}"#,
    r#"{"meshName": "shop", "virtualRouterName": "orders", "routeName": "c", "spec": {"httpRoute": {"match": {"prefix": "/c"},
        "action": {"weightedTargets": [{"virtualNode": "orders", "weight": 7, "port": 80}]}}}}"#,
    r#"{"meshName": "shop", "virtualServiceName": "orders.web", "spec": {"provider": {"virtualRouter": {"virtualRouterName": "orders"}}}}"#,
    r#"{"virtualGateway": {"meshName": "shop", "virtualGatewayName": "edge", "spec": {"listeners": [{"portMapping": {"port": 8088,
        "protocol": "http"}}]}, "status": {"status": "ACTIVE"}}}"#,
    r#"{"meshName": "shop", "virtualGatewayName": "edge", "gatewayRouteName": "x", "spec": {"httpRoute": {"match": {"prefix": "/x/"},
        "action": {"target": {"virtualService": {"virtualServiceName": "orders.web"}}}}}}"#,
    r#"{"meshName": "shop", "virtualGatewayName": "edge", "gatewayRouteName": "y", "spec": {"httpRoute": {"match": {"hostname":
        {"suffix": ".example.com"}}, "action": {"target": {"virtualService": {"virtualServiceName": "orders.web"}}}}}}"#,
];
