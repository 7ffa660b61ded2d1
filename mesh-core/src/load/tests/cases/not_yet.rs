//! P: texts that are no configuration yet, and files that do not belong together.

use super::{SHOP, object, objects_warned, refused_by, shop, warned_by};
use crate::{
    config::{Config, ResourceKind},
    load::Reader,
};

#[test]
fn placeholders_are_asked_for_by_name_and_filled() {
    let jq = r#"{"virtualNodeName": "orders", "spec": {"serviceDiscovery": {"dns": {"hostname": VALUE}}}}"#;
    let rows = [
        ("P01", jq.replace("VALUE", "§$DNS_HOSTNAME"), "DNS_HOSTNAME", "h.local"),
        ("P02", jq.replace("VALUE", r#""orders.§\($PROJECT).local""#), "PROJECT", "shop"),
        (
            "P03",
            r#"{"virtualRouterName": "r", "routeName": "all", "spec": {"tcpRoute": {"action": {"weightedTargets": [§${TARGETS}]}}}}"#.to_owned(),
            "TARGETS",
            "",
        ),
        (
            "P03",
            super::router("  - {name: all, tcpRoute: {action: {weightedTargets: [§${TARGETS}]}}}"),
            "TARGETS",
            "{virtualNodeRef: {name: a}, weight: 1}, {virtualNodeRef: {name: b}, weight: 2}",
        ),
    ];
    for (case, marked, name, value) in rows {
        println!("{case}");
        let report = refused_by(shop(), &marked, &["unfilled-placeholder"]);
        assert!(
            report.contains(&format!("the placeholder `{name}` has no value")),
            "{report}"
        );
        if !value.is_empty() {
            let filled = shop()
                .substitute(name, value)
                .document("m", marked.replace('§', ""));
            assert_eq!(filled.read().unwrap().resources(), 1, "{marked}");
        }
    }
}

#[test]
fn what_stands_in_documents_of_others_is_theirs() {
    let deployment = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {args: ['curl http://${HOST}:${1}', $OTHER]}\n";
    let unread = "---\napiVersion: apps/v1\nkind: Deployment\nspec:\n  image: {§{ENVOY_IMAGE}}\n";
    let service = object("VirtualService", "spec: {}");
    let config = warned_by(shop(), &format!("{service}{deployment}{MESH}"), &[]);
    assert_eq!(config.resources(), 2, "P04");
    let marked = format!("{service}{unread}{MESH}");
    let config = warned_by(shop(), &marked, &["foreign-document"]);
    assert_eq!(config.resources(), 2, "P05");
    let warning = &config.warnings()[0];
    assert!(
        warning
            .message
            .starts_with("document 2 of this file is none of App Mesh's"),
        "{warning}"
    );
}

#[test]
fn templates_of_helm_are_told_to_run_it_first() {
    let service = |spec: &str| object("VirtualService", spec);
    let rows = [
        service("spec:\n  §{{- if .Values.router }}\n  {{- end }}"),
        service("spec: {awsName: §{{ .Values.name }}}"),
        service("spec: {awsName: §{{ include \"name\" . }}}"),
        service("spec: {awsName: §{{ default \"a\" .Values.b }}}"),
        service("spec:\n  §{{ $name }}: 1"),
        "Resources:\n  §{{ toYaml .Values.x }}:\n    Type: AWS::AppMesh::Mesh\n".to_owned(),
    ];
    for marked in rows {
        let report = refused_by(shop(), &marked, &["helm-template"]);
        assert!(report.contains("run helm template first"), "P06: {report}");
    }
}

#[test]
fn what_looks_like_helm_s_in_a_text_or_a_comment_is_none() {
    let service = object("VirtualService", "spec: {}");
    let annotated = service.replace(
        "metadata: {",
        "metadata: {annotations: {alert: '{{ $labels.instance }} is down'}, ",
    );
    assert_ne!(annotated, service);
    warned_by(shop(), &format!("§{annotated}"), &["mesh-not-defined"]);
    let commented = format!("§# was {{{{ .Values.x }}}}\n{service}# {{{{- if .Values.y }}}}\n");
    warned_by(shop(), &commented, &["mesh-not-defined"]);
}

#[test]
fn old_objects_and_specs_of_several_kinds_are_told_what_to_do() {
    let old = object(
        "VirtualNode",
        "spec: {meshName: shop, serviceDiscovery: {dns: {hostName: h}}}",
    );
    let old = old.replace("appmesh.k8s.aws/v1beta2", "§appmesh.k8s.aws/v1beta1");
    let bare = r#"{"spec": §{"listeners": [{"portMapping": {"port": 9080, "protocol": "http"}}]}}"#;
    let rows = [
        (
            "P07",
            old,
            "unsupported-version",
            "unsupported apiVersion `appmesh.k8s.aws/v1beta1` (v1beta2 is read)",
        ),
        (
            "P08",
            bare.to_owned(),
            "unknown-kind",
            "`--kind KIND --name NAME`",
        ),
    ];
    for (case, marked, code, said) in rows {
        println!("{case}");
        let report = refused_by(shop(), &marked, &[code]);
        assert!(report.contains(said), "{report}");
    }
    for kind in [ResourceKind::VirtualRouter, ResourceKind::VirtualGateway] {
        let reader = shop()
            .bare(kind, "edge")
            .document("m", bare.replace('§', ""));
        let config = reader.read().unwrap();
        assert_eq!(config.counts().iter().collect::<Vec<_>>(), [(kind, 1)]);
    }
}

#[test]
fn a_number_of_jq_s_is_one_where_a_number_is_due_and_a_text_elsewhere() {
    let listener = r#"{"portMapping": {"port": VALUE, "protocol": "http"}}"#;
    let node = format!(
        r#"{{"virtualNodeName": $NAME,
            "spec": {{"listeners": [{listener}], "serviceDiscovery": {{"dns": {{"hostname": "h"}}}}}}}}"#
    );
    let filled = |port: &str| shop().substitute("NAME", "80").substitute("PORT", port);
    let text = node.replace("VALUE", "$PORT");
    let config = filled("8080").document("m", text.as_str()).read().unwrap();
    let node = config.mesh().virtual_node("80").unwrap();
    assert_eq!(node.listeners[0].port.get(), 8080);
    refused_by(
        filled("a"),
        &text.replace("$PORT", "§$PORT"),
        &["wrong-type"],
    );
    let quoted = text.replace("$PORT", "§\"${PORT}\"");
    refused_by(filled("80"), &quoted, &["wrong-type"]);
    let flow = "{meshName: shop, virtualServiceName: $NAME, spec: {}}";
    assert_eq!(
        filled("").document("m", flow).read().unwrap().resources(),
        1
    );
}

#[test]
fn the_simplest_mesh_is_one() {
    for text in [
        r#"{"meshName": "shop"}"#,
        r#"{"meshName": "shop", "spec": {}}"#,
        r#"{"meshName": "shop", "spec": null}"#,
        r#"{"meshName": "shop", "metadata": {"version": 1}, "spec": {}, "status": {"status": "ACTIVE"}}"#,
        r#"{"mesh": {"meshName": "shop", "spec": {}}}"#,
    ] {
        let config = Config::parse("mesh.json", text).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(config.mesh().name().as_str(), "shop", "{text}");
    }
    let service = r#"{"meshName": "shop", "spec": {}}"#;
    let reader = shop().bare(ResourceKind::VirtualService, "orders.local");
    let config = reader.document("m", service).read().unwrap();
    assert!(config.mesh().virtual_service("orders.local").is_some());
}

#[test]
fn what_a_command_line_takes_as_its_spec_is_one_if_it_is_said_of_what() {
    let spec = r#"{"listeners": [{"portMapping": {"port": 80, "protocol": "http"}}], "serviceDiscovery": {"dns": {"hostname": "h"}}}"#;
    let node = || shop().bare(ResourceKind::VirtualNode, "orders");
    let config = node().document("spec.json", spec).read().unwrap();
    assert_eq!(config.mesh().virtual_nodes().count(), 1);
    let marked = spec.replace("\"port\": 80", "\"port\": §0");
    refused_by(node(), &marked, &["out-of-range"]);
    let marked = spec.replace("\"serviceDiscovery", "§\"serviceDiscvery");
    refused_by(node(), &marked, &["unknown-property"]);
    refused_by(node(), r#"§{"family": "web"}"#, &["unknown-document"]);
    refused_by(shop(), &format!("§{spec}"), &["unknown-document"]);
    let service = shop().bare(ResourceKind::VirtualService, "orders.local");
    assert_eq!(service.document("s", "{}").read().unwrap().resources(), 1);
}

#[test]
fn a_blank_in_angle_brackets_is_a_text() {
    let certificate = "certificate: {acm: {certificateARN: §<CERTIFICATE_ARN>}}";
    let listener = format!(
        "listeners: [{{portMapping: {{port: 443, protocol: http}}, tls: {{mode: STRICT, {certificate}}}}}]"
    );
    let marked = super::node(&listener).replace(
        "name: checkout,",
        "name: checkout, annotations: {a: '<unlike this>>'},",
    );
    objects_warned("P09", &(marked + MESH), &["blank"]);
}

#[test]
fn alternatives_of_one_resource_are_refused_and_repetitions_are_not() {
    let read = |reader: Reader, first: &str, second: &str| {
        let documents = reader
            .document("first.yaml", first)
            .document("second.yaml", second);
        documents.document("mesh.yaml", SHOP).allow_missing().read()
    };
    let route = |prefix: &str| super::routed(&format!("match: {{prefix: {prefix}}}"));
    let json = |port: u16| {
        format!(
            r#"{{"meshName": "shop", "virtualRouterName": "r", "spec": {{"listeners": [{{"portMapping": {{"port": {port}, "protocol": "http"}}}}]}}}}"#
        )
    };
    let respaced = json(80)
        .replace(' ', "")
        .replace(",\"protocol\":\"http\"", "")
        .replace("{\"port\"", "{\"protocol\":\"http\",\"port\"");
    let template = |port: u16| {
        format!(
            "Resources: {{R: {{Type: AWS::AppMesh::VirtualRouter, Properties: {{MeshName: shop, VirtualRouterName: r, Spec: {{\
                 Listeners: [{{PortMapping: {{Port: {port}, Protocol: http}}}}]}}}}}}}}"
        )
    };
    for (first, second) in [
        (route("/a"), route("/b")),
        (json(80), json(81)),
        (template(80), template(81)),
        (json(80), template(81)),
    ] {
        let errors = read(Config::reader(), &first, &second).unwrap_err();
        let [error] = errors.errors().collect::<Vec<_>>()[..] else {
            panic!("P10: {errors}")
        };
        assert_eq!(error.code, "duplicate-name");
        let report = error.to_string();
        assert!(
            report.starts_with("second.yaml:") && report.contains("first.yaml:"),
            "{report}"
        );
        assert!(read(Config::reader(), &first, &first).is_ok(), "P10");
        assert!(
            read(Config::reader().last_wins(), &first, &second).is_ok(),
            "P10, E21"
        );
    }
    assert!(read(Config::reader(), &json(80), &respaced).is_ok(), "P10");
    assert!(
        read(Config::reader(), &json(80), &template(80)).is_ok(),
        "P10"
    );
}

#[test]
fn a_name_that_is_written_repeats_the_one_that_is_given_by_default() {
    let read = |first: &str, second: &str| {
        let documents = shop().document("first.yaml", first);
        documents.document("second.yaml", second).read()
    };
    let plain = object("VirtualService", "spec: {}");
    let named = object("VirtualService", "spec: {awsName: checkout.web}");
    assert_eq!(read(&plain, &named).unwrap().resources(), 1);
    let to = "provider: {virtualNode: {virtualNodeRef: {name: a}}}";
    for spec in [to.to_owned(), format!("awsName: checkout.web, {to}")] {
        let other = object("VirtualService", &format!("spec: {{{spec}}}"));
        let errors = read(&plain, &other).unwrap_err();
        let found: Vec<_> = errors.errors().map(|error| error.code).collect();
        assert_eq!(found, ["duplicate-name"], "{errors}");
    }
}

const MESH: &str = "---\napiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\nmetadata: {name: shop}\n";
