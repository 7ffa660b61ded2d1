//! What this version does not look at cannot keep a template from being read.

use super::{codes, node, refused, routed, template, warned};
use crate::config::Config;

const UNCOMPUTED: [&str; 6] = [
    "!Join ['-', [a, !Ref Asked]]",
    "!If [Prod, {A: !ImportValue b}, !Ref AWS::NoValue]",
    "!Ref Asked",
    "!GetAtt Topic.Arn",
    "'{{resolve:ssm:/mesh}}'",
    "!ImportValue x",
];

/// A template with a parameter that has no value, and a resource that only AWS knows.
fn asking(text: &str) -> String {
    format!("Parameters: {{Asked: {{Type: String}}}}\n{text}  Topic: {{Type: AWS::SNS::Topic}}\n")
}

/// A template with this in the spec of a node, before its listeners, or in its listener.
fn with(before: &str, text: &str) -> String {
    asking(&template(
        &node("a").replace(before, &format!("{text}, {before}")),
    ))
}

#[test]
fn functions_under_what_is_passed_over_are_not_asked_for() {
    for function in UNCOMPUTED {
        let tags = with(
            "VirtualNodeName",
            &format!("Tags: [{{Key: k, Value: {function}}}]"),
        );
        warned(&tags, &[]);
        warned(&with("VirtualNodeName", &format!("Tags: {function}")), &[]);
        warned(
            &with("VirtualNodeName", &format!("MeshOwner: {function}")),
            &[],
        );
        let off =
            |certificate: &str| format!("TLS: {{Mode: DISABLED, Certificate: {certificate}}}");
        for certificate in [
            function.to_owned(),
            format!("{{ACM: {{CertificateArn: {function}}}}}"),
            format!("{{ACM: {function}, File: {function}}}"),
        ] {
            warned(&with("PortMapping", &off(&certificate)), &[]);
        }
        for (before, left_out) in [
            (
                "Listeners",
                "Logging: {AccessLog: {File: {Path: /dev/stdout, §Format: X}}}",
            ),
            (
                "Listeners",
                "Logging: {AccessLog: {File: {Path: /dev/stdout, §Format: {Text: X}}}}",
            ),
        ] {
            let text = with(before, &left_out.replace('X', function));
            warned(&text, &["not-supported-yet"]);
        }
    }
}

#[test]
fn gateways_are_left_out_with_all_that_they_ask_for() {
    for function in UNCOMPUTED {
        for rest in [
            "Spec: {Listeners: [{PortMapping: {Port: 80, Protocol: http}, TLS: X}]}",
            "Spec: {Listeners: [{PortMapping: {Port: X, Protocol: http}, TLS: {Mode: STRICT, Certificate: {ACM: {CertificateArn: X}}}}]}",
            "Spec: X, VirtualGatewayName: X",
            "Spec: {Listeners: X, BackendDefaults: {ClientPolicy: {TLS: X}}}",
        ] {
            let rest = rest.replace('X', function);
            let gateway = format!(
                "  §G: {{Type: AWS::AppMesh::VirtualGateway, Properties: {{MeshName: m, {rest}}}}}\n"
            );
            warned(&asking(&template(&gateway)), &["not-supported-yet"]);
        }
        let route = format!(
            "  §G: {{Type: AWS::AppMesh::GatewayRoute, Properties: {{MeshName: m, VirtualGatewayName: {function}, \
             Spec: {{HttpRoute: {{Match: {{Prefix: {function}}}, Action: {function}}}}}}}}}\n"
        );
        warned(&asking(&template(&route)), &["not-supported-yet"]);
        let tcp = format!(
            "{{Priority: {function}, §TcpRoute: {{Match: {{Port: {function}}}, Action: {function}}}}}"
        );
        warned(&asking(&routed(&tcp)), &["not-supported-yet"]);
    }
}

#[test]
fn listener_tls_whose_mode_is_not_known_is_refused() {
    let tls = "§TLS: {Mode: !If [§A, DISABLED, STRICT], Certificate: {ACM: {CertificateArn: !Ref Asked}}}";
    refused(
        &with("PortMapping", tls),
        &["tls-not-supported-yet", "missing-reference"],
    );
    refused(
        &with("PortMapping", "TLS: !If [§A, {Mode: DISABLED}, {}]"),
        &["missing-reference"],
    );
    let policy = "BackendDefaults: {ClientPolicy: {§TLS: {Enforce: !If [A, true, false], Validation: !Ref Asked}}}";
    refused(&with("Listeners", policy), &["tls-not-supported-yet"]);
}

#[test]
fn misspelt_properties_of_what_is_left_out_are_still_told() {
    let gateway = "  G: {Type: AWS::AppMesh::VirtualGateway, Properties: {MeshName: m, Spec: {§Listener: !If [A, [], []], Listeners: []}}}\n";
    refused(&template(gateway), &["unknown-property"]);
}

#[test]
fn a_template_of_which_all_is_left_out_still_names_its_mesh() {
    let gateway = "Resources:\n  G: {Type: AWS::AppMesh::VirtualGateway, Properties: {MeshName: §shop, Spec: {Listeners: []}}}\n";
    let tcp = "Resources:\n  T: {Type: AWS::AppMesh::Route, Properties: {MeshName: §shop, VirtualRouterName: r, Spec: \
               {TcpRoute: {Action: {WeightedTargets: [{VirtualNode: a, Weight: 1}]}}}}}\n";
    for (text, first) in [(gateway, "  §G:"), (tcp, "{§TcpRoute")] {
        let text = text.replace(&first.replace('§', ""), first);
        let wanted = match first.contains('G') {
            true => ["not-supported-yet", "mesh-not-defined"],
            false => ["mesh-not-defined", "not-supported-yet"],
        };
        warned(&text, &wanted);
        let config = Config::parse("m", &text.replace('§', "")).unwrap();
        assert_eq!(config.mesh().name().as_str(), "shop");
    }
    let asked = asking(&gateway.replace("shop", "!Ref Asked").replace('§', ""));
    let errors = Config::parse("m", &asked).unwrap_err();
    assert_eq!(codes(&errors), ["missing-parameter"], "{errors}");
}
