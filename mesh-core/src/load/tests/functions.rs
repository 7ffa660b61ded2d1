//! Functions, parameters, and values that only AWS knows.

use super::{ONE, codes, refused, routed, template};
use crate::{config::Config, load::Reader};

fn named(name: &str) -> String {
    format!(
        "Parameters:\n  Attribute: {{Type: String, Default: TopicName}}\n  Name: {{Type: String, Default: shop}}\n  Asked: {{Type: String}}\n  Unused: {{Type: String}}\n  \
         Stored: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /path}}\n  \
         Tls: {{Type: String, AllowedValues: [on, off]}}\nResources:\n  Topic: {{Type: AWS::SNS::Topic}}\n  \
         Registry: {{Type: AWS::ServiceDiscovery::Service, Properties: {{Name: !Sub '${{Name}}-registry'}}}}\n  \
         M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: {name}}}}}\n"
    )
}

fn given(text: &str) -> Reader {
    Config::reader()
        .parameter("Asked", "given")
        .parameter("Topic", "arn")
        .parameter("Topic.TopicName", "topic")
        .pseudo("AWS::Region", "eu-west-1")
        .document("mesh.yaml", text)
}

#[test]
fn functions_are_computed_in_every_form() {
    let rows = [
        ("!Ref Name", "shop"),
        ("{Ref: Asked}", "given"),
        ("!Ref AWS::Region", "eu-west-1"),
        ("!Ref AWS::NoValue", "M"),
        ("!Ref Topic", "arn"),
        ("!GetAtt Topic.TopicName", "topic"),
        ("!GetAtt [Topic, TopicName]", "topic"),
        ("{Fn::GetAtt: Topic.TopicName}", "topic"),
        ("!GetAtt [Topic, !Ref Attribute]", "topic"),
        (
            "!Sub '${AWS::Partition}.${AWS::URLSuffix}'",
            "aws.amazonaws.com",
        ),
        ("{Fn::GetAtt: [Registry, Name]}", "shop-registry"),
        (
            "!Sub '${Name}-${AWS::Region}-${!Name}'",
            "shop-eu-west-1-${Name}",
        ),
        ("!Sub '${Topic.TopicName}'", "topic"),
        ("!Sub ['${A}/${Name}', {A: !Ref Asked}]", "given/shop"),
        ("{Fn::Sub: ['${A}', {A: {Fn::Sub: '${Asked}'}}]}", "given"),
        ("!!str 7", "7"),
    ];
    for (function, name) in rows {
        let config = given(&named(function)).read();
        let config = config.unwrap_or_else(|errors| panic!("{function}\n{errors}"));
        assert_eq!(config.mesh().name().as_str(), name, "{function}");
    }
}

#[test]
fn what_cannot_be_computed_is_an_error_that_says_how_to_go_on() {
    for (function, code, sentence) in NOT_GIVEN {
        let text = named(function);
        let marked = match code {
            "missing-parameter" => {
                let parameter = function.trim_start_matches("!GetAtt [Topic, ");
                let parameter = parameter.trim_start_matches("!Ref ").trim_end_matches(']');
                text.replacen(&format!("  {parameter}:"), &format!("  §{parameter}:"), 1)
            }
            _ => named(&format!("§{function}")),
        };
        refused(&marked, &[code]);
        let errors = Config::parse("mesh.yaml", &text).unwrap_err().to_string();
        assert!(errors.contains(sentence), "{function}: {errors}");
    }
}

#[test]
fn functions_that_are_not_computed_have_codes_of_their_own() {
    let rows = [
        ("!Cidr ['10.0.0.0/16', 1, 8]", "unsupported-cidr"),
        ("{Fn::Transform: {Name: Mine}}", "unsupported-transform"),
        (
            "{'Fn::ForEach::Each': [A, [b], {}]}",
            "unsupported-for-each",
        ),
    ];
    for (function, code) in rows {
        refused(&named(&format!("§{function}")), &[code]);
    }
}

#[test]
fn only_what_app_mesh_resources_reach_is_asked_for() {
    let foreign = "  Task: {Type: AWS::ECS::TaskDefinition, Properties: {Family: !Join [a, [!Ref Unknown]], Cpu: !Foo 1}}\n";
    assert!(Config::parse("m", &template(foreign)).is_ok());
    let text = named("!Sub '${Asked}${Stored}'");
    let errors = Config::parse("m", &text).unwrap_err();
    assert_eq!(codes(&errors), ["missing-parameter"; 2], "{errors}");
}

#[test]
fn a_parameter_outside_its_allowed_values_is_refused() {
    let text = named("!Sub 'm-${Tls}'");
    let errors = given(&text).parameter("Tls", "maybe").read().unwrap_err();
    assert_eq!(
        errors.to_string(),
        "mesh.yaml:7:3: error[parameter-not-allowed]: the parameter `Tls` may not be `maybe`: its `AllowedValues` are `on`, `off`"
    );
    assert!(given(&text).parameter("Tls", "on").read().is_ok());
}

#[test]
fn lists_are_allowed_item_by_item() {
    for kind in [
        "CommaDelimitedList",
        "List<AWS::EC2::Subnet::Id>",
        "'AWS::SSM::Parameter::Value<List<String>>'",
        "'AWS::SSM::Parameter::Value<CommaDelimitedList>'",
    ] {
        let text = format!(
            "Parameters:\n  Events: {{Type: {kind}, AllowedValues: [server-error, gateway-error]}}\n{}",
            routed(&format!(
                "{{HttpRoute: {{Match: {{Prefix: /}}, {ONE}, RetryPolicy: {{MaxRetries: 1, \
                 PerRetryTimeout: {{Unit: s, Value: 1}}, HttpRetryEvents: !Ref Events}}}}}}"
            ))
        );
        let read = |events: &str| {
            let reader = Config::reader().document("mesh.yaml", text.as_str());
            reader.parameter("Events", events).read()
        };
        let config =
            read("server-error, gateway-error").unwrap_or_else(|errors| panic!("{kind}: {errors}"));
        let router = config
            .mesh()
            .virtual_router("r")
            .expect("the router is there");
        let policy = router.routes[0]
            .retry_policy
            .as_ref()
            .expect("there is a policy");
        assert_eq!(policy.http_events.len(), 2, "{kind}");
        // What is kept elsewhere is constrained by its name there.
        if kind.contains("SSM") {
            assert!(read("client-error").is_ok());
            continue;
        }
        let errors = read("server-error,client-error").unwrap_err();
        assert_eq!(codes(&errors), ["parameter-not-allowed"], "{errors}");
        assert!(
            errors.to_string().contains("may not be `client-error`"),
            "{errors}"
        );
    }
}

#[test]
fn what_aws_sets_alike_everywhere_may_be_given_and_the_rest_has_to_be() {
    let name = |reader: Reader| Some(reader.read().ok()?.mesh().name().as_str().to_owned());
    let text = named("!Sub '${AWS::Partition}.${AWS::URLSuffix}'");
    let china = given(&text).pseudo("AWS::Partition", "aws-cn");
    let china = china.pseudo("AWS::URLSuffix", "amazonaws.com.cn");
    assert_eq!(name(china).as_deref(), Some("aws-cn.amazonaws.com.cn"));
    for pseudo in ["AWS::StackName", "AWS::AccountId", "AWS::Region"] {
        refused(
            &named(&format!("§!Ref {pseudo}")),
            &["missing-pseudo-parameter"],
        );
    }
}

#[test]
#[cfg_attr(miri, ignore = "large texts take hours")]
fn circles_chains_and_growing_texts_end() {
    let circle = "Resources:\n  A: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Sub '${B.MeshName}-a'}}\n  \
                  B: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Sub '${A.MeshName}-b'}}\n";
    let errors = Config::parse("m", circle).unwrap_err();
    assert!(codes(&errors).contains(&"circular-reference"), "{errors}");

    let link = |i: usize, text: &str| {
        format!("  M{i}: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: {text}}}}}\n")
    };
    let mut chain = "Resources:\n".to_owned();
    let mut growing = format!("Resources:\n{}", link(0, "0123456789"));
    for i in 0..5000 {
        chain.push_str(&link(i, &format!("!GetAtt M{}.MeshName", i + 1)));
    }
    for i in 1..40 {
        growing.push_str(&link(
            i,
            &format!("!Sub '${{M{0}.MeshName}}${{M{0}.MeshName}}'", i - 1),
        ));
    }
    let errors = Config::parse("m", &chain).unwrap_err();
    assert!(codes(&errors).contains(&"circular-reference"), "{errors}");
    let errors = Config::parse("m", &growing).unwrap_err();
    assert!(codes(&errors).contains(&"bad-function"), "{errors}");
}

#[test]
fn a_function_beside_other_keys_is_misplaced() {
    refused(&named("{§Ref: Name, Other: 1}"), &["misplaced-function"]);
}

/// A function, the code of its error, and a part of the sentence.
const NOT_GIVEN: [(&str, &str, &str); 19] = [
    (
        "!Ref Asked",
        "missing-parameter",
        "validate: `--param Asked=VALUE`",
    ),
    (
        "!Ref Stored",
        "missing-parameter",
        "is kept in AWS Systems Manager",
    ),
    (
        "!Ref AWS::Region",
        "missing-pseudo-parameter",
        "`--param AWS::Region=VALUE`",
    ),
    (
        "!Ref AWS::Regoin",
        "missing-reference",
        "did you mean `AWS::Region`?",
    ),
    ("!Ref Topic", "missing-value", "AWS::SNS::Topic"),
    (
        "!GetAtt Topic.Arn",
        "missing-value",
        "the parameter `Topic.Arn`",
    ),
    ("!GetAtt M.Uid", "missing-value", "known to AWS alone"),
    (
        "!GetAtt M.MehsName",
        "unknown-attribute",
        "did you mean `MeshName`?",
    ),
    (
        "!GetAtt [Topic, !Sub '${Name}']",
        "missing-value",
        "the parameter `Topic.shop`",
    ),
    (
        "!GetAtt [Topic, !Ref Asked]",
        "missing-parameter",
        "`--param Asked=VALUE`",
    ),
    (
        "!GetAtt M",
        "bad-function",
        "needs a resource and an attribute",
    ),
    ("!Ref [a]", "bad-function", "needs a name"),
    ("!Ref Nmae", "missing-reference", "did you mean `Name`?"),
    (
        "!GetAtt Tpic.Arn",
        "missing-reference",
        "did you mean `Topic`?",
    ),
    (
        "!Sub '${Nmae}'",
        "missing-reference",
        "did you mean `Name`?",
    ),
    ("!Sub '${Name'", "bad-function", "has no `}`"),
    ("!Refs Name", "unknown-function", "did you mean `Ref`?"),
    (
        "'{{resolve:ssm:/mesh}}'",
        "unsupported-dynamic-reference",
        "write a parameter",
    ),
    (
        "!GetAtt M.MeshName",
        "circular-reference",
        "break the circle",
    ),
];

#[test]
fn no_name_in_a_template_breaks_a_line_of_the_report() {
    let rows = [
        r#"Parameters: {"a\nb": {Type: String}}
Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Ref "a\nb"}}}"#,
        r#"Resources: {"a\nb": {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !GetAtt ["a\nb", MeshName]}}}"#,
        r#"Resources: {"a\nb": {Type: "X\nY"}, M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Ref "a\nb"}}}"#,
    ];
    for text in rows {
        let errors = Config::parse("m", text).unwrap_err();
        assert_eq!(errors.to_string().lines().count(), 1, "{errors}");
    }
    let long = "x".repeat(5_000);
    for text in [
        format!(
            "Resources:\n  ? {long}\n  : {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: !GetAtt [{long}, MeshName]}}}}"
        ),
        format!(
            "Resources: {{X: {{Type: {long}}}, M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: !Ref X}}}}}}"
        ),
        format!(
            "Parameters:\n  ? {long}\n  : {{Type: String}}\nResources: {{M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: !Ref {long}}}}}}}"
        ),
    ] {
        let errors = Config::parse("m", &text).unwrap_err().to_string();
        assert!(errors.len() < 500, "{errors}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "large texts take hours")]
fn what_functions_give_is_bounded() {
    let items = ",".repeat(4_000);
    let text = |default: &str, value: &str, count: usize| {
        format!(
            "Parameters: {{L: {{Type: CommaDelimitedList, Default: '{items}'}}, T: {{Type: String, Default: '{default}'}}}}\n\
             Resources: {{N: {{Type: AWS::AppMesh::VirtualNode, Properties: {{MeshName: m, Spec: {{ServiceDiscovery: \
             {{AWSCloudMap: {{NamespaceName: n, ServiceName: s, Attributes: [{}]}}}}}}}}}}}}",
            vec![format!("{{Key: k, Value: {value}}}"); count].join(", ")
        )
    };
    let long = "x".repeat(4_000);
    for (text, code) in [
        (text("", "!Ref L", 300), "document-too-large"),
        (text(&long, "!Ref T", 5_000), "document-too-large"),
        (
            text("", &format!("!Sub '{}'", "${L}".repeat(1_000)), 5),
            "bad-function",
        ),
    ] {
        let errors = Config::parse("m", &text).unwrap_err();
        assert!(codes(&errors).contains(&code), "{errors}");
    }
    assert!(Config::parse("m", &text("short", "!Ref T", 10_000)).is_ok());
}

#[test]
fn paths_do_not_grow_with_the_keys_above() {
    let key = "k".repeat(2_000);
    let open = format!("{{{key}: ").repeat(20);
    let text = template("").replace(
        "MeshName: m}",
        &format!("MeshName: m, Bad: {open}!Ref Nope{}}}", "}".repeat(20)),
    );
    let errors = Config::parse("m", &text).unwrap_err();
    assert!(
        errors.errors().all(|problem| problem.path.len() < 1_000),
        "{errors}"
    );
}
