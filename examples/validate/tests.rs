//! What `validate` prints, and when it calls a configuration valid.

use super::*;

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    pairs.iter().map(owned).collect()
}

fn checked(documents: &[(&str, &str)], parameters: &[(&str, &str)]) -> Report {
    let parameters = owned(parameters);
    with(
        documents,
        FileArgs {
            parameters,
            ..FileArgs::default()
        },
    )
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "arguments are written where they are needed"
)]
fn with(documents: &[(&str, &str)], args: FileArgs) -> Report {
    check(owned(documents), &args)
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
fn an_export_is_given_as_the_report_asks_for_it() {
    let template = MESH.replace("shop", "!ImportValue 'net:Mesh'");
    let report = checked(&[("mesh.yaml", &template)], &[]);
    assert!(
        report.text.contains("`--param 'import:net:Mesh=VALUE'`"),
        "{}",
        report.text
    );
    assert!(checked(&[("mesh.yaml", &template)], &[("import:net:Mesh", "shop")]).valid);
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
    let mesh = Some("a".to_owned());
    let chosen = with(
        &[("mesh.yaml", &broken)],
        FileArgs {
            mesh,
            ..FileArgs::default()
        },
    );
    assert!(chosen.valid, "{}", chosen.text);
}

#[test]
fn references_to_other_stacks_are_errors_unless_they_are_allowed() {
    let service = "Resources: {S: {Type: AWS::AppMesh::VirtualService, Properties: {MeshName: shop, VirtualServiceName: s.local, \
                   Spec: {Provider: {VirtualNode: {VirtualNodeName: elsewhere}}}}}}\n";
    let report = |allow_dangling| {
        with(
            &[("s.yaml", service)],
            FileArgs {
                allow_dangling,
                ..FileArgs::default()
            },
        )
    };
    assert!(report(false).text.contains("`--allow-dangling`"));
    assert!(!report(false).valid);
    assert!(report(true).valid, "{}", report(true).text);
}

#[test]
fn the_command_line_has_what_real_files_need() {
    let line = "validate mesh.json --param K=V --set NAME=VALUE --env --mesh M --kind Route --name r/one --lenient \
                --allow-dangling --last-wins";
    let args = Args::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string());
    let FileArgs {
        kind,
        name,
        lenient,
        allow_dangling,
        last_wins,
        ..
    } = args.unwrap().files;
    assert_eq!(kind.map(|kind| kind.to_string()).as_deref(), Some("Route"));
    assert_eq!(
        (name.as_deref(), lenient && allow_dangling && last_wins),
        (Some("r/one"), true)
    );
    let old = Args::try_parse_from(["validate", "mesh.json", "--allow-missing"]);
    assert!(old.is_ok_and(|args| args.files.allow_dangling));
    for wrong in [
        &["validate", "f", "--kind", "Route"][..],
        &["validate", "f", "--name", "r/one"],
        &["validate", "f", "--kind", "Rout", "--name", "one"],
        &["validate", "f", "--set", "NAME"],
    ] {
        assert!(Args::try_parse_from(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn each_flag_reaches_the_reader() {
    let bare = r#"{"spec": {"listeners": [{"portMapping": {"port": 80, "protocol": $PROTOCOL}}], "colour": 1}}"#;
    let args = FileArgs {
        values: owned(&[("PROTOCOL", "http")]),
        mesh: Some("shop".to_owned()),
        kind: "VirtualRouter".parse().ok(),
        name: Some("orders".to_owned()),
        lenient: true,
        ..FileArgs::default()
    };
    let report = with(&[("router.json", bare)], args.clone());
    assert!(
        report.valid && report.text.contains("warning[unknown-property]"),
        "{}",
        report.text
    );
    let strict = with(
        &[("router.json", bare)],
        FileArgs {
            lenient: false,
            ..args.clone()
        },
    );
    assert!(!strict.valid, "{}", strict.text);
    let unfilled = with(
        &[("router.json", bare)],
        FileArgs {
            values: Vec::new(),
            ..args.clone()
        },
    );
    assert!(
        unfilled.text.contains("`--set PROTOCOL=VALUE`"),
        "{}",
        unfilled.text
    );
    let unnamed = with(
        &[("router.json", bare)],
        FileArgs {
            kind: None,
            name: None,
            ..args
        },
    );
    assert!(
        unnamed.text.contains("`--kind KIND --name NAME`"),
        "{}",
        unnamed.text
    );
}

#[test]
fn alternatives_of_one_resource_are_an_error_that_names_both_files() {
    let v1 = "Resources: {N: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: shop, VirtualNodeName: n, Spec: {}}}}\n";
    let v2 = v1.replace("Spec: {}", "Spec: {Backends: []}");
    let files = [
        ("mesh.yaml", MESH),
        ("v1.yaml", v1),
        ("v2.yaml", v2.as_str()),
    ];
    let refused = with(&files, FileArgs::default());
    let line = refused.text.lines().next().unwrap_or_default();
    assert!(
        line.starts_with("v2.yaml:1:") && line.contains("v1.yaml:1:"),
        "{line}"
    );
    assert!(
        line.contains("error[duplicate-name]") && line.contains("`--last-wins`"),
        "{line}"
    );
    let taken = with(
        &files,
        FileArgs {
            last_wins: true,
            ..FileArgs::default()
        },
    );
    assert!(taken.valid, "{}", taken.text);
}

#[test]
fn what_is_not_read_is_refused_with_a_sentence() {
    let terraform = "resource \"aws_appmesh_mesh\" \"shop\" {\n  name = \"shop\"\n}\n";
    let list = r#"{"virtualNodes": [{"meshName": "shop", "virtualNodeName": "web"}]}"#;
    for (name, text, start) in [
        (
            "mesh.tf",
            terraform,
            "mesh.tf:1:1: error[terraform]: this is Terraform, which is not read: ",
        ),
        (
            "nodes.json",
            list,
            "nodes.json:1:2: error[list-output]: this is the output of a list call",
        ),
    ] {
        let report = checked(&[(name, text)], &[]);
        assert!(
            !report.valid && report.text.starts_with(start),
            "{}",
            report.text
        );
    }
}

const TASK: &str = include_str!("../config/task-definition.json");
const CANARY: &str = include_str!("../config/canary.yaml");

#[test]
fn a_task_definition_is_explained_alone_and_looked_up_beside_its_mesh() {
    let report = checked(&[("task.json", TASK)], &[]);
    let first = "task.json:1:1: note[task]: the task `service-b-v1` is the virtual node `service-b-v1` of the mesh `canary`, as \
                 `APPMESH_RESOURCE_ARN` says; its application listens on 8080\n";
    assert!(report.text.starts_with(first), "{}", report.text);
    assert_eq!(
        report.text.matches(": note[").count(),
        11,
        "{}",
        report.text
    );
    assert!(
        report
            .text
            .ends_with("\n0 resources, 0 errors, 0 warnings\n"),
        "{}",
        report.text
    );
    let beside = checked(&[("task.json", TASK), ("canary.yaml", CANARY)], &[]);
    assert!(
        beside.valid
            && beside
                .text
                .ends_with("\n7 resources, 0 errors, 1 warnings\n"),
        "{}",
        beside.text
    );
    let misspelt = TASK.replace("virtualNode/service-b-v1", "virtualNode/service-b-v3");
    let missing = checked(&[("canary.yaml", CANARY), ("task.json", &misspelt)], &[]);
    assert!(!missing.valid, "{}", missing.text);
    let line = "task.json:26:19: error[missing-resource]: the mesh `canary` has no virtual node `service-b-v3`; did you mean ";
    assert!(missing.text.contains(line), "{}", missing.text);
}

#[test]
fn a_bare_name_is_a_node_of_the_one_mesh_that_is_loaded() {
    let bare = TASK.replace("mesh/canary/virtualNode/", "");
    let report = checked(&[("canary.yaml", CANARY), ("task.json", &bare)], &[]);
    assert!(
        report.valid
            && report
                .text
                .contains("is the virtual node `service-b-v1`, as"),
        "{}",
        report.text
    );
    let two = checked(
        &[
            ("canary.yaml", CANARY),
            ("task.json", &bare),
            ("seed.yaml", SEED),
        ],
        &[],
    );
    assert!(two.text.contains("error[several-meshes]"), "{}", two.text);
}

#[test]
fn the_xray_daemon_is_told_what_keeps_services_from_it() {
    let daemon = include_str!("../config/xray-daemon.yaml");
    let report = checked(&[("xray.yaml", daemon)], &[]);
    assert!(report.valid, "{}", report.text);
    for part in [
        "xray.yaml:2:1: note[xray-daemon]: the DaemonSet `default/xray-daemon` runs the X-Ray daemon, which takes segments at UDP \
         port 2000\n",
        "xray.yaml:19:30: warning[no-host-port]: ",
        "xray.yaml:23:22: warning[listen-address]: ",
        "`$(HOST_IP):2000`",
        "`xray-daemon.default:2000`",
        "\n0 resources, 0 errors, 2 warnings\n",
    ] {
        assert!(
            report.text.contains(part),
            "{part} is not in\n{}",
            report.text
        );
    }
    let beside = checked(&[("xray.yaml", daemon), ("mesh.yaml", MESH)], &[]);
    assert!(
        beside
            .text
            .ends_with("\n1 resources, 0 errors, 2 warnings\n"),
        "{}",
        beside.text
    );
}

#[test]
fn the_example_configurations_are_valid_as_they_stand() {
    let kubernetes = include_str!("../config/kubernetes.yaml");
    let api = include_str!("../config/api.json");
    for (text, resources) in [(kubernetes, "8"), (api, "6")] {
        let report = checked(&[("f", text)], &[]);
        assert!(report.valid, "{}", report.text);
        let last = format!("{resources} resources, 0 errors, ");
        assert!(report.text.contains(&last), "{}", report.text);
    }
}
