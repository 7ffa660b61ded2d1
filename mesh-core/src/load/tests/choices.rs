//! Of two that exclude each other, that alone is said.

use super::{ONE, refused, refused_by, routed, template};
use crate::config::Config;

/// A virtual node whose listener has these members beside its port.
fn listening(protocol: &str, members: &str) -> String {
    template(&format!(
        "  A: {{Type: AWS::AppMesh::VirtualNode, Properties: {{MeshName: m, VirtualNodeName: a, Spec: {{\
         ServiceDiscovery: {{DNS: {{Hostname: a.local}}}}, \
         Listeners: [{{PortMapping: {{Port: 80, Protocol: {protocol}}}, {members}}}]}}}}}}\n"
    ))
}

/// A template is refused with one error and no warning.
fn refused_once(marked: &str) {
    refused(marked, &["several-choices"]);
    let errors = Config::parse("m", &marked.replace('§', "")).unwrap_err();
    let found: Vec<_> = errors
        .problems()
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(found, ["several-choices"], "{errors}");
}

#[test]
fn of_two_that_exclude_each_other_nothing_else_is_said() {
    let idle = "{Idle: {Unit: s, Value: 1}}";
    for protocol in ["http", "http2", "grpc"] {
        let timeouts = format!("Timeout: {{HTTP2: {idle}, §GRPC: {idle}}}");
        refused_once(&listening(protocol, &timeouts));
        let pools = "ConnectionPool: {HTTP2: {MaxRequests: 1}, §GRPC: {MaxRequests: 1}}";
        refused_once(&listening(protocol, pools));
    }
    for (first, second) in [
        ("HttpRoute", "GrpcRoute"),
        ("TcpRoute", "HttpRoute"),
        ("Http2Route", "TcpRoute"),
    ] {
        let matches = |kind: &str| match kind {
            "TcpRoute" => format!("{{{ONE}}}"),
            _ => format!("{{Match: {{}}, {ONE}}}"),
        };
        refused_once(&routed(&format!(
            "{{{first}: {}, §{second}: {}}}",
            matches(first),
            matches(second)
        )));
    }
}

#[test]
fn of_a_reference_beside_an_arn_nothing_else_is_said() {
    let arn =
        |kind: &str| format!("'arn:aws:appmesh:us-west-2:111122223333:mesh/shop/{kind}/gone'");
    let provider = |kind: &str, api: &str| {
        let both = format!("{api}Ref: {{name: gone}}, §{api}ARN: {}", arn(api));
        object(
            "VirtualService",
            "orders",
            &format!("{{provider: {{{kind}: {{{both}}}}}}}"),
        )
    };
    let both = format!(
        "virtualServiceRef: {{name: gone}}, §virtualServiceARN: {}",
        arn("virtualService")
    );
    let entered = format!(
        "{{httpRoute: {{match: {{prefix: /}}, action: {{target: {{virtualService: {{{both}}}}}}}}}}}"
    );
    let gateway = "{listeners: [{portMapping: {port: 80, protocol: http}}]}";
    let target = format!(
        "{{virtualNodeRef: {{name: gone}}, §virtualNodeARN: {}, weight: 1}}",
        arn("virtualNode")
    );
    let route = format!(
        "{{name: all, httpRoute: {{match: {{prefix: /}}, action: {{weightedTargets: [{target}]}}}}}}"
    );
    let router = format!(
        "{{listeners: [{{portMapping: {{port: 80, protocol: http}}}}], routes: [{route}]}}"
    );
    let service = "{provider: {virtualRouter: {virtualRouterRef: {name: orders}}}}";
    for text in [
        object("VirtualRouter", "orders", &router) + &object("VirtualService", "orders", service),
        provider("virtualNode", "virtualNode"),
        provider("virtualRouter", "virtualRouter"),
        object("GatewayRoute", "all", &entered) + &object("VirtualGateway", "edge", gateway),
        object(
            "VirtualNode",
            "cart",
            &format!("{{backends: [{{virtualService: {{{both}}}}}]}}"),
        ),
    ] {
        let reader = || Config::reader().mesh("shop");
        let text = format!("{text}{}", object("Mesh", "shop", "{}"));
        refused_by(reader(), &text, &["several-choices"]);
        let errors = reader()
            .document("m", text.replace('§', ""))
            .read()
            .unwrap_err();
        let found: Vec<_> = errors
            .problems()
            .iter()
            .map(|problem| problem.code)
            .collect();
        assert_eq!(found, ["several-choices"], "{errors}");
    }
}

/// An object in the namespace `web`.
fn object(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: appmesh.k8s.aws/v1beta2\nkind: {kind}\nmetadata: {{name: {name}, namespace: web}}\nspec: {spec}\n"
    )
}
