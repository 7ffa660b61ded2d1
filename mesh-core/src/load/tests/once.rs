//! One mistake is told once, whatever elsewhere hangs on it.

use super::refused_by;
use crate::config::Config;

const OBJECTS: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: web, labels: {mesh: shop}}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: Mesh
metadata: {name: shop}
spec: {namespaceSelector: {matchLabels: {mesh: shop}}}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualNode
metadata: {name: orders-v1, namespace: web}
spec:
  listeners: [{portMapping: {port: 8080, protocol: http}}]
  serviceDiscovery: {dns: {hostname: orders}}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualRouter
metadata: {name: orders, namespace: web}
spec:
  listeners: [{portMapping: {port: 80, protocol: http}}]
  routes:
    - name: all
      httpRoute:
        match: {prefix: /, method: GET}
        action: {weightedTargets: [{virtualNodeRef: {name: orders-v1}, port: 8080, weight: 1}]}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualService
metadata: {name: orders, namespace: web}
spec: {provider: {virtualRouter: {virtualRouterRef: {name: orders}}}}
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: VirtualGateway
metadata: {name: edge, namespace: web}
spec:
  namespaceSelector: {matchLabels: {mesh: shop}}
  listeners: [{portMapping: {port: 8088, protocol: http}}]
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: GatewayRoute
metadata: {name: all, namespace: web}
spec:
  httpRoute:
    match: {prefix: /}
    action: {target: {virtualService: {virtualServiceRef: {name: orders}}}}
";

/// Asserts that the objects with this in the place of that are refused for one reason.
fn once(from: &str, to: &str, code: &str) {
    assert!(OBJECTS.contains(from), "{from}");
    println!("{to}");
    refused_by(Config::reader(), &OBJECTS.replacen(from, to, 1), &[code]);
}

#[test]
fn the_objects_are_right_before_something_is_wrong_with_them() {
    assert!(Config::parse("m", OBJECTS).is_ok());
}

#[test]
fn what_is_no_text_is_no_name_and_no_path_either() {
    let wrong = "wrong-type";
    once("{name: orders-v1}, port", "{name: §1}, port", wrong);
    once(
        "{virtualRouterRef: {name: orders}",
        "{virtualRouterRef: {name: §1}",
        wrong,
    );
    once(
        "{virtualServiceRef: {name: orders}",
        "{virtualServiceRef: {name: §yes}",
        wrong,
    );
    once(
        "{name: orders-v1}, port",
        "{name: orders-v1, namespace: §1}, port",
        wrong,
    );
    once("match: {prefix: /, ", "match: {prefix: §1, ", wrong);
    once("method: GET", "method: §1", wrong);
}

#[test]
fn an_object_that_cannot_be_told_is_not_missed() {
    for kind in [
        "VirtualNode",
        "VirtualRouter",
        "VirtualService",
        "VirtualGateway",
    ] {
        let typo = format!("kind: §{kind}s");
        once(&format!("kind: {kind}"), &typo, "unknown-kind");
        let unnamed =
            format!("§apiVersion: appmesh.k8s.aws/v1beta2\nkind: {kind}\nmetadata: {{names: ");
        let named = unnamed.replace("names", "name").replace('§', "");
        once(&named, &unnamed, "missing-property");
        let old = named.replace("appmesh.k8s.aws/v1beta2", "§appmesh.k8s.aws/v1beta1");
        once(&named, &old, "unsupported-version");
        let open = named.replace("{name: ", "{name: §${WHO}");
        once(&named, &open, "unfilled-placeholder");
    }
}

#[test]
fn a_selector_that_is_not_right_selects_what_nobody_knows() {
    let selector = "namespaceSelector: {matchLabels: {mesh: shop}}";
    let (mesh, gateway) = (
        format!("spec: {{{selector}"),
        format!("spec:\n  {selector}"),
    );
    let misspelt = |text: &str| text.replace("namespaceSelector", "§namespaceSelectors");
    once(&mesh, &misspelt(&mesh), "unknown-property");
    once(&gateway, &misspelt(&gateway), "unknown-property");
}

#[test]
fn a_namespace_that_no_mesh_takes_is_told_of_once_for_its_gateway_routes_too() {
    let labels = ", labels: {mesh: shop}}";
    let text = OBJECTS.replacen(labels, ", labels: {}}", 1);
    let text = text.replacen("name: orders-v1, n", "name: §orders-v1, n", 1);
    refused_by(Config::reader(), &text, &["no-mesh-for-namespace"]);
}

#[test]
fn a_port_that_is_none_is_not_looked_for() {
    once("port: 8080, weight", "port: §80800, weight", "out-of-range");
    once("port: 8080, protocol", "port: §0, protocol", "out-of-range");
}

#[test]
fn a_parameter_that_is_none_is_not_missed() {
    for declared in ["§[]", "§String"] {
        let template = format!(
            "Parameters: {{Name: {declared}}}\nResources: {{M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: !Ref Name}}}}}}"
        );
        refused_by(Config::reader(), &template, &["wrong-type"]);
    }
}
