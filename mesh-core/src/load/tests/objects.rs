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
