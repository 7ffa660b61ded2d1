//! Merge keys: what `<<` takes in.

use super::{codes, refused, refused_by};
use crate::{config::Config, load::Reader};

/// A virtual node of Kubernetes with these specs' lines.
fn object(spec: &str) -> String {
    format!(
        "apiVersion: appmesh.k8s.aws/v1beta2\nkind: VirtualNode\nmetadata: {{name: cart, namespace: web}}\nspec:\n  \
         serviceDiscovery: {{dns: {{hostname: cart.local}}}}\n{spec}"
    )
}

fn shop() -> Reader {
    Config::reader().mesh("shop").allow_missing()
}

/// What is read, as the API has it.
fn read(text: &str) -> String {
    let read = shop().document("m", text).read();
    let config = read.unwrap_or_else(|errors| panic!("{text}\n{errors}"));
    format!("{:?}", config.mesh().to_api_json())
}

const LISTENER: &str =
    "{portMapping: {port: 80, protocol: http}, connectionPool: {http: {maxConnections: 7}}}";

#[test]
fn a_merge_key_of_an_object_takes_in_another_mapping() {
    let plain = read(&object(&format!("  listeners: [{LISTENER}]\n")));
    let port = "&port {portMapping: {port: 80, protocol: http}}";
    let pool = "&pool {connectionPool: {http: {maxConnections: 7}}}";
    for written in [
        "{portMapping: {port: 80, protocol: http}, <<: *pool}",
        "{<<: *pool, portMapping: {port: 80, protocol: http}}",
        "{<<: [*port, *pool]}",
        "{!!merge <<: [*pool, *port]}",
        "{<<: {<<: *pool}, portMapping: {<<: {port: 80}, protocol: http}}",
        "{<<: *pool, portMapping: {<<: {port: 1}, port: 80, protocol: http}}",
        "{portMapping: {port: 80, <<: {port: 1, protocol: http}}, <<: *pool}",
        "{<<: [*port, *pool, {portMapping: {port: 1, protocol: tcp}}]}",
    ] {
        let listeners = format!("  listeners: [{written}]\n");
        let text = format!("status: [{port}, {pool}]\n{}", object(&listeners));
        assert_eq!(read(&text), plain, "{text}");
    }
}

#[test]
fn a_merge_key_of_the_api_s_in_yaml_takes_in_another_mapping() {
    let text = "
meshName: shop
virtualServiceName: orders.local
<<: [{spec: {provider: &provider {virtualNode: &node {virtualNodeName: orders}}}}, {meshName: other}]
";
    let config = shop().document("m", text).read().unwrap();
    assert!(config.mesh().virtual_service("orders.local").is_some());
}

#[test]
fn objects_of_a_list_may_have_one_base() {
    let text = "
apiVersion: v1
kind: List
items:
- &base {apiVersion: appmesh.k8s.aws/v1beta2, kind: VirtualService, metadata: {name: cart, namespace: web}, spec: {}}
- {<<: *base, metadata: {name: orders, namespace: web}}
";
    let config = shop().document("m", text).read().unwrap();
    for name in ["cart.web", "orders.web"] {
        assert!(config.mesh().virtual_service(name).is_some(), "{name}");
    }
}

#[test]
fn a_template_s_merge_key_is_one_error_whatever_it_would_take_in() {
    let base = "Metadata: &a {MeshName: m, Type: AWS::AppMesh::Mesh}\n";
    for rest in [
        "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {§<<: *a}}}",
        "Resources: {M: {§<<: *a, Properties: {MeshName: m}}, N: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m}}}",
        "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {§<<: {Fn::If: [A, B, C]}}}}",
        "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {§<<: 5}}}",
        "Parameters: {P: {Default: &k <<}}\nResources: {M: {Type: AWS::AppMesh::Mesh, Properties: {§*k : {MeshName: m}}}}",
        "§<<: {Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m}}}}",
    ] {
        refused(&format!("{base}{rest}"), &["merge-key"]);
    }
    let pod = "apiVersion: v1\nkind: Pod\n---\n";
    let mesh = "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {§<<: {MeshName: m}}}}";
    refused(&format!("{pod}{mesh}"), &["merge-key"]);
}

#[test]
fn what_is_no_mapping_cannot_be_merged_and_is_told_where_it_stands() {
    let rows: [(&str, &[&str]); 6] = [
        ("<<: §5", &["merge-key"]),
        ("<<§: ", &["merge-key"]),
        ("<<: §!Ref {}", &["merge-key"]),
        ("<<: [{}, §x]", &["merge-key"]),
        ("<<: [§[], §a, {}]", &["merge-key"; 2]),
        (
            "portMapping: {port: 80, protocol: http}, <<: {}, §<<: 5",
            &["duplicate-key"],
        ),
    ];
    for (written, codes) in rows {
        let text = object(&format!("  listeners: [{{{written}}}]\n"));
        refused_by(shop(), &text, codes);
    }
}

#[test]
fn a_merge_key_in_quotes_or_in_json_is_one_error() {
    let text = "{\"virtualServiceName\": \"s\", §\"<<\": {\"meshName\": \"shop\"}, \"spec\": {}}";
    refused_by(shop(), text, &["merge-key"]);
    refused_by(shop(), &format!("# YAML\n{text}"), &["merge-key"]);
}

#[test]
fn merges_multiply_nothing_beyond_the_bounds() {
    let mut bomb = "a0: &a0 {k0: x, l0: x}\n".to_owned();
    for level in 1..60 {
        let last = level - 1;
        bomb.push_str(&format!(
            "a{level}: &a{level} {{<<: [*a{last}, *a{last}], k{level}: *a{last}}}\n"
        ));
    }
    let errors = shop().document("m", bomb).read().unwrap_err();
    assert_eq!(codes(&errors), ["too-many-aliases"], "{errors}");
    let many = format!("a: &a {{b: c}}\nd: {{<<: [{}*a]}}\n", "*a, ".repeat(50_000));
    let errors = shop().document("m", many).read().unwrap_err();
    assert_eq!(codes(&errors), ["too-many-aliases"], "{errors}");
    let deep = format!("a: {}", "{<<: ".repeat(100));
    let errors = shop().document("m", deep).read().unwrap_err();
    assert_eq!(codes(&errors), ["nested-too-deep"], "{errors}");
    let endless = "a: &a {<<: *a}";
    let errors = shop().document("m", endless).read().unwrap_err();
    assert_eq!(codes(&errors), ["endless-alias"], "{errors}");
}
