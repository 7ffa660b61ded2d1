//! F: what a template says that CloudFormation does not take; what each function does is tested where functions are.

use super::{refused_by, warned_by};
use crate::config::Config;

#[test]
fn another_form_s_spelling_is_told_once_with_cloudformation_s() {
    let seconds = "{Unit: s, Value: 30}";
    let detection = format!(
        "OutlierDetection: {{§maxServerErrors: 5, MaxEjectionPercent: 50, Interval: {seconds}, BaseEjectionDuration: {seconds}}}"
    );
    let listeners =
        format!("Listeners: [{{PortMapping: {{Port: 80, Protocol: http}}, {detection}}}]");
    let discovery = "ServiceDiscovery: {DNS: {Hostname: h, ResponseType: ENDPOINTS}}";
    let node = |spec: &str| {
        format!(
            "Resources: {{N: {{Type: AWS::AppMesh::VirtualNode, Properties: {{MeshName: m, Spec: {{{spec}}}}}}}}}"
        )
    };
    let trust = "BackendDefaults: {ClientPolicy: {TLS: {Validation: {Trust: {§Acm: {CertificateAuthorityArns: [a]}}}}}}";
    let tls = "Listeners: [{PortMapping: {Port: 80, Protocol: http}, §Tls: {Mode: STRICT}}]";
    let rows = [
        (
            "F01",
            format!("{listeners}, {discovery}"),
            "MaxServerErrors",
        ),
        (
            "F02",
            "ServiceDiscovery: {§Dns: {Hostname: h}}".to_owned(),
            "DNS",
        ),
        ("F02", trust.to_owned(), "ACM"),
        ("F02", format!("{tls}, {discovery}"), "TLS"),
    ];
    for (case, spec, meant) in rows {
        let report = refused_by(Config::reader(), &node(&spec), &["unknown-property"]);
        assert!(
            report.contains(&format!("did you mean `{meant}`?")),
            "{case}: {report}"
        );
    }
}

#[test]
fn what_a_template_refers_to_is_there() {
    let empty = service("§Properties: {MeshName: null");
    let circle = "Resources:\n  A: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: §!Sub '${B.MeshName}-a'}}\n  \
                  B: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Sub '${A.MeshName}-b'}}\n";
    let mesh = |rest: &str| {
        format!(
            "{rest}Resources: {{M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: NAME}}}}}}\n"
        )
    };
    let condition = mesh("").replace("NAME", "!If [§IsProd, prod, dev]");
    let mapping = mesh("Mappings: {Env: {prod: {First: m}}}\n")
        .replace("NAME", "§!FindInMap [Env, prod, Second]");
    let allowed = mesh("Parameters: {§Tls: {Type: String, AllowedValues: ['on', 'off']}}\n")
        .replace("NAME", "!Sub 'm-${Tls}'");
    let asked = mesh("Parameters: {§Name: {Type: String}, Unused: {Type: String}}\n")
        .replace("NAME", "!Ref Name");
    let rows = [
        (
            "F03",
            empty,
            "missing-property",
            "`MeshName`, which is empty",
        ),
        (
            "F04",
            service("Properties: {MeshName: §!Ref Nowhere"),
            "missing-reference",
            "`Nowhere`",
        ),
        (
            "F05",
            service("Properties: {MeshName: §!GetAtt M.Name"),
            "unknown-attribute",
            "a mesh has no attribute `Name`",
        ),
        ("F06", condition, "missing-reference", "`IsProd`"),
        ("F07", mapping, "missing-reference", "`Second`"),
        (
            "F08",
            circle.to_owned(),
            "circular-reference",
            "break the circle",
        ),
        ("F09", allowed, "parameter-not-allowed", "`Tls`"),
        ("F10", asked, "missing-parameter", "`Name`"),
    ];
    for (case, marked, code, said) in rows {
        println!("{case}");
        let reader = match case {
            "F09" => Config::reader().parameter("Tls", "maybe"),
            _ => Config::reader(),
        };
        let report = refused_by(reader, &marked, &[code]);
        assert!(report.contains(said), "{report}");
        assert!(!report.contains("Unused"), "{report}");
    }
}

#[test]
fn an_arn_where_a_name_is_due_is_warned_of_and_the_name_taken() {
    let text = service("Properties: {MeshName: §!Ref M");
    let config = warned_by(Config::reader(), &text, &["ref-is-arn"]);
    assert!(config.mesh().virtual_service("s.local").is_some(), "F11");
}

/// A virtual service with these properties, and the mesh `M`.
fn service(properties: &str) -> String {
    format!(
        "Resources:\n  M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: m}}}}\n  \
         S: {{Type: AWS::AppMesh::VirtualService, {properties}, VirtualServiceName: s.local, Spec: {{}}}}}}\n"
    )
}
