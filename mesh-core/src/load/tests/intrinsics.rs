//! Functions that give texts, lists and parts of them.

use super::{codes, refused};
use crate::config::Config;

/// A template whose mesh has this name, with mappings, a list and the language extensions.
fn named(name: &str) -> String {
    format!(
        "Transform: AWS::LanguageExtensions\nParameters:\n  Zones: {{Type: CommaDelimitedList, Default: 'a, b'}}\n  \
         Stage: {{Type: String, Default: test}}\nMappings:\n  Names:\n    test: {{Mesh: shop, Ports: [80, 81]}}\n    \
         live: {{Mesh: !Ref Stage}}\nConditions: {{Live: !Equals [!Ref Stage, live]}}\nResources:\n  \
         N: {{Type: AWS::AppMesh::VirtualNode, Properties: {{MeshName: shop, VirtualNodeName: n, Spec: {{}}}}}}\n  \
         M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: {name}}}}}\n"
    )
}

/// Whether the mesh has that name; else the report.
fn is_named(template: &str, name: &str) -> Result<(), String> {
    let reader = Config::reader()
        .pseudo("AWS::Region", "eu-west-1")
        .pseudo("AWS::AccountId", "123456789012")
        .parameter("azs:eu-west-1", "eu-west-1a, eu-west-1b")
        .import("test:Mesh", "imported")
        .mesh(name)
        .document("m", template);
    let read = reader.read();
    read.map(drop).map_err(|errors| errors.to_string())
}

#[test]
fn every_function_is_computed() {
    let rows = [
        ("!Join ['-', [a, !Ref Stage, b]]", "a-test-b"),
        ("{Fn::Join: ['', [a]]}", "a"),
        ("!Join ['', !Ref Zones]", "ab"),
        ("!Join ['+', [a, !Ref AWS::NoValue, b]]", "a+b"),
        ("!Join ['+', [a, !If [Live, b, !Ref AWS::NoValue]]]", "a"),
        ("!Select [1, !Ref Zones]", "b"),
        ("!Select ['0', [a, b]]", "a"),
        ("!Select [1, !Split ['.', a.b.c]]", "b"),
        ("!Select [0, !GetAZs '']", "eu-west-1a"),
        (
            "{Fn::Select: [1, {Fn::GetAZs: {Ref: AWS::Region}}]}",
            "eu-west-1b",
        ),
        ("!Join ['', !Split [a, banana]]", "bnn"),
        ("!FindInMap [Names, !Ref Stage, Mesh]", "shop"),
        ("!Select [1, !FindInMap [Names, test, Ports]]", "81"),
        (
            "!FindInMap [Names, test, Mash, {DefaultValue: !Ref Stage}]",
            "test",
        ),
        ("!FindInMap [Nomes, test, Mesh, {DefaultValue: d}]", "d"),
        ("!If [Live, a, !Sub '${Stage}-b']", "test-b"),
        ("{Fn::If: [Live, a, {Fn::If: [Live, b, c]}]}", "c"),
        ("!ImportValue 'test:Mesh'", "imported"),
        ("!ImportValue {'Fn::Sub': '${Stage}:Mesh'}", "imported"),
        (
            "{Fn::ImportValue: {Fn::Join: [':', [!Ref Stage, Mesh]]}}",
            "imported",
        ),
        ("{Fn::Base64: shop}", "c2hvcA=="),
        ("!Base64 {Ref: Stage}", "dGVzdA=="),
        (
            "!Sub ['n${Count}', {Count: {Fn::Length: !Ref Zones}}]",
            "n2",
        ),
        (
            "!Select [1, !Split ['|', !Join ['|', [a, {Fn::ToJsonString: {A: 1, B: ['1', true, !Ref Stage], C: !Ref AWS::NoValue}}]]]]",
            r#"{"A":1,"B":["1",true,"test"]}"#,
        ),
        (
            "!Select [5, !Split [':', !GetAtt N.Arn]]",
            "mesh/shop/virtualNode/n",
        ),
        (
            "!Sub 'x-${N}'",
            "x-arn:aws:appmesh:eu-west-1:123456789012:mesh/shop/virtualNode/n",
        ),
        ("!GetAtt [!Sub N, !Join ['', [VirtualNode, Name]]]", "n"),
    ];
    for (function, want) in rows {
        assert_eq!(is_named(&named(function), want), Ok(()), "{function}");
    }
}

#[test]
fn what_a_function_cannot_take_is_refused_where_it_stands() {
    let rows = [
        "!Join [a, b]",
        "!Join [[a], [b]]",
        "!Join ['', [[a], b]]",
        "!Join ['']",
        "!Select [2, [a, b]]",
        "!Select [-1, [a]]",
        "!Select [x, [a]]",
        "!Select [0, a]",
        "!Split ['', a]",
        "!Split [a]",
        "!FindInMap [Names, test]",
        "!FindInMap [Names, live, Mesh]",
        "!FindInMap [Names, test, Mesh, {Default: a}]",
        "!If [Live, a]",
        "!If [!Equals [a, b], a, b]",
        "!Equals [a, b]",
        "{Fn::And: [a, b]}",
        "!ImportValue [a]",
        "!Base64 [a]",
        "{Fn::Length: a}",
        "{Fn::ToJsonString: a}",
        "!GetAZs [a]",
        "!Ref {A: b}",
    ];
    for function in rows {
        // The name of a condition has a place of its own.
        let marked = match function.starts_with("!If [!") {
            true => function.replacen("[!", "[§!", 1),
            false => format!("§{function}"),
        };
        refused(&named(&marked), &["bad-function"]);
    }
}

#[test]
fn extensions_are_refused_without_their_transform() {
    let rows = [
        "!FindInMap [Names, test, Mash, {DefaultValue: a}]",
        "{Fn::Length: [a]}",
        "{Fn::ToJsonString: [a]}",
    ];
    for function in rows {
        let text = named(function).replace("Transform: AWS::LanguageExtensions\n", "");
        let errors = Config::parse("m", &text).unwrap_err();
        assert_eq!(codes(&errors), ["bad-function"], "{errors}");
        assert!(errors.to_string().contains("AWS::LanguageExtensions"));
    }
}

#[test]
fn only_transforms_that_are_not_computed_are_warned_of() {
    let mesh = "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m}}}\n";
    for (transform, warnings) in [
        ("AWS::LanguageExtensions", 0),
        ("[AWS::LanguageExtensions]", 0),
        ("AWS::Serverless-2016-10-31", 1),
        ("[AWS::LanguageExtensions, Mine]", 1),
        ("{Name: AWS::Include, Parameters: {Location: s3}}", 1),
    ] {
        let config = Config::parse("m", &format!("Transform: {transform}\n{mesh}")).unwrap();
        assert_eq!(config.warnings().len(), warnings, "{transform}");
    }
}

#[test]
fn a_value_that_a_mapping_has_not_is_told_with_the_key_that_is_not_there() {
    for (keys, sentence) in [
        (
            "Nomes, test, Mesh",
            "`Nomes` is not there; did you mean `Names`?",
        ),
        (
            "Names, tost, Mesh",
            "`tost` is not there; did you mean `test`?",
        ),
        (
            "Names, test, Mash",
            "`Mash` is not there; did you mean `Mesh`?",
        ),
    ] {
        refused(
            &named(&format!("§!FindInMap [{keys}]")),
            &["missing-reference"],
        );
        let errors = Config::parse("m", &named(&format!("!FindInMap [{keys}]"))).unwrap_err();
        assert!(errors.to_string().contains(sentence), "{errors}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "large texts take hours")]
fn texts_and_lists_that_would_explode_are_refused() {
    let long = "x".repeat(4_000);
    let many = vec!["!Ref T"; 40].join(", ");
    let doubled = (0..40).fold("a".to_owned(), |inner, _| {
        format!("!Join ['', [{inner}, {inner}]]")
            .chars()
            .take(1_500)
            .collect()
    });
    let mesh = |name: &str| {
        format!(
            "Parameters: {{T: {{Type: String, Default: {long}}}}}\nResources: {{M: {{Type: AWS::AppMesh::Mesh, Properties: \
             {{MeshName: {name}}}}}}}\n"
        )
    };
    for name in [
        format!("!Join ['', [{many}]]"),
        format!("!Join [!Ref T, [a, {}]]", vec!["b"; 500].join(", ")),
        format!("!Select [0, !Split [x, {}]]", long.repeat(2)),
    ] {
        let errors = Config::parse("m", &mesh(&name)).unwrap_err();
        assert_eq!(codes(&errors), ["bad-function"], "{errors}");
    }
    let lists = vec!["!Split [x, !Ref T]"; 400].join(", ");
    let errors = Config::parse("m", &mesh(&format!("!Select [0, [{lists}]]"))).unwrap_err();
    assert!(codes(&errors).contains(&"document-too-large"), "{errors}");
    assert!(Config::parse("m", &mesh(&doubled)).is_err());
}
