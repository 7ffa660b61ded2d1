//! Lists of documents: what `jq -s` makes of the API's.

use super::{refused_by, unmarked};
use crate::{config::Config, load::Reader};

fn shop() -> Reader {
    Config::reader().mesh("shop").allow_missing()
}

#[test]
fn each_item_of_a_list_of_the_api_s_is_a_document_of_its_own() {
    let json = r#"[
  {"mesh": {"meshName": "shop", "spec": {}, "status": {"status": "ACTIVE"}}},
  {"virtualService": {"meshName": "shop", "virtualServiceName": "orders.local", "spec": {}}},
  {"meshName": "shop", "virtualServiceName": "\($NAME).local", "spec": {}}
]"#;
    let yaml = "
- mesh: {meshName: shop, spec: {}}
- virtualServiceName: orders.local
  meshName: shop
  spec: {}
- {meshName: shop, virtualServiceName: '${NAME}.local', spec: {}}
";
    for text in [json, yaml] {
        let reader = Config::reader().substitute("NAME", "cart");
        let read = reader.document("m", text).read();
        let config = read.unwrap_or_else(|errors| panic!("{text}\n{errors}"));
        assert_eq!(config.resources(), 3, "{text}");
        for name in ["orders.local", "cart.local"] {
            assert!(config.mesh().virtual_service(name).is_some(), "{name}");
        }
    }
}

#[test]
fn what_is_wrong_in_a_list_is_told_at_its_item() {
    let of = |second: &str| {
        format!(
            "[{{\"virtualServiceName\": \"a\", \"meshName\": \"shop\", \"spec\": {{}}}},\n{second}]"
        )
    };
    for (item, code) in [
        (
            "{\"virtualServiceName\": \"b\", §\"spek\": {}}",
            "unknown-property",
        ),
        ("{§\"virtualNodes\": []}", "list-output"),
        (
            "{\"virtualServiceName\": §\"a\", \"meshName\": \"shop\", \"spec\": {\"provider\": {\"virtualNode\": {\"virtualNodeName\": \"x\"}}}}",
            "duplicate-name",
        ),
    ] {
        refused_by(shop(), &of(item), &[code]);
    }
}

#[test]
fn a_list_of_anything_else_is_one_error_that_says_what_stands_in_it() {
    let api = "{\"virtualServiceName\": \"a\", \"spec\": {}}";
    let object = "{\"apiVersion\": \"appmesh.k8s.aws/v1beta2\", \"kind\": \"Mesh\", \"metadata\": {\"name\": \"m\"}}";
    for (list, told) in [
        ("§[]".to_owned(), "this is a list"),
        ("§[1, 2]".to_owned(), "this is a list"),
        (format!("§[{object}, {object}]"), "this is a list"),
        (format!("[{api}, §5, {{}}]"), "this is plain text in a list"),
        (
            format!("[{api}, {api}, §[{api}]]"),
            "this is a list in a list",
        ),
        (
            format!("[§{object}, {api}]"),
            "this is a Kubernetes object in a list",
        ),
        (
            format!("[{api}, §{{\"Resources\": {{}}}}]"),
            "this is a CloudFormation template in a list",
        ),
        (
            format!("[{api}, §{{\"family\": \"web\", \"containerDefinitions\": []}}]"),
            "this is the ECS task definition `web` in a list",
        ),
    ] {
        let report = refused_by(shop(), &list, &["unknown-document"]);
        assert!(report.contains(told), "{report}");
        // YAML's lists are the same.
        let (text, _) = unmarked(&list);
        let errors = shop().document("m", format!("# YAML\n{text}")).read();
        assert!(errors.unwrap_err().to_string().contains(told), "{text}");
    }
}
