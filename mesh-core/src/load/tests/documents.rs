//! Texts that are broken, too large, or something else.

use proptest::{prelude::*, test_runner::RngSeed};

use super::{refused, template, warned};
use crate::config::Config;

const MESH: &str = "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m}}}";

#[test]
fn broken_texts_end_in_one_error_at_its_place() {
    let rows = [
        ("§", "empty-document"),
        ("§\n# nothing\n---\n...\n", "empty-document"),
        ("§hello, world", "unknown-document"),
        ("§- a\n- b", "unknown-document"),
        ("§a: b", "unknown-document"),
        ("Resources:\n  A: [1, 2\n  B§: 3", "broken-yaml"),
        ("Resources:\n\t§A: 1", "broken-yaml"),
        ("Resources: §'open", "broken-yaml"),
        ("Resources: §*nobody", "broken-yaml"),
        ("Resources: &a [§*a]", "endless-alias"),
        ("? §[a]\n: b", "key-not-text"),
        ("Resources: {}§\u{0}", "control-character"),
        ("a: 1\nb: 2\n c§\u{7}", "control-character"),
        (r#"{"Resources": {"A": §}"#, "broken-json"),
        (r#"{"Resources": {"A": "§\x"}}"#, "broken-json"),
        (r#"{"Resources": {"A": "§\ud83d"}}"#, "broken-json"),
        (r#"{"Resources":§"#, "broken-json"),
        (r#"{"spec": {"hostname": §$DNS}}"#, "unfilled-placeholder"),
        (r#"{"spec": "x.§\($NAME)"}"#, "unfilled-placeholder"),
        (
            "a:\n§{{- if .Values.x }}\n  b: c\n{{- end }}",
            "helm-template",
        ),
        ("weightedTargets: [§${ROUTES}]", "unfilled-placeholder"),
        (
            "weightedTargets: [§${ROUTES:?must}]",
            "unfilled-placeholder",
        ),
        (r#"{"meshName": "§${NAME%-v1}"}"#, "unknown-placeholder"),
        (r#"{"meshName": "§${NAME?must}"}"#, "unfilled-placeholder"),
        ("§Resources: {}", "no-app-mesh-resources"),
    ];
    for (text, code) in rows {
        refused(text, &[code]);
    }
}

#[test]
fn what_is_none_of_the_forms_is_called_by_its_name() {
    let rows = [
        ("plain", "this is plain text"),
        ("- a", "this is a list"),
        ("{}", "this is an empty mapping"),
        ("colour: red", "this is a mapping that begins with `colour`"),
        (
            "{\"family\": \"web\", \"containerDefinitions\": []}",
            "the ECS task definition `web`",
        ),
        (
            "resource \"aws_appmesh_route\" \"a\" {\n}\n",
            "this is Terraform, which is not read",
        ),
        (
            "{\"resource\": {\n\"aws_appmesh_mesh\": {\"m\": {\"name\": \"m\"}}}}",
            "mesh.yaml:2:1: error[terraform]: this is Terraform",
        ),
        (
            "# services\nresource \"aws_ecs_service\" \"web\" {\n  name = \"web\"\n}\n",
            "mesh.yaml:2:1: error[terraform]: this is Terraform",
        ),
        (
            "terraform {\n  required_version = \"1\"\n}\n",
            "mesh.yaml:1:1: error[terraform]: this is Terraform",
        ),
        (
            "resource: \"a {\"",
            "this is a mapping that begins with `resource`",
        ),
        (
            "{\"meshName\": \"shop\", \"spec\": {} $A}",
            "`,` or `}` is due here, not jq's argument `orders`",
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment",
            "there is no App Mesh resource here",
        ),
    ];
    for (text, name) in rows {
        let reader = Config::reader().substitute("A", "orders");
        let read = reader.document("mesh.yaml", text).read();
        let errors = read.expect_err(text).to_string();
        assert!(errors.contains(name), "{errors}");
    }
}

#[test]
fn lists_of_objects_are_what_is_in_them_namespaces_too() {
    let items = "items:\n\
        - {apiVersion: v1, kind: Namespace, metadata: {name: web, labels: {mesh: shop}}}\n\
        - {apiVersion: appmesh.k8s.aws/v1beta2, kind: Mesh, metadata: {name: other}, spec: {}}\n\
        - {apiVersion: appmesh.k8s.aws/v1beta2, kind: Mesh, metadata: {name: shop}, spec: {namespaceSelector: {matchLabels: {mesh: shop}}}}\n\
        - {apiVersion: appmesh.k8s.aws/v1beta2, kind: VirtualService, metadata: {name: orders, namespace: web}, spec: {}}\n";
    for (version, kind) in [
        ("v1", "List"),
        ("v1", "NamespaceList"),
        ("appmesh.k8s.aws/v1beta2", "VirtualServiceList"),
    ] {
        let text = format!("apiVersion: {version}\nkind: {kind}\n{items}");
        let read = Config::reader().mesh("shop").document("m", text).read();
        let config = read.unwrap_or_else(|errors| panic!("{kind}: {errors}"));
        assert!(config.mesh().virtual_service("orders.web").is_some());
        assert_eq!(config.resources(), 3, "{kind}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "large texts take hours")]
fn large_deep_and_multiplying_documents_are_refused_at_once() {
    let large = format!("# {}\n{MESH}", "x".repeat(10_000_000));
    refused(&format!("§{large}"), &["document-too-large"]);
    let most = "1,".repeat(399_997);
    refused(
        &format!("Resources: [{most}§1,1,1]"),
        &["document-too-large"],
    );
    for open in ["[", "{\"a\":"] {
        for more in [36, 100_000] {
            let deep = format!("{}§{}", open.repeat(64), open.repeat(more));
            refused(&deep, &["nested-too-deep"]);
        }
    }
    let line = |i| format!("{}{}a:\n", " ".repeat(i), if i == 64 { "§" } else { "" });
    let deep: String = (0..100).map(line).collect();
    refused(&deep, &["nested-too-deep"]);
}

#[test]
#[cfg_attr(miri, ignore = "large texts take hours")]
fn alias_bombs_are_refused_where_they_go_off() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let mut aliases = vec![format!("*a{}", level - 1); 10];
        if level == 4 {
            aliases[2].insert(0, '§');
        }
        let aliases = aliases.join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    refused(&bomb, &["too-many-aliases"]);
    let long = format!("a: &a {}\nb: [*a, *a, §*a, *a]", "x".repeat(1_000_000));
    refused(&long, &["too-many-aliases"]);
}

#[test]
#[cfg_attr(miri, ignore = "large texts take hours")]
fn long_keys_and_tags_cannot_be_multiplied() {
    let key = format!(
        "a: &a\n  ? {}\n  : 1\nb: [{}§*a]",
        "k".repeat(500_000),
        "*a, ".repeat(5)
    );
    refused(&key, &["too-many-aliases"]);
    let tag = format!("%TAG !e! {}\n---\na: [§!e!x 1, !e!x 2]", "k".repeat(1000));
    refused(&tag, &["unknown-function"]);
}

#[test]
fn what_cloudformation_does_not_take_in_yaml_is_told() {
    let properties = |text: &str| {
        format!(
            "a: &a {{MeshName: m}}\nResources: {{M: {{Type: AWS::AppMesh::Mesh, Properties: {text}}}}}"
        )
    };
    refused(
        &properties("{§<<: *a, MeshName: m}").replace("a: &a", "Metadata: &a"),
        &["merge-key"],
    );
    refused(
        &properties("{MeshName: §!!binary bWVzaA==}"),
        &["unknown-function"],
    );
    refused(&properties("{§!Sub MeshName: m}"), &["bad-function"]);
    for text in ["{MeshName: !!str m}", "!!map {MeshName: !!int 5}"] {
        assert!(Config::parse("m", &properties(text)).is_ok(), "{text}");
    }
}

#[test]
fn the_end_of_a_text_is_on_its_last_line() {
    refused("Resources: [§\n", &["broken-yaml"]);
    refused(
        "Resources:\n  a: {b§\n\n".trim_end_matches('\n'),
        &["broken-yaml"],
    );
}

#[test]
fn nothing_in_a_template_is_passed_over_in_silence() {
    let resource = |text: &str| format!("{MESH}\n").replace("m}}}", &format!("m}}}}, N: {text}}}"));
    let rows = [
        (resource("§hello"), "wrong-type"),
        (resource("§!Ref M"), "wrong-type"),
        (resource("§!Foo {Type: AWS::SNS::Topic}"), "wrong-type"),
        (resource("{}").replace("N:", "§N:"), "missing-property"),
        (
            resource("{Type: ''}").replace("N:", "§N:"),
            "missing-property",
        ),
        (
            resource("{Type: !Ref Kind}").replace("N:", "§N:"),
            "missing-property",
        ),
        (
            resource("{Typ: AWS::AppMesh::VirtualNode}").replace("N:", "§N:"),
            "missing-property",
        ),
        (
            resource("{Type: [AWS::AppMesh::VirtualNode]}").replace("N:", "§N:"),
            "missing-property",
        ),
        (
            resource("{Fn::If: [A, {Type: AWS::AppMesh::VirtualNode}, {}]}").replace("N:", "§N:"),
            "missing-property",
        ),
        (
            "Resources: §[{Type: AWS::AppMesh::Mesh}]".to_owned(),
            "wrong-type",
        ),
        ("Resources: §x".to_owned(), "wrong-type"),
        (format!("Parameters: §[P]\n{MESH}"), "wrong-type"),
        (format!("Parameters: {{P: §String}}\n{MESH}"), "wrong-type"),
        (
            format!("Parameters: {{P: {{Type: String, Default: §[a]}}}}\n{MESH}"),
            "wrong-type",
        ),
        (
            format!("Parameters: {{P: {{Type: String, Default: §!Ref X}}}}\n{MESH}"),
            "wrong-type",
        ),
    ];
    for (text, code) in rows {
        refused(&text, &[code]);
    }
    let used = template("  §X: {Properties: {MeshName: m}}\n")
        + "  N: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: !Ref X, VirtualNodeName: !GetAtt X.Name, Spec: {}}}\n";
    refused(&used, &["missing-property"]);
    warned(&format!("§Parametres: {{}}\n{MESH}"), &["unknown-section"]);
    warned(
        &format!("§Transform: AWS::Serverless-2016-10-31\n{MESH}"),
        &["not-supported-yet"],
    );
}

#[test]
fn aliases_within_bounds_are_copies() {
    let text = "A: &m {MeshName: m}\nResources: {M: {Type: AWS::AppMesh::Mesh, Properties: *m}}";
    assert_eq!(
        Config::parse("a", text).unwrap().mesh().name().as_str(),
        "m"
    );
}

#[test]
fn a_duplicate_key_is_an_error_at_the_second_one_in_both_syntaxes() {
    refused(&format!("{MESH}\n§Resources: {{}}"), &["duplicate-key"]);
    let json = r#"{"Resources": {"M": {"Type": "AWS::AppMesh::Mesh",
        "Properties": {"MeshName": "m", "MeshName": "n"}}}}"#;
    refused(
        &json.replace("\"MeshName\": \"n\"", "§\"MeshName\": \"n\""),
        &["duplicate-key"],
    );
    let errors = Config::parse("a", json).unwrap_err().to_string();
    assert_eq!(
        errors,
        "a:2:41: error[duplicate-key]: the key `MeshName` stands on line 2 already: remove one of them"
    );
}

#[test]
fn byte_order_mark_carriage_returns_and_document_marks_do_no_harm() {
    for text in [
        format!("\u{feff}{MESH}"),
        format!("---\r\n{MESH}\r\n---\r\n"),
        format!("%YAML 1.2\n---\n{MESH}\n...\n"),
        r#"{"Resources":{"M":{"Type":"AWS::AppMesh::Mesh","Properties":{"MeshName":"m"}}}}"#.to_owned(),
        "{\t\"Resources\"\r\n:\n{\"M\":{\"Type\":\"AWS::AppMesh\\u003a:\\u004desh\",\"Properties\":{\"MeshName\":\"m\"}}}}".to_owned(),
    ] {
        let config = Config::parse("mesh", &text).unwrap_or_else(|errors| panic!("{text}\n{errors}"));
        assert_eq!(config.mesh().name().as_str(), "m");
    }
}

#[test]
fn json_strings_are_json_s() {
    let text = r#"{"Resources":{"M":{"Type":"AWS::AppMesh::Mesh","Properties":{"MeshName":"\ud83d\ude00\/\u00e9\\"}}}}"#;
    assert_eq!(
        Config::parse("m", text).unwrap().mesh().name().as_str(),
        "😀/é\\"
    );
}

#[test]
fn columns_count_characters() {
    let text =
        template("  ÄÖÜ: {Type: AWS::AppMesh::Mesh, Properties: {§Größe: 1, MeshName: m}}\n");
    refused(&text.replace("  M:", "  # "), &["unknown-property"]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 2000 })
    })]

    #[test]
    fn arbitrary_bytes_end_in_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Config::parse("m", &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_punctuation_ends_in_an_answer(text in "[-\\[\\]{}:,&*!|>%?#'\"\\\\ \t\r\n0a~@`$<.=]{0,80}") {
        let _ = Config::parse("m", &text);
    }

    #[test]
    fn a_template_with_something_cut_out_ends_in_an_answer(from in 0_usize..2300, length in 0_usize..200) {
        let (before, rest) = super::seed::TEMPLATE.split_at(from.min(super::seed::TEMPLATE.len()));
        let _ = Config::parse("m", &format!("{before}{}", rest.get(length..).unwrap_or_default()));
    }

    #[test]
    fn a_template_with_something_put_in_ends_in_an_answer(
        at in 0_usize..2300,
        text in "(!Ref|!Sub|!GetAtt|Fn::If|[-{}\\[\\]:&*!'\"$\n ]|\\$\\{Mesh\\}){0,4}",
    ) {
        let (before, rest) = super::seed::TEMPLATE.split_at(at.min(super::seed::TEMPLATE.len()));
        let _ = Config::parse("m", &format!("{before}{text}{rest}"));
    }
}
