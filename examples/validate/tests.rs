//! What `validate` prints, and when it calls a configuration valid.

use super::*;

fn checked(documents: &[(&str, &str)], parameters: &[(&str, &str)]) -> Report {
    let owned = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    };
    check(owned(documents), reader(owned(parameters), None, false))
}

const SEED: &str = include_str!("../config/seed.yaml");
const MESH: &str = "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: shop}}}\n";

#[test]
fn the_seed_is_valid_and_its_two_oddities_are_named() {
    let report = checked(&[("seed.yaml", SEED)], &[]);
    assert!(report.valid);
    for code in ["warning[router-never-used]: ", "warning[ref-is-arn]: "] {
        assert!(
            report.text.contains(code),
            "{code} is not in\n{}",
            report.text
        );
    }
    assert!(
        report.text.ends_with("6 resources, 0 errors, 9 warnings\n"),
        "{}",
        report.text
    );
}

#[test]
fn every_problem_of_every_file_comes_at_once() {
    let broken = "Resources: {N: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: shop, Spek: {}}}}\n";
    let report = checked(&[("a.yaml", broken), ("b.yaml", "Resources: [\n")], &[]);
    assert!(!report.valid);
    for start in ["a.yaml:1:", "b.yaml:"] {
        assert!(
            report.text.lines().any(|line| line.starts_with(start)),
            "{start} is not in\n{}",
            report.text
        );
    }
    let last = report.text.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("1 resources, ") && last.ends_with(" 0 warnings"),
        "{last}"
    );
}

#[test]
fn files_are_read_as_one_configuration() {
    let node = "Resources: {N: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: shop, Spec: {}}}}\n";
    let report = checked(&[("mesh.yaml", MESH), ("node.yaml", node)], &[]);
    assert_eq!(
        report,
        Report {
            text: "2 resources, 0 errors, 0 warnings\n".to_owned(),
            valid: true
        }
    );
}

#[test]
fn a_parameter_reaches_the_template() {
    let template = MESH.replace("shop", "!Ref Stage");
    let template = format!("Parameters: {{Stage: {{Type: String}}}}\n{template}");
    assert!(!checked(&[("mesh.yaml", &template)], &[]).valid);
    assert!(checked(&[("mesh.yaml", &template)], &[("Stage", "test")]).valid);
}

#[test]
fn an_export_is_given_as_the_report_asks_for_it() {
    let template = MESH.replace("shop", "!ImportValue 'net:Mesh'");
    let report = checked(&[("mesh.yaml", &template)], &[]);
    assert!(
        report.text.contains("`--param 'import:net:Mesh=VALUE'`"),
        "{}",
        report.text
    );
    let (name, value) = parameter("import:net:Mesh=shop").unwrap();
    assert!(checked(&[("mesh.yaml", &template)], &[(&name, &value)]).valid);
}

#[test]
fn a_parameter_is_a_name_and_a_value() {
    assert_eq!(
        parameter("Stage=a=b"),
        Ok(("Stage".to_owned(), "a=b".to_owned()))
    );
    assert_eq!(parameter("Stage="), Ok(("Stage".to_owned(), String::new())));
    for wrong in ["Stage", "=x", ""] {
        assert!(parameter(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let unreadable = read_all(&["no-such-file.yaml".into(), "nor-this.yaml".into()]).unwrap_err();
    assert!(
        unreadable.contains("no-such-file.yaml") && unreadable.contains("nor-this.yaml"),
        "{unreadable}"
    );
}

#[test]
fn what_is_not_utf_8_is_told_from_what_is_too_long() {
    let message = |bytes: &[u8]| text(bytes.to_vec()).unwrap_err().to_string();
    assert_eq!(message(b"\xff\xfeR\0"), "it is UTF-16: save it as UTF-8");
    assert_eq!(
        message(b"ab\xe4"),
        "its byte 2 is not UTF-8: save it as UTF-8"
    );
    let mut long = vec![b'#'; 15 * 1024 * 1024];
    long.resize(usize::try_from(LONGEST).unwrap() - 1, b' ');
    long.push(0xc3);
    let report = checked(&[("long.yaml", &text(long).unwrap())], &[]);
    assert!(
        report
            .text
            .starts_with("long.yaml:1:1: error[document-too-large]"),
        "{}",
        report.text
    );
}

#[test]
fn an_invalid_configuration_is_counted_as_a_valid_one_is() {
    let typed = "Resources: {M: {\n  Type:\n    AWS::AppMesh::Mesh, Properties: {MeshName: ''}}}\n";
    let report = checked(&[("mesh.yaml", typed)], &[]);
    assert!(
        report
            .text
            .ends_with("\n1 resources, 1 errors, 0 warnings\n"),
        "{}",
        report.text
    );
}

#[test]
fn a_misspelt_parameter_is_warned_of() {
    let report = checked(&[("mesh.yaml", MESH)], &[("Stage", "test")]);
    assert!(
        report
            .text
            .starts_with("mesh.yaml:1:1: warning[unused-parameter]: "),
        "{}",
        report.text
    );
}

#[test]
fn several_meshes_are_checked_in_turn_and_summed_up() {
    let two = "Resources:\n  A: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: a}}\n  \
               B: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: b}}\n  \
               R: {Type: AWS::AppMesh::VirtualRouter, Properties: {MeshName: b, Spec: {Listeners: \
               [{PortMapping: {Port: 80, Protocol: http}}]}}}\n";
    let report = checked(&[("mesh.yaml", two)], &[("Stage", "unused")]);
    assert!(report.valid, "{}", report.text);
    assert!(
        report.text.ends_with("3 resources, 0 errors, 2 warnings\n"),
        "{}",
        report.text
    );
    assert_eq!(report.text.matches("unused-parameter").count(), 1);
    let broken = two.replace("Port: 80", "Port: 0");
    let report = checked(&[("mesh.yaml", &broken)], &[]);
    assert!(!report.valid);
    assert!(
        report.text.contains("3 resources, 1 errors, "),
        "{}",
        report.text
    );
    let chosen = check(
        vec![("mesh.yaml".to_owned(), broken)],
        reader(Vec::new(), Some("a".to_owned()), false),
    );
    assert!(chosen.valid, "{}", chosen.text);
}

#[test]
fn references_to_other_stacks_are_errors_unless_they_are_allowed() {
    let service = "Resources: {S: {Type: AWS::AppMesh::VirtualService, Properties: {MeshName: shop, VirtualServiceName: s.local, \
                   Spec: {Provider: {VirtualNode: {VirtualNodeName: elsewhere}}}}}}\n";
    let report = |allowed| {
        check(
            vec![("s.yaml".to_owned(), service.to_owned())],
            reader(Vec::new(), None, allowed),
        )
    };
    assert!(report(false).text.contains("`--allow-missing`"));
    assert!(!report(false).valid);
    assert!(report(true).valid, "{}", report(true).text);
}
