//! What the caller has to give: all of it at once, each by its name, and nothing else.

use super::codes;
use crate::{config::Config, error::Problem};

const TEMPLATE: &str = "
Parameters:
  Stage: {Type: String}
  Unused: {Type: String}
  Port: {Type: Number}
Conditions:
  Always: !Equals [a, a]
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Unused}}
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}
  Registry: {Type: AWS::ServiceDiscovery::Service, Properties: {Name: !Sub '${Stage}-registry'}}
  M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Sub '${AWS::Region}-${AWS::Region}-${AWS::Partition}'}}
  V:
    Type: AWS::AppMesh::VirtualService
    Properties:
      MeshName: !Sub '${AWS::StackName}-${AWS::Region}'
      VirtualServiceName: !GetAtt Balancer.DNSName
      Spec: {Provider: {VirtualNode: {VirtualNodeName: !If [Always, !ImportValue Node, !Ref Unused]}}}
  N:
    Type: AWS::AppMesh::VirtualNode
    Properties:
      MeshName: !ImportValue {'Fn::Sub': '${Stage}:Mesh'}
      VirtualNodeName: !Ref Topic
      Spec:
        Listeners: [{PortMapping: {Port: !Ref Port, Protocol: http}}]
        ServiceDiscovery: {DNS: {Hostname: !Join ['.', [!Select [0, !GetAZs eu-west-1], !GetAtt Registry.Name, !ImportValue Node]]}}
";

fn wants(given: &[&str]) -> Vec<String> {
    let reader = Config::reader().document("mesh.yaml", TEMPLATE).mesh("x");
    let reader = given
        .iter()
        .fold(reader, |reader, name| reader.parameter(*name, "80"));
    let errors = reader.read().unwrap_err();
    let mut wants: Vec<_> = errors
        .errors()
        .filter_map(Problem::wants)
        .map(str::to_owned)
        .collect();
    wants.sort();
    wants
}

#[test]
fn all_that_is_missing_is_asked_for_in_one_go_and_once() {
    let all = [
        "AWS::Region",
        "AWS::StackName",
        "Balancer.DNSName",
        "Port",
        "Stage",
        "Topic",
        "azs:eu-west-1",
        "import:Node",
        r#"import:{"Fn::Sub": "${Stage}:Mesh"}"#,
    ];
    assert_eq!(wants(&[]), all);
    assert_eq!(
        wants(&["Stage"]).last().map(String::as_str),
        Some("import:Node")
    );
    assert!(wants(&["Stage"]).contains(&"import:80:Mesh".to_owned()));
    assert_eq!(wants(&all), [""; 0]);
}

#[test]
fn each_has_the_code_of_its_kind() {
    let errors = Config::parse("mesh.yaml", TEMPLATE).unwrap_err();
    let mut found: Vec<_> = errors
        .errors()
        .filter_map(|problem| Some((problem.wants()?, problem.code)))
        .collect();
    found.sort();
    found.dedup();
    let code = |name: &str| {
        found
            .iter()
            .find(|(wants, _)| *wants == name)
            .map(|(_, code)| *code)
    };
    for (name, want) in [
        ("Stage", "missing-parameter"),
        ("AWS::Region", "missing-pseudo-parameter"),
        ("import:Node", "missing-import"),
        ("Topic", "missing-value"),
        ("Balancer.DNSName", "missing-value"),
        ("azs:eu-west-1", "missing-value"),
    ] {
        assert_eq!(code(name), Some(want), "{name}");
    }
    // Nothing is said of what follows from a value that is missing.
    assert!(
        codes(&errors)
            .iter()
            .all(|code| code.starts_with("missing-")),
        "{errors}"
    );
}

#[test]
fn a_name_that_no_document_asks_for_is_warned_of() {
    let text =
        "Resources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !ImportValue Mesh}}}\n";
    let read = |export: &str| {
        Config::reader()
            .import("Mesh", "m")
            .import(export, "m")
            .document("m", text)
            .read()
    };
    assert_eq!(read("Mesh").unwrap().warnings().len(), 0);
    let config = read("Mash").unwrap();
    let [warning] = config.warnings() else {
        panic!("{:?}", config.warnings())
    };
    assert!(
        warning.message.contains("did you mean `import:Mesh`?"),
        "{warning}"
    );
}

#[test]
fn an_import_is_no_parameter_of_the_same_name() {
    let text = "Parameters: {Mesh: {Type: String}}\nResources: {M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !ImportValue Mesh}}}\n";
    let errors = Config::reader()
        .parameter("Mesh", "m")
        .document("m", text)
        .read()
        .unwrap_err();
    assert_eq!(codes(&errors), ["missing-import"]);
}

#[test]
fn an_attribute_is_given_by_its_resource_and_its_name() {
    let text = "Resources: {Topic: {Type: AWS::SNS::Topic}, M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !GetAtt Topic.TopicName}}}\n";
    let config = Config::reader()
        .attribute("Topic", "TopicName", "m")
        .document("m", text)
        .read()
        .unwrap();
    assert_eq!(config.mesh().name().as_str(), "m");
}
