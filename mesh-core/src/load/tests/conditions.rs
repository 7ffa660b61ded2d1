//! Conditions: which resources and values are there.

use super::{codes, node, refused, template};
use crate::config::Config;

/// A template with a parameter `Stage`, these conditions, and a mesh whose name says whether `Chosen` holds.
fn chosen(conditions: &str) -> String {
    format!(
        "Parameters: {{Stage: {{Type: String, Default: test}}, Asked: {{Type: String}}}}\n\
         Mappings: {{Stages: {{test: {{Name: test}}}}}}\nConditions:\n  Test: !Equals [!Ref Stage, test]\n  \
         1wayTls: !Not [!Condition Test]\n{conditions}\nResources:\n  \
         M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: !If [Chosen, yes, no]}}}}\n"
    )
}

#[test]
fn conditions_are_computed_in_every_form() {
    let rows = [
        ("!Equals [a, a]", true),
        ("!Equals [a, A]", false),
        ("{Fn::Equals: [{Ref: Stage}, test]}", true),
        ("!Equals ['1', 1]", true),
        (
            "!Equals [!FindInMap [Stages, !Ref Stage, Name], !Join ['', [te, st]]]",
            true,
        ),
        ("!Not [!Equals [a, a]]", false),
        ("!And [!Condition Test, {Condition: Test}]", true),
        (
            "{Fn::And: [{Condition: Test}, {Condition: 1wayTls}]}",
            false,
        ),
        ("!Or [!Condition 1wayTls, !Condition Test]", true),
        (
            "{Fn::Or: [{Condition: 1wayTls}, {Fn::Not: [{Condition: Test}]}]}",
            false,
        ),
        ("!Condition Test", true),
        ("{Condition: 1wayTls}", false),
    ];
    for (condition, holds) in rows {
        let config = Config::parse("m", &chosen(&format!("  Chosen: {condition}")));
        let config = config.unwrap_or_else(|errors| panic!("{condition}\n{errors}"));
        let want = if holds { "yes" } else { "no" };
        assert_eq!(config.mesh().name().as_str(), want, "{condition}");
    }
}

#[test]
fn what_is_no_condition_is_refused_where_it_stands() {
    for (condition, code) in [
        ("§!Equals [a]", "bad-function"),
        ("§!Equals [a, [b]]", "bad-function"),
        ("§!Not [!Equals [a, b], !Equals [a, b]]", "bad-function"),
        ("§!And [!Condition Test]", "bad-function"),
        ("!Or [!Condition Test, §Test]", "bad-function"),
        ("§!Ref Stage", "bad-function"),
        ("§true", "bad-function"),
        ("§!Condition [Test]", "bad-function"),
        ("§!Condition Tset", "missing-reference"),
        ("{Condition: §Tset}", "missing-reference"),
        ("!Equals [§!Ref Stoge, a]", "missing-reference"),
        ("!Not [!Not [§!Condition Chosen]]", "circular-reference"),
    ] {
        refused(&chosen(&format!("  Chosen: {condition}")), &[code]);
    }
}

#[test]
fn a_condition_that_nobody_asks_for_is_not_computed() {
    let conditions = "  Chosen: !Condition Test\n  Broken: !Equals [!Ref Nowhere]\n  Circle: !Condition Circle\n  \
                      Needs: !Equals [!Ref Asked, a]";
    let foreign = "  Task: {Type: AWS::ECS::TaskDefinition, Condition: Broken}\n";
    let text = chosen(conditions) + foreign;
    assert!(Config::parse("m", &text).is_ok());
}

#[test]
fn what_a_condition_needs_is_asked_for_before_what_it_chooses() {
    let text = "Parameters: {Asked: {Type: String}, Then: {Type: String}, Else: {Type: String}}\n\
                Conditions: {C: !Equals [!Ref Asked, a]}\nResources:\n  \
                M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !If [C, !Ref Then, !Ref Else]}}\n";
    let wants = |given: &[&str]| {
        let reader = Config::reader().document("m", text);
        let reader = given
            .iter()
            .fold(reader, |reader, name| reader.parameter(*name, "b"));
        let errors = reader.read().err();
        let errors = errors.iter().flat_map(|errors| errors.errors());
        errors
            .map(|problem| problem.wants().unwrap_or(problem.code).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(wants(&[]), ["Asked"]);
    assert_eq!(wants(&["Asked"]), ["Else"]);
    assert!(wants(&["Asked", "Else"]).is_empty());
}

#[test]
fn a_resource_is_there_if_its_condition_holds() {
    let nodes = format!("{}{}", node("a"), node("b"));
    let nodes = nodes
        .replace("  a: {", "  a: {Condition: Yes, ")
        .replace("  b: {", "  b: {Condition: No, ");
    let text = format!(
        "Conditions: {{Yes: !Equals [a, a], No: !Not [!Condition Yes]}}\n{}",
        template(&nodes)
    );
    let config = Config::parse("m", &text).unwrap();
    assert_eq!(config.resources(), 2);
    assert!(config.mesh().virtual_node("a").is_some());
    assert!(config.mesh().virtual_node("b").is_none());
    let none = text
        .replace("Resources:\n  M: {", "Resources:\n  M: {Condition: No, ")
        .replace("Condition: Yes", "Condition: No");
    let errors = Config::parse("m", &none).unwrap_err();
    assert_eq!(codes(&errors), ["no-app-mesh-resources"], "{errors}");
}

#[test]
fn a_reference_to_what_is_not_there_says_why() {
    let text = |name: &str| {
        format!(
            "Conditions: {{No: !Equals [a, b]}}\nResources:\n  Off: {{Type: AWS::AppMesh::Mesh, Condition: No, \
             Properties: {{MeshName: off}}}}\n  Topic: {{Type: AWS::SNS::Topic, Condition: No}}\n  \
             M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: {name}}}}}\n"
        )
    };
    for name in [
        "§!GetAtt Off.MeshName",
        "§!Ref Off",
        "§!Sub '${Topic}'",
        "§!GetAtt Topic.TopicName",
    ] {
        refused(&text(name), &["missing-reference"]);
        let errors = Config::parse("m", &text(&name.replace('§', ""))).unwrap_err();
        assert!(
            errors.to_string().contains("its `Condition` is false"),
            "{errors}"
        );
    }
    assert!(Config::parse("m", &text("!If [No, !Ref Off, on]")).is_ok());
}

#[test]
fn a_resource_whose_condition_is_not_known_misses_nothing_else() {
    let text = "Parameters: {§Asked: {Type: String}, Other: {Type: String}}\nConditions: {C: !Equals [!Ref Asked, a]}\nResources:\n  \
                M: {Type: AWS::AppMesh::Mesh, Condition: C, Properties: {MeshName: !Ref Other}}\n  \
                S: {Type: AWS::AppMesh::VirtualService, Properties: {MeshName: !GetAtt M.MeshName, VirtualServiceName: s, Spec: \
                {Provider: {VirtualNode: {VirtualNodeName: !GetAtt N.VirtualNodeName}}}}}\n  \
                N: {Type: AWS::AppMesh::VirtualNode, Condition: C, Properties: {MeshName: !GetAtt M.MeshName, Spec: {}}}\n";
    refused(text, &["missing-parameter"]);
}

#[test]
fn no_value_takes_away_properties_items_and_all_of_a_spec() {
    let listener = "{PortMapping: {Port: 80, Protocol: http}}";
    let dns = "{DNS: {Hostname: !If [On, h, i]}}";
    let text = |spec: &str| {
        let text = template(&format!(
            "  N: {{Type: AWS::AppMesh::VirtualNode, Properties: {{MeshName: m, VirtualNodeName: n, Spec: {spec}}}}}\n"
        ));
        format!("Conditions: {{On: !Equals [a, a], Off: !Equals [a, b]}}\n{text}")
    };
    let listeners = |spec: &str| {
        let config =
            Config::parse("m", &text(spec)).unwrap_or_else(|errors| panic!("{spec}\n{errors}"));
        config
            .mesh()
            .virtual_node("n")
            .map(|node| node.listeners.len())
    };
    for (spec, count) in [
        (format!("{{Listeners: !Ref AWS::NoValue, ServiceDiscovery: {dns}}}"), 0),
        (format!("{{Listeners: [!If [On, {listener}, !Ref AWS::NoValue]], ServiceDiscovery: {dns}}}"), 1),
        (format!("{{Listeners: [{listener}, !If [Off, {listener}, !Ref AWS::NoValue]], ServiceDiscovery: {dns}}}"), 1),
        (format!("!If [Off, {{}}, !If [On, {{Listeners: [{listener}], ServiceDiscovery: {dns}}}, {{}}]]"), 1),
        (
            "{Listeners: [{PortMapping: {Port: 80, Protocol: http}, TLS: !If [Off, {Mode: STRICT}, !Ref AWS::NoValue]}], \
             ServiceDiscovery: {DNS: {Hostname: h}}}"
                .to_owned(),
            1,
        ),
    ] {
        assert_eq!(listeners(&spec), Some(count), "{spec}");
    }
    refused(
        &text("!If [Off, {}, {§Listener: []}]"),
        &["unknown-property"],
    );
    refused(
        &text("!Ref AWS::NoValue").replace(
            "Properties: {MeshName: m, V",
            "§Properties: {MeshName: m, V",
        ),
        &["missing-property"],
    );
}

#[test]
#[cfg_attr(miri, ignore = "large texts take hours")]
fn long_chains_and_deep_nests_of_conditions_end() {
    let mut chain = String::new();
    for i in 0..5_000 {
        chain += &format!("  C{i}: !Not [!Condition C{}]\n", i + 1);
    }
    let text = chosen(&format!(
        "  Chosen: !Condition C0\n{chain}  C5000: !Equals [a, a]"
    ));
    let errors = Config::parse("m", &text).unwrap_err();
    assert_eq!(codes(&errors), ["circular-reference"], "{errors}");

    let mut nested = String::new();
    for i in 0..200 {
        nested += &format!(
            "  C{i}: {}!Condition C{}{}\n",
            "!Not [".repeat(55),
            i + 1,
            "]".repeat(55)
        );
    }
    let text = chosen(&format!(
        "  Chosen: !Condition C0\n{nested}  C200: !Equals [a, a]"
    ));
    let errors = Config::parse("m", &text).unwrap_err();
    assert_eq!(codes(&errors), ["circular-reference"], "{errors}");

    let deep = |i: usize| {
        format!(
            "  M{i}: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: {}!GetAtt M{}.MeshName{}}}}}\n",
            "!Join ['', [".repeat(28),
            i + 1,
            "]]".repeat(28)
        )
    };
    let text: String = (0..200).map(deep).collect();
    let errors = Config::parse("m", &format!("Resources:\n{text}")).unwrap_err();
    assert!(codes(&errors).contains(&"circular-reference"), "{errors}");
}
