//! Task definitions and the X-Ray daemon's objects in, sentences out.

use std::collections::BTreeMap;

use super::{MeshResource, Verdict, Workloads};
use crate::{
    config::{Config, Mesh, ResourceKind, VirtualNode},
    error::Problem,
    load::Reader,
    unit::Protocol,
};

fn read(text: &str) -> Workloads {
    Workloads::read("w", text, &BTreeMap::new())
}

/// A task whose sidecar has these variables.
fn task(variables: &[(&str, &str)]) -> Workloads {
    let environment = variables
        .iter()
        .map(|(name, value)| format!(r#"{{"name": "{name}", "value": "{value}"}}"#));
    read(&format!(
        r#"{{"family": "web", "proxyConfiguration": {{"properties": []}},
            "containerDefinitions": [{{"name": "envoy", "environment": [{}]}}]}}"#,
        environment.collect::<Vec<_>>().join(",")
    ))
}

fn mesh(name: &str) -> Config {
    let node = VirtualNode::builder("web")
        .listener(8080, Protocol::Http)
        .dns("web.local");
    Config::from(Mesh::builder(name).virtual_node(node).build().unwrap())
}

fn codes(problems: &[Problem]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.code).collect()
}

/// As AWS's console, its command line and CloudFormation spell a task definition.
const SPELLINGS: [&str; 3] = [
    r#"{"family": "web", "containerDefinitions": [{"name": "app"}, {"name": "envoy", "environment": [
        {"name": "APPMESH_RESOURCE_ARN", "value": "mesh/shop/virtualNode/web"}]}],
        "proxyConfiguration": {"type": "APPMESH", "properties": [{"name": "AppPorts", "value": "8080, 9090"}]}}"#,
    r#"{"taskDefinition": {"family": "web", "revision": 7, "containerDefinitions": [{"name": "envoy", "environment": [
        {"name": "APPMESH_RESOURCE_ARN", "value": "mesh/shop/virtualNode/web"}]}],
        "proxyConfiguration": {"properties": [{"name": "AppPorts", "value": "8080,9090"}]}}, "tags": []}"#,
    "
Resources:
  Web:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      ContainerDefinitions:
        - Name: envoy
          Environment: [{Name: APPMESH_RESOURCE_ARN, Value: mesh/shop/virtualNode/web}]
      ProxyConfiguration:
        ProxyConfigurationProperties: [{Name: AppPorts, Value: '8080,9090'}]
",
];

#[test]
fn a_task_tells_its_node_and_its_ports_in_every_spelling() {
    for text in SPELLINGS {
        let workloads = read(text);
        assert!(workloads.are_all(), "{text}");
        let [task] = &workloads.tasks[..] else {
            panic!("{text}")
        };
        let resource = task.resource().expect("it is named");
        let ports: Vec<_> = task
            .application_ports()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            (task.family(), resource.name(), resource.mesh()),
            ("web", "web", Some("shop"))
        );
        assert_eq!(ports, ["8080", "9090"]);
        assert_eq!(codes(&task.problems(&[], false)), [""; 0], "{text}");
        let line = task.to_string();
        let told = "the task `web` is the virtual node `web` of the mesh `shop`, as `APPMESH_RESOURCE_ARN` says; its application \
                    listens on 8080, 9090\n";
        assert!(line.contains(told), "{line}");
    }
}

#[test]
fn the_variable_that_counts_is_the_one_that_the_agent_read_first() {
    let all = [
        ("APPMESH_VIRTUAL_NODE_NAME", "mesh/shop/virtualNode/c"),
        ("APPMESH_RESOURCE_NAME", "mesh/shop/virtualNode/b"),
        ("APPMESH_RESOURCE_ARN", "mesh/shop/virtualGateway/a"),
    ];
    for (count, name, kind) in [
        (3, "a", ResourceKind::VirtualGateway),
        (2, "b", ResourceKind::VirtualNode),
        (1, "c", ResourceKind::VirtualNode),
    ] {
        let workloads = task(&all[..count]);
        let resource = workloads.tasks[0].resource().map(|r| (r.name(), r.kind()));
        assert_eq!(resource, Some((name, kind)));
    }
    let unset = task(&[("APPMESH_RESOURCE_ARN", ""), all[0]]);
    assert_eq!(unset.tasks[0].resource().map(MeshResource::name), Some("c"));
}

#[test]
fn each_variable_has_its_verdict_and_its_place() {
    let workloads = task(&[
        ("APPMESH_RESOURCE_NAME", "web"),
        ("LISTENER_DRAIN_WAIT_TIME_S", "30"),
        ("APPMESH_PREVIEW", "0"),
        ("HOME", "/root"),
    ]);
    let task = &workloads.tasks[0];
    let verdicts: Vec<_> = task
        .settings()
        .iter()
        .map(|set| set.variable().verdict)
        .collect();
    assert_eq!(
        verdicts,
        [Verdict::Honoured, Verdict::Replaced, Verdict::Meaningless]
    );
    let text = task.to_string();
    for line in [
        "w:2:81: note[honoured]: `APPMESH_RESOURCE_NAME` is `web`: read where `APPMESH_RESOURCE_ARN` is not set",
        "note[replaced]: `LISTENER_DRAIN_WAIT_TIME_S` is `30`: `.drain(LIMIT)`",
        "note[meaningless]: `APPMESH_PREVIEW` is `0`: ",
        "for the service's own container, if that is not `envoy`\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn a_misspelt_variable_and_a_value_that_names_nothing_are_told() {
    let workloads = task(&[
        ("APPMESH_RESOURCE_ARNN", "mesh/shop/virtualNode/web"),
        ("APPMESH_RESOURCE_NAME", "mesh/shop"),
    ]);
    let problems = workloads.tasks[0].problems(&[], false);
    assert_eq!(codes(&problems), ["unknown-variable", "invalid-resource"]);
    assert!(
        problems[0]
            .message
            .contains("did you mean `APPMESH_RESOURCE_ARN`?"),
        "{}",
        problems[0]
    );
}

#[test]
fn a_bare_name_is_taken_where_one_mesh_is_loaded() {
    let bare = task(&[("APPMESH_RESOURCE_NAME", "web")]);
    let found = |configs: &[Config]| codes(&bare.tasks[0].problems(configs, false));
    assert_eq!(found(&[]), [""; 0]);
    assert_eq!(found(&[mesh("shop")]), [""; 0]);
    assert_eq!(found(&[mesh("shop"), mesh("test")]), ["several-meshes"]);
}

#[test]
fn what_the_mesh_does_not_have_is_an_error_unless_it_may_be_missing() {
    for (value, code, hint) in [
        (
            "mesh/shop/virtualNode/wbe",
            "missing-resource",
            "did you mean `web`?",
        ),
        (
            "mesh/shop/virtualGateway/web",
            "missing-resource",
            "has no virtual gateway `web`",
        ),
        (
            "mesh/shob/virtualNode/web",
            "missing-mesh",
            "did you mean `shop`?",
        ),
    ] {
        let task = task(&[("APPMESH_RESOURCE_ARN", value)]);
        let problems = task.tasks[0].problems(&[mesh("shop")], false);
        assert_eq!(codes(&problems), [code]);
        assert!(problems[0].message.contains(hint), "{}", problems[0]);
        let allowed = task.tasks[0].problems(&[mesh("shop")], true);
        assert_ne!(allowed[0].severity, problems[0].severity);
    }
}

#[test]
fn ports_that_nobody_listened_on_are_warned_of() {
    let task = read(&SPELLINGS[0].replace("8080, ", ""));
    let problems = task.tasks[0].problems(&[mesh("shop")], false);
    assert_eq!(codes(&problems), ["port-mismatch"], "{problems:?}");
    let task = read(&SPELLINGS[0].replace("8080, ", "80800, "));
    assert_eq!(codes(&task.tasks[0].problems(&[], false)), ["out-of-range"]);
}

#[test]
fn a_value_that_is_worked_out_elsewhere_is_no_name() {
    let text = SPELLINGS[2].replace("Value: mesh/shop/virtualNode/web", "Value: !Sub '${Node}'");
    let problems = read(&text).tasks[0].problems(&[mesh("shop")], false);
    assert_eq!(codes(&problems), ["unnamed-task"]);
    let none = task(&[]);
    assert_eq!(codes(&none.tasks[0].problems(&[], false)), ["unnamed-task"]);
}

#[test]
fn a_template_that_has_a_mesh_too_is_for_the_reader_as_well() {
    let mesh = "  M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: shop}}\n";
    let workloads = read(&format!("{}{mesh}", SPELLINGS[2]));
    assert_eq!((workloads.tasks.len(), workloads.are_all()), (1, false));
    for text in [
        "Resources: [",
        "spec: {}",
        "",
        "- a",
        "plain",
        "kind: Pod\napiVersion: v1\n",
    ] {
        let workloads = read(text);
        assert!(workloads.tasks.is_empty() && !workloads.are_all(), "{text}");
    }
}

#[test]
fn a_placeholder_in_a_task_is_filled_in() {
    let text = SPELLINGS[0].replace("/web\"", "/${NODE}\"");
    assert!(read(&text).tasks.is_empty());
    let values = BTreeMap::from([("NODE".to_owned(), "web".to_owned())]);
    let workloads = Workloads::read("w", &text, &values);
    assert_eq!(
        workloads.tasks[0].resource().map(MeshResource::name),
        Some("web")
    );
    // Unfilled, it is the reader's to say so.
    let errors = Reader::default().document("w", text).read().unwrap_err();
    assert!(errors.to_string().contains("--set NODE=VALUE"), "{errors}");
}

const DAEMON: &str = "
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: xray, namespace: tracing}
spec:
  template:
    metadata: {labels: {app: xray}}
    spec:
      containers:
        - image: public.ecr.aws/xray/aws-xray-daemon:latest
          ports:
            - containerPort: 2000
              protocol: UDP
          env:
            - name: AWS_XRAY_DAEMON_ADDRESS
              value: 0.0.0.0:2000
";
const SERVICE: &str = "---
apiVersion: v1
kind: Service
metadata: {name: traces, namespace: tracing}
spec: {selector: {app: xray}, ports: [{port: 2000, protocol: UDP}]}
";

fn daemon(text: &str) -> (String, Vec<Problem>) {
    let workloads = read(text);
    assert!(workloads.are_all(), "{text}");
    let [daemon] = &workloads.daemons[..] else {
        panic!("{text}")
    };
    (daemon.to_string(), daemon.problems().to_vec())
}

#[test]
fn a_daemon_that_nobody_reaches_is_told_with_what_to_set_instead() {
    let (line, problems) = daemon(DAEMON);
    assert!(line.ends_with("the DaemonSet `tracing/xray` runs the X-Ray daemon, which takes segments at UDP port 2000"), "{line}");
    assert_eq!(codes(&problems), ["no-host-port", "listen-address"]);
    let lines: Vec<_> = problems
        .iter()
        .map(|p| p.location.as_ref().map(|at| at.line))
        .collect();
    assert_eq!(lines, [Some(12), Some(16)]);
    for problem in &problems {
        for way in ["status.hostIP", "`$(HOST_IP):2000`", "`xray.tracing:2000`"] {
            assert!(problem.message.contains(way), "{problem}");
        }
    }
    assert!(
        problems[0].message.contains("`hostPort: 2000`"),
        "{}",
        problems[0]
    );
}

#[test]
fn a_daemon_that_is_reached_is_left_alone() {
    let quiet = DAEMON.split("          env:").next().unwrap_or_default();
    for text in [
        quiet.replace(
            "protocol: UDP",
            "protocol: UDP\n              hostPort: 2000",
        ),
        quiet.replace(
            "      containers:",
            "      hostNetwork: true\n      containers:",
        ),
        format!("{quiet}{SERVICE}"),
    ] {
        assert_eq!(daemon(&text).1, [], "{text}");
    }
}

#[test]
fn a_service_is_named_where_there_is_one_and_only_if_it_leads_there() {
    let (_, problems) = daemon(&format!("{DAEMON}{SERVICE}"));
    assert_eq!(codes(&problems), ["listen-address"]);
    assert!(
        problems[0].message.contains("`traces.tracing:2000`"),
        "{}",
        problems[0]
    );
    let other = SERVICE.replace("{app: xray}", "{app: other}");
    assert_eq!(
        codes(&daemon(&format!("{DAEMON}{other}")).1),
        ["no-host-port", "listen-address"]
    );
}

#[test]
fn a_deployment_needs_a_service_and_a_tcp_port_takes_no_segments() {
    let (_, problems) = daemon(&DAEMON.replace("DaemonSet", "Deployment"));
    assert_eq!(codes(&problems), ["no-host-port", "listen-address"]);
    assert!(
        problems
            .iter()
            .all(|problem| !problem.message.contains("HOST_IP")),
        "{problems:?}"
    );
    let (_, problems) = daemon(&DAEMON.replace("protocol: UDP", "name: x"));
    assert_eq!(codes(&problems), ["no-udp-port", "listen-address"]);
}

#[test]
fn other_workloads_are_nothing_of_ours() {
    let other = DAEMON.replace("aws-xray-daemon", "fluent-bit");
    assert!(read(&other).daemons.is_empty());
    let listed = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}",
        DAEMON.trim().replace('\n', "\n  ")
    );
    assert_eq!(read(&listed).daemons.len(), 1);
    let with_mesh = format!(
        "{DAEMON}---\napiVersion: appmesh.k8s.aws/v1beta2\nkind: Mesh\nmetadata: {{name: shop}}\n"
    );
    let both = read(&with_mesh);
    assert!(both.daemons.len() == 1 && !both.are_all());
}
