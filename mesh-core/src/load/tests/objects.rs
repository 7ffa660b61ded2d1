//! Kubernetes objects: what belongs to what.

use super::{refused_by, warned_by};
use crate::{config::Config, load::Reader};

/// An object in the namespace `web`.
fn object(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: appmesh.k8s.aws/v1beta2\nkind: {kind}\nmetadata: {{name: {name}, namespace: web}}\nspec: {spec}\n"
    )
}

/// A reader for what names no mesh and refers to what is elsewhere.
fn shop() -> Reader {
    Config::reader().mesh("shop").allow_missing()
}

#[test]
fn an_arn_is_of_the_mesh_of_what_names_it() {
    let node = |mesh: &str| {
        let arn =
            format!("arn:aws:appmesh:us-west-2:111122223333:mesh/{mesh}/virtualService/orders.web");
        object(
            "VirtualNode",
            "cart",
            &format!("{{backends: [{{virtualService: {{virtualServiceARN: §'{arn}'}}}}]}}"),
        )
    };
    let code = ["wrong-arn-mesh"];
    let report = refused_by(shop(), &node("other"), &code);
    assert!(report.contains("belongs to `shop`"), "{report}");
    let only = object("Mesh", "other", "{awsName: shop}");
    refused_by(Config::reader(), &format!("{}{only}", node("other")), &code);
    let selected = format!(
        "{}{only}{}{NAMESPACE}",
        node("stage"),
        object("Mesh", "stage", "{awsName: stage, namespaceSelector: {}}")
    );
    let reader = Config::reader().mesh("stage").allow_missing();
    warned_by(reader, &selected, &["missing-backend"]);
    // Without the namespace, which of the two it belongs to is not known.
    let either = selected.replace(NAMESPACE, "").replace('§', "");
    let reader = Config::reader().mesh("shop").allow_missing();
    let read = reader.document("m", either).read();
    assert!(read.is_ok(), "{}", read.unwrap_err());
    for mesh in ["shop", "shop@111122223333"] {
        warned_by(
            shop(),
            &format!("{}{only}", node(mesh)),
            &["missing-backend"],
        );
    }
}

#[test]
fn of_a_mesh_that_is_not_known_every_arn_is_taken() {
    let arn = "arn:aws:appmesh:us-west-2:111122223333:mesh/other/virtualNode/orders_web";
    let provider = format!("{{provider: {{virtualNode: {{virtualNodeARN: '{arn}'}}}}}}");
    let text = object("VirtualService", "orders", &provider);
    let reader = Config::reader().allow_missing().document("m", text);
    assert!(reader.read().is_ok());
}

const NAMESPACE: &str = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n";

#[test]
fn a_namespace_bears_its_own_name_as_a_label() {
    let mesh = |label: &str| {
        let selector = format!("{{matchLabels: {{kubernetes.io/metadata.name: {label}}}}}");
        object(
            "Mesh",
            "shop",
            &format!("{{namespaceSelector: {selector}}}"),
        )
    };
    let service = object("VirtualService", "§orders", "{}");
    let renamed = NAMESPACE.replace(
        "name: web",
        "name: web, labels: {kubernetes.io/metadata.name: other}",
    );
    let listed = "---\napiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Namespace, metadata: {name: web}}]\n";
    for (label, namespace, taken) in [
        ("web", NAMESPACE, true),
        ("web", listed, true),
        ("other", NAMESPACE, false),
        ("other", &renamed, true),
        ("web", &renamed, false),
    ] {
        let text = format!("{service}{}{namespace}", mesh(label));
        match taken {
            true => drop(warned_by(shop(), &text.replace('§', ""), &[])),
            false => drop(refused_by(shop(), &text, &["no-mesh-for-namespace"])),
        }
    }
}

/// A gateway that selects routes by their label `gw`, and no namespace by its labels.
fn gateway(name: &str, gw: &str) -> String {
    let selector =
        format!("namespaceSelector: {{}}, gatewayRouteSelector: {{matchLabels: {{gw: {gw}}}}}");
    let listener = "listeners: [{portMapping: {port: 80, protocol: http}}]";
    object(
        "VirtualGateway",
        name,
        &format!("{{{selector}, {listener}}}"),
    )
}

/// A gateway route with this label, and the service that it leads to.
fn entered(gw: &str) -> String {
    let target = "target: {virtualService: {virtualServiceRef: {name: orders}}}";
    let spec = format!("{{httpRoute: {{match: {{prefix: /}}, action: {{{target}}}}}}}");
    let route = object(
        "GatewayRoute",
        &format!("§all, labels: {{gw: {gw}}}"),
        &spec,
    );
    format!(
        "{}{route}{}",
        object("Mesh", "shop", "{}"),
        object("VirtualService", "orders", "{}")
    )
}

#[test]
fn without_the_labels_of_the_namespace_a_gateway_selects_by_those_of_the_route() {
    let (a, b) = (gateway("a", "a"), gateway("§b", "b"));
    let config = warned_by(
        Config::reader(),
        &format!("{}{a}{b}", entered("a").replace('§', "")),
        &["gateway-without-routes"],
    );
    let routes = |name| config.mesh().virtual_gateway(name).unwrap().routes.len();
    assert_eq!((routes("a_web"), routes("b_web")), (1, 0));
    let only = format!("{}{a}", entered("c").replace('§', ""));
    warned_by(Config::reader(), &only, &[]);
}

#[test]
fn a_gateway_without_a_selector_of_namespaces_takes_no_route_of_a_namespace_that_is_not_known_either()
 {
    let without = |gateway: String| gateway.replace("namespaceSelector: {}, ", "");
    let (a, b) = (gateway("a", "a"), without(gateway("§b", "a")));
    let text = format!("{}{a}{b}", entered("a").replacen('§', "", 1));
    let config = warned_by(Config::reader(), &text, &["gateway-without-routes"]);
    let routes = |name| config.mesh().virtual_gateway(name).unwrap().routes.len();
    assert_eq!((routes("a_web"), routes("b_web")), (1, 0));
    let only = format!("{}{}", entered("a"), without(a)).replace('§', "");
    let config = warned_by(Config::reader(), &only, &[]);
    assert_eq!(
        config.mesh().virtual_gateway("a_web").unwrap().routes.len(),
        1
    );
}

#[test]
fn a_route_that_no_gateway_or_several_take_is_told_once_and_says_what_tells_it() {
    let b = gateway("b", "b");
    for gateways in [
        format!("{}{b}", gateway("a", "a")),
        format!("{}{}", gateway("a", "c"), gateway("b", "c")),
    ] {
        let text = format!("{}{gateways}", entered("c"));
        let report = refused_by(Config::reader(), &text, &["missing-parent"]);
        assert!(
            report.contains("load its virtual gateway and its namespace"),
            "{report}"
        );
        assert!(!report.contains("gateway-without-routes"), "{report}");
        let left_out = Config::reader().allow_missing();
        warned_by(left_out, &text, &["missing-parent"]);
    }
}

#[test]
fn a_selector_holds_labels_and_expressions_and_what_is_none_is_told_once() {
    let everything = object("Mesh", "b", "{namespaceSelector: {}}");
    let service = object("VirtualService", "orders", "{}");
    for (selector, code) in [
        ("{matchLabels: §'mesh=other'}", "wrong-type"),
        ("{matchLabels: {mesh: §1}}", "wrong-type"),
        ("{matchLabels: §[mesh]}", "wrong-type"),
        ("§'mesh=other'", "wrong-type"),
        ("{matchExpressions: §{key: a}}", "wrong-type"),
        (
            "{matchExpressions: [{key: a, operator: §Is}]}",
            "unknown-value",
        ),
        ("{§labels: {mesh: other}}", "unknown-property"),
    ] {
        let mesh = object(
            "Mesh",
            "shop",
            &format!("{{namespaceSelector: {selector}}}"),
        );
        for text in [
            format!("{mesh}{service}{NAMESPACE}"),
            format!("{mesh}{everything}{service}{NAMESPACE}"),
        ] {
            refused_by(Config::reader().mesh("shop"), &text, &[code]);
        }
        let node = object(
            "VirtualNode",
            "cart",
            &format!("{{podSelector: {selector}}}"),
        );
        refused_by(shop(), &node, &[code]);
    }
}

/// An object in the namespace `web`, as JSON.
fn json(kind: &str, name: &str, spec: &str) -> String {
    format!(
        r#"{{"apiVersion": "appmesh.k8s.aws/v1beta2", "kind": "{kind}", "metadata": {{"name": "{name}", "namespace": "web"}}, "spec": {spec}}}"#
    )
}

#[test]
fn an_argument_of_jq_that_looks_like_a_number_is_a_name_where_one_is_due() {
    let node = r#"{"listeners": [{"portMapping": {"port": 80, "protocol": "http"}}], "serviceDiscovery": {"dns": {"hostname": "a"}}}"#;
    let mesh = json("Mesh", "shop", "{}");
    let node = format!("{mesh}{}", json("VirtualNode", "123", node));
    for reference in [
        r#"{"name": $NAME}"#,
        r#"{"name": $NAME, "namespace": "web"}"#,
    ] {
        let spec =
            format!(r#"{{"provider": {{"virtualNode": {{"virtualNodeRef": {reference}}}}}}}"#);
        let text = format!("{node}{}", json("VirtualService", "orders", &spec));
        let config = warned_by(shop().substitute("NAME", "123"), &text, &[]);
        let service = config.mesh().virtual_service("orders.web").unwrap();
        assert!(service.provider.is_some(), "{text}");
    }
    let spec = r#"{"provider": {"virtualNode": {"virtualNodeARN": §$ARN}}}"#;
    let reader = shop().substitute("ARN", "5");
    refused_by(
        reader,
        &json("VirtualService", "orders", spec),
        &["bad-arn"],
    );
}

#[test]
fn the_items_of_an_api_server_s_list_of_namespaces_need_not_say_what_they_are() {
    let list = "---\napiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: web, labels: {mesh: stage}}\n";
    let mesh = |name: &str| {
        let selector = format!("{{namespaceSelector: {{matchLabels: {{mesh: {name}}}}}}}");
        object("Mesh", name, &selector)
    };
    let service = object("VirtualService", "orders", "{}");
    let text = format!("{}{}{service}{list}", mesh("shop"), mesh("stage"));
    let config = warned_by(Config::reader().mesh("stage"), &text, &[]);
    assert!(config.mesh().virtual_service("orders.web").is_some());
}

#[test]
fn a_list_holds_objects_or_nothing() {
    let mesh = object("Mesh", "shop", "{}");
    for head in [
        "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNodeList",
        "apiVersion: v1\nkind: NamespaceList",
        "apiVersion: v1\nkind: List",
    ] {
        for items in ["", "null", "[]"] {
            let text = format!("{mesh}---\n{head}\nitems: {items}\n");
            warned_by(Config::reader(), &text, &[]);
        }
        for items in ["[§null]", "[§5]", "[§[]]", "§text", "§{a: b}"] {
            let text = format!("{mesh}---\n{head}\nitems: {items}\n");
            let report = refused_by(Config::reader(), &text, &["wrong-type"]);
            assert!(report.contains("is due here"), "{report}");
        }
    }
}

#[test]
fn an_object_whose_annotation_speaks_of_a_template_has_its_placeholders_filled() {
    let service = json("VirtualService", "$NAME", "{}");
    let annotation = r#""metadata": {"annotations": {"was": "AWS::AppMesh::VirtualService"}, "#;
    let annotated = service.replace(r#""metadata": {"#, annotation);
    let text = format!("{}{annotated}", json("Mesh", "shop", "{}"));
    for text in [text.replace("}, \"", "},\n  \""), text] {
        let config = warned_by(shop().substitute("NAME", "orders"), &text, &[]);
        assert!(
            config.mesh().virtual_service("orders.web").is_some(),
            "{text}"
        );
    }
}
