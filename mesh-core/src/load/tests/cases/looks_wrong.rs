//! E: what looks wrong and loads.

use super::{
    TO_ORDERS, entered, node, object, objects_warned, refused_by, router, shop, warned_by,
};
use crate::config::{Config, HeaderMatcher, ResourceKind, RouteMatch};

const MESH: &str = "---\napiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\nmetadata: {name: shop}\n";

/// A template with this resource.
fn template(resource: &str) -> String {
    format!(
        "Resources:\n  M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: m}}}}\n  {resource}\n"
    )
}

#[test]
fn specs_may_say_nothing() {
    let rows = [
        ("E01", object("VirtualService", "spec: {}") + MESH),
        ("E02", object("VirtualNode", "spec: {backends: []}") + MESH),
        ("E06", object("BackendGroup", "spec:\n  # nothing yet") + MESH),
        ("E06", MESH.to_owned() + "spec:\n"),
        ("E06", "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m}}}".to_owned()),
        ("E06", "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m, Spec: {}}}}".to_owned()),
        ("E06", "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m, Spec: null}}}".to_owned()),
        ("E12", "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Ref AWS::StackName}}}".to_owned()),
    ];
    for (case, text) in rows {
        println!("{case}");
        warned_by(Config::reader().pseudo("AWS::StackName", "m"), &text, &[]);
    }
}

#[test]
fn weights_are_parts_of_their_sum_and_may_be_nothing() {
    for weights in [[0, 100], [1, 1], [1, 0], [100, 50]] {
        let targets =
            weights.map(|weight| format!("{{virtualNodeRef: {{name: orders}}, weight: {weight}}}"));
        let route = format!(
            "  - {{name: all, httpRoute: {{match: {{prefix: /}}, action: {{weightedTargets: [{}]}}}}}}",
            targets.join(", ")
        );
        let config = shop().document("m", router(&route) + super::SHOP).read();
        assert!(config.is_ok(), "E03: {weights:?}: {config:?}");
    }
}

#[test]
fn a_condition_on_a_name_alone_asks_for_its_presence() {
    let matches = "match: {prefix: /, headers: [{name: user}, {name: guest, invert: true}]}";
    let text = super::routed(matches) + super::SHOP;
    let config = shop().document("m", text).read().unwrap();
    let router = config.mesh().virtual_router("checkout_web").unwrap();
    let RouteMatch::Http(matches) = &router.routes[0].matches else {
        panic!("E04")
    };
    let headers = matches
        .headers
        .iter()
        .map(|header| (header.invert, &header.matcher));
    assert_eq!(
        headers.collect::<Vec<_>>(),
        [(false, &None::<HeaderMatcher>), (true, &None)],
        "E04"
    );
}

#[test]
fn matches_may_be_left_out_or_say_no_more_than_a_port() {
    let api = |spec: &str| {
        let action = r#""action": {"weightedTargets": [{"virtualNode": "a", "weight": 1}]}"#;
        let spec = spec.replace("ACTION", action);
        format!(r#"{{"routeName": "all", "virtualRouterName": "r", "spec": {{{spec}}}}}"#)
    };
    let bytes = router(&format!("  - {{name: all, tcpRoute: {{{TO_ORDERS}}}}}"));
    let grpc = router(&format!(
        "  - {{name: all, grpcRoute: {{match: {{}}, {TO_ORDERS}}}}}"
    ));
    let rows = [
        ("E05", bytes),
        ("E05", api(r#""tcpRoute": {ACTION}"#)),
        (
            "E07",
            api(r#""httpRoute": {"match": {"port": 8080}, ACTION}"#),
        ),
        ("E08", grpc),
        ("E08", api(r#""grpcRoute": {"match": {}, ACTION}"#)),
    ];
    for (case, text) in rows {
        let read = shop().document("m", text.as_str()).read();
        assert!(read.is_ok(), "{case}: {read:?}");
    }
    refused_by(
        shop(),
        &api(r#""grpcRoute": {ACTION}"#).replace("\"grpcRoute", "§\"grpcRoute"),
        &["missing-property"],
    );
}

#[test]
fn templates_choose_and_refer_in_every_way() {
    let chosen = "Conditions: {1wayTls: !Equals [a, b], Other: !Equals [a, a]}\n".to_owned()
        + &template(
            "S: {Type: AWS::AppMesh::VirtualService, Properties: {MeshName: !GetAtt M.MeshName, VirtualServiceName: s, \
                     Spec: !If [1wayTls, !Ref AWS::NoValue, !If [Other, {}, !Ref AWS::NoValue]]}}",
        );
    let by_name = |name: &str, id: &str| {
        template(&format!(
            "{id}: {{Type: AWS::AppMesh::VirtualService, DependsOn: M, Properties: {{MeshName: {name}, VirtualServiceName: s, Spec: {{}}}}}}"
        ))
    };
    let rows = [
        ("E09", chosen),
        ("E10", by_name("{Fn::GetAtt: M.MeshName}", "S")),
        ("E10", by_name("!GetAtt [M, MeshName]", "S")),
        (
            "E10",
            by_name("!ImportValue {Fn::Sub: 'mesh-of-${AWS::StackName}'}", "S"),
        ),
        ("E11", by_name("m", "Route")),
        ("E12", by_name("m", "S")),
    ];
    for (case, text) in rows {
        println!("{case}");
        let reader = Config::reader()
            .pseudo("AWS::StackName", "x")
            .import("mesh-of-x", "m");
        assert_eq!(
            reader.document("m", text).read().unwrap().resources(),
            2,
            "{case}"
        );
    }
    let node = |port: &str| {
        template(&format!(
            "N: {{Type: AWS::AppMesh::VirtualNode, Properties: {{MeshName: m, Spec: {{Listeners: [{{PortMapping: \
                           {{Port: {port}, Protocol: http}}}}], ServiceDiscovery: {{AWSCloudMap: {{NamespaceName: 1, ServiceName: 2}}}}}}}}}}"
        ))
    };
    for port in ["8080", "'8080'"] {
        let config = warned_by(Config::reader(), &node(port), &[]);
        let node = config.mesh().virtual_node("N").unwrap();
        assert_eq!(node.listeners[0].port.get(), 8080, "E14");
    }
}

#[test]
fn outputs_of_the_api_are_read_as_their_resources() {
    let described = r#"{"virtualNode": {"meshName": "shop", "virtualNodeName": "orders", "metadata": {"version": 3},
        "spec": {"serviceDiscovery": {"dns": {"hostname": "h"}}}, "status": {"status": §"ACTIVE"}}}"#;
    let deleted = described
        .replace("ACTIVE", "DELETED")
        .replace("\"shop", "§\"shop");
    let named = ["mesh-not-defined"];
    let config = warned_by(
        Config::reader(),
        &described.replace('§', "").replace("\"shop", "§\"shop"),
        &named,
    );
    assert!(config.mesh().virtual_node("orders").is_some(), "E13");
    let config = warned_by(shop(), &deleted, &["mesh-not-defined", "deleted-resource"]);
    assert!(config.mesh().virtual_node("orders").is_some(), "E13");
}

#[test]
fn streams_may_have_empty_documents_and_other_line_ends() {
    let service = object("VirtualService", "spec: {}");
    let mesh = MESH.trim_start_matches("---\n");
    let rows = [
        ("E15", format!("---\n---\n{service}---\n---\n{mesh}---\n")),
        (
            "E15",
            format!("{service}---\n# nothing\n---\n{mesh}\n---\n\n"),
        ),
        ("E16", format!("{service}---\n{mesh}").replace('\n', "\r\n")),
    ];
    for (case, text) in rows {
        println!("{case}");
        assert_eq!(warned_by(Config::reader(), &text, &[]).resources(), 2);
    }
}

#[test]
fn unknown_fields_are_refused_and_passed_over_where_that_is_asked_for() {
    let validation = "validation: {trust: {file: {certificateChain: /c}}}";
    let route = "  - {name: all, tcpRoute: {match: {§prefix: /}, action: {weightedTargets: [{virtualNodeRef: {name: orders}, weight: 1}]}}}";
    let rows = [
        node(&format!(
            "backendDefaults: {{clientPolicy: {{tls: {{§mode: STRICT, {validation}}}}}}}"
        )) + MESH,
        router(route),
        object("VirtualService", "spec: {§meshName: shop}") + MESH,
    ];
    for marked in rows {
        refused_by(shop(), &marked, &["unknown-property"]);
        let text = marked.replace('§', "");
        let config = shop().lenient().document("m", text.as_str()).read();
        let config = config.unwrap_or_else(|errors| panic!("E17: {errors}\n{text}"));
        let unknown = config
            .warnings()
            .iter()
            .filter(|p| p.code == "unknown-property");
        assert_eq!(unknown.count(), 1, "E17");
    }
    // One that is passed over leaves what it stood for missing.
    let misspelt = object(
        "VirtualNode",
        "spec: {serviceDiscovery: {§dns: {hostName: h}}}",
    );
    refused_by(shop().lenient(), &misspelt, &["missing-property"]);
}

#[test]
fn objects_have_their_own_names_in_app_mesh() {
    let all = [
        object("VirtualNode", "spec: {awsName: own-node}"),
        object("VirtualService", "spec: {awsName: own.service, provider: {virtualNode: {virtualNodeRef: {name: checkout}}}}"),
        object("VirtualService", "spec: {provider: {virtualNode: {virtualNodeRef: {name: other}}}}").replace("checkout", "by-default"),
        object("VirtualNode", "spec: {listeners: [{portMapping: {port: 80, protocol: http}}], serviceDiscovery: {dns: {hostname: h}}}")
            .replace("checkout", "other"),
    ];
    let all = all.join("---\n").replace("awsName: own-node", "awsName: own-node, listeners: [{portMapping: {port: 80, protocol: http}}], serviceDiscovery: {dns: {hostname: h}}");
    let config = objects_warned("E18", &(all + MESH), &[]);
    let mesh = config.mesh();
    assert_eq!(mesh.name().as_str(), "shop");
    assert!(mesh.virtual_node("own-node").is_some() && mesh.virtual_node("other_web").is_some());
    assert!(
        mesh.virtual_service("own.service").is_some()
            && mesh.virtual_service("by-default.web").is_some()
    );
}

#[test]
fn an_empty_selector_takes_everything_and_none_takes_nothing() {
    let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n";
    let gateway = "---\n".to_owned()
        + &object("VirtualGateway", "spec: {namespaceSelector: {}, listeners: [{portMapping: {port: 8088, protocol: http}}]}").replace("checkout", "edge");
    let mesh = |spec: &str| format!("{MESH}spec: {spec}\n");
    let service =
        "---\n".to_owned() + &object("VirtualService", "spec: {}").replace("checkout", "orders");
    let route = entered("{prefix: /}", "");
    let text = format!(
        "{route}{service}{namespace}{gateway}{}",
        mesh("{namespaceSelector: {}}")
    );
    let config = warned_by(Config::reader(), &text, &[]);
    let gateway = config.mesh().virtual_gateway("edge_web").unwrap();
    assert_eq!(gateway.routes.len(), 1, "E19");
    let nothing = format!("{route}{service}{namespace}{}", mesh("{}")).replacen(
        "name: checkout",
        "name: §checkout",
        1,
    );
    refused_by(shop(), &nothing, &["no-mesh-for-namespace"]);
}

#[test]
fn formats_of_access_logs_have_no_placeholders_of_ours() {
    let format = "logging: {accessLog: {file: {path: /dev/stdout, format: §{text: '%REQ(:METHOD)% %RESP(X-A?Y)% %START_TIME(%s)%'}}}}";
    objects_warned("E20", &(node(format) + MESH), &["not-supported-yet"]);
}

#[test]
fn lists_of_one_kind_hold_what_they_list() {
    let list = |kind: &str, items: &str| {
        format!(
            r#"§{{"apiVersion": "appmesh.k8s.aws/v1beta2", "kind": "{kind}", "metadata": {{"resourceVersion": "7"}}, "items": [{items}]}}"#
        )
    };
    let item = |name: &str, spec: &str| {
        format!(
            r#"{{"apiVersion": "appmesh.k8s.aws/v1beta2", "kind": "VirtualService", "metadata": {{"name": "{name}", "namespace": "web"}}, "spec": {spec}}}"#
        )
    };
    let two = format!("{}, {}", item("a", "{}"), item("b", "{}"));
    let config = objects_warned(
        "v1 List",
        &list("VirtualServiceList", &two),
        &["mesh-not-defined"],
    );
    assert_eq!(config.resources(), 2);
    let bare = r#"{"metadata": {"name": "a", "namespace": "web"}, "spec": {}}"#;
    let config = objects_warned(
        "bare",
        &list("VirtualServiceList", bare),
        &["mesh-not-defined"],
    );
    assert_eq!(config.resources(), 1);
    let refused = |marked: &str, code: &str| {
        let marked = marked.trim_start_matches('§');
        refused_by(shop(), marked, &[code]);
    };
    let misspelt = list("VirtualServiceList", &item("a", r#"{§"spek": 1}"#));
    refused(&misspelt, "unknown-property");
    let unknown = list("VirtualServicesList", "").replace("\"VirtualS", "§\"VirtualS");
    refused(&unknown, "unknown-kind");
}

#[test]
fn objects_that_are_applied_one_after_the_other_replace_each_other() {
    let router = |names: [&str; 2]| {
        let route = |name: &str| {
            format!(
                "  - {{name: {name}, httpRoute: {{match: {{prefix: /{name}}}, {TO_ORDERS}}}}}\n"
            )
        };
        router(&names.map(route).concat())
    };
    let reader = shop()
        .last_wins()
        .document("1", router(["a", "b"]))
        .document("2", router(["a", "c"]));
    let config = reader.document("mesh", super::SHOP).read().unwrap();
    let routes = &config.mesh().virtual_router("checkout_web").unwrap().routes;
    let names: Vec<&str> = routes.iter().map(|route| route.name.as_str()).collect();
    assert_eq!(names, ["a", "c"], "E21");
    let routers = config
        .counts()
        .iter()
        .find(|(kind, _)| *kind == ResourceKind::VirtualRouter);
    assert_eq!(routers, Some((ResourceKind::VirtualRouter, 1)), "E21");
}

#[test]
fn an_empty_list_of_listeners_is_warned_of() {
    let listenerless = object("VirtualNode", "spec: {listeners: §[]}") + MESH;
    objects_warned("E22", &listenerless, &["empty-listeners"]);
}
