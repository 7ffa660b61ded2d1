//! What a parameter's declaration allows.

use super::codes;
use crate::{config::Config, error::ConfigErrors};

fn read(declaration: &str, given: Option<&str>) -> Result<Config, ConfigErrors> {
    let text = format!(
        "Parameters:\n  P: {{{declaration}}}\nResources:\n  \
         M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: !Select [0, !Split ['+', !Sub ['m+${{X}}', {{X: !Select [0, [!Ref P]]}}]]]}}}}\n  \
         N: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: !Select [0, [n, !Ref P]]}}}}\n"
    );
    let reader = Config::reader().mesh("n").document("mesh.yaml", text);
    match given {
        Some(value) => reader.parameter("P", value).read(),
        None => reader.read(),
    }
}

#[test]
fn given_values_and_defaults_are_held_against_the_declaration() {
    let rows = [
        ("Type: String, AllowedValues: [a, b]", "a", "c"),
        ("Type: String, AllowedPattern: '[a-z]+'", "abc", "abc1"),
        ("Type: String, AllowedPattern: '^[\\w-]*$'", "", "a b"),
        ("Type: String, MinLength: 2", "ab", "a"),
        ("Type: String, MaxLength: '2'", "äö", "abc"),
        ("Type: Number", "1.5", "one"),
        ("Type: Number", "-1", "inf"),
        ("Type: Number, MinValue: 2", "2", "1.9"),
        ("Type: Number, MaxValue: 2", "2", "3"),
    ];
    for (declaration, good, bad) in rows {
        assert!(
            read(declaration, Some(good)).is_ok(),
            "{declaration}: {good}"
        );
        let default = |value: &str| read(&format!("{declaration}, Default: '{value}'"), None);
        assert!(default(good).is_ok(), "{declaration}: {good}");
        for errors in [read(declaration, Some(bad)), default(bad)] {
            let errors = errors.expect_err(declaration);
            assert_eq!(codes(&errors), ["parameter-not-allowed"], "{errors}");
            assert_eq!(
                errors
                    .errors()
                    .next()
                    .unwrap()
                    .location
                    .as_ref()
                    .unwrap()
                    .line,
                2
            );
            assert!(
                errors
                    .to_string()
                    .contains(&format!("may not be `{bad}`: its ")),
                "{errors}"
            );
        }
    }
}

#[test]
fn lists_are_held_against_it_item_by_item() {
    let of = |kind: &str, rest: &str, value: &str| {
        let text = format!(
            "Parameters: {{P: {{Type: {kind}, {rest}}}}}\nResources:\n  \
             M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: !Join ['-', !Ref P]}}}}\n"
        );
        Config::reader()
            .parameter("P", value)
            .document("m", text)
            .read()
            .is_ok()
    };
    assert!(of("List<Number>", "MaxValue: 9", "1, 2"));
    assert!(!of("List<Number>", "MaxValue: 9", "1, 20"));
    assert!(!of("List<Number>", "MaxValue: 9", "1, x"));
    assert!(of("CommaDelimitedList", "AllowedPattern: '[a-z]'", "a, b"));
    assert!(!of("CommaDelimitedList", "AllowedPattern: '[a-z]'", "a, B"));
}

#[test]
fn what_is_secret_is_not_told() {
    for rule in ["AllowedValues: [a]", "AllowedPattern: a", "MaxLength: 1"] {
        let declaration = format!("Type: String, NoEcho: true, {rule}");
        let errors = read(&declaration, Some("hunter2")).unwrap_err().to_string();
        assert!(
            errors.contains("may not be what is given: its "),
            "{errors}"
        );
        assert!(!errors.contains("hunter2"), "{errors}");
    }
}

#[test]
fn a_pattern_that_cannot_be_computed_is_warned_of() {
    let config = read("Type: String, AllowedPattern: '(?!x)a'", Some("a")).unwrap();
    let codes: Vec<_> = config
        .warnings()
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(codes, ["pattern-not-checked"]);
}

#[test]
fn what_systems_manager_keeps_is_asked_for_whatever_the_default() {
    for kind in ["String", "AWS::EC2::Image::Id", "List<String>"] {
        let declaration = format!(
            "Type: 'AWS::SSM::Parameter::Value<{kind}>', Default: /path, AllowedPattern: '/.*'"
        );
        let errors = read(&declaration, None).unwrap_err();
        assert_eq!(codes(&errors), ["missing-parameter"], "{errors}");
    }
    assert!(
        read(
            "Type: 'AWS::SSM::Parameter::Value<String>', AllowedPattern: '/.*'",
            Some("m")
        )
        .is_ok()
    );
    // The name itself is a text like any other.
    assert!(read("Type: 'AWS::SSM::Parameter::Name', Default: /path", None).is_ok());
}
