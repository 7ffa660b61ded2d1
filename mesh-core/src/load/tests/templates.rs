//! Templates as people get them wrong, and as they rightly write them.

use super::{refused, warned};
use crate::config::Config;

#[test]
fn wrong_templates_are_refused_at_the_line_to_mend() {
    let rows = [
        (
            "Resources:\n  V:\n    Type: AWS::AppMesh::VirtualRouter\n    §Properties:\n      MeshName: null\n      \
             Spec: {Listeners: [{PortMapping: {Port: 80, Protocol: http}}]}\n",
            "missing-property",
        ),
        (
            "Resources:\n  V:\n    Type: AWS::AppMesh::VirtualService\n    \
             Properties: {MeshName: §!Ref Nowhere, VirtualServiceName: s.local, Spec: {}}\n",
            "missing-reference",
        ),
        (
            "Resources:\n  M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m}}\n  V:\n    Type: AWS::AppMesh::VirtualService\n    \
             Properties: {MeshName: §!GetAtt M.Name, VirtualServiceName: s.local, Spec: {}}\n",
            "unknown-attribute",
        ),
        (
            "Resources:\n  M:\n    Type: AWS::AppMesh::Mesh\n    Properties: {MeshName: !If [§IsLive, live, test]}\n",
            "missing-reference",
        ),
        (
            "Mappings: {Stages: {live: {First: m}}}\nResources:\n  M:\n    Type: AWS::AppMesh::Mesh\n    \
             Properties: {MeshName: §!FindInMap [Stages, live, Second]}\n",
            "missing-reference",
        ),
        (
            "Parameters: {§Name: {Type: String}, Unused: {Type: String}}\nResources:\n  \
             M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Ref Name}}\n",
            "missing-parameter",
        ),
        (
            "Parameters: {§Tls: {Type: String, Default: maybe, AllowedValues: ['on', 'off']}}\nResources:\n  \
             M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Sub 'm-${Tls}'}}\n",
            "parameter-not-allowed",
        ),
        (
            "Resources:\n  A: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: §!Sub '${B.MeshName}-a'}}\n  \
             B: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Sub '${A.MeshName}-b'}}\n",
            "circular-reference",
        ),
    ];
    for (text, code) in rows {
        refused(text, &[code]);
    }
}

#[test]
fn the_ref_of_a_mesh_is_warned_of_and_its_name_is_taken() {
    let text = "Resources:\n  M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m}}\n  V:\n    Type: AWS::AppMesh::VirtualService\n    \
                Properties: {MeshName: §!Ref M, VirtualServiceName: s.local, Spec: {}}\n";
    warned(text, &["ref-is-arn"]);
    let given = Config::reader()
        .pseudo("AWS::Region", "eu-west-1")
        .pseudo("AWS::AccountId", "123456789012")
        .document("m", text.replace('§', ""));
    let codes = given
        .read()
        .unwrap()
        .warnings()
        .iter()
        .map(|p| p.code)
        .collect::<Vec<_>>();
    assert_eq!(codes, ["ref-is-arn"]);
}

#[test]
fn templates_as_they_are_written_load() {
    let reader = Config::reader()
        .pseudo("AWS::StackName", "shop")
        .import("test:Host", "orders.local")
        .document("m", WRITTEN);
    let config = reader.read().unwrap();
    assert_eq!(
        (config.resources(), config.warnings().len()),
        (3, 0),
        "{:?}",
        config.warnings()
    );
    assert_eq!(config.mesh().name().as_str(), "shop");
    let node = config
        .mesh()
        .virtual_node("orders")
        .expect("the node is there");
    assert_eq!(node.listeners.len(), 1);
}

const WRITTEN: &str = "
Parameters:
  Stage: {Type: String, Default: test}
  State: {Type: String, Default: plain, AllowedValues: [plain, 1way, both]}
Conditions:
  1way: !Equals [!Ref State, 1way]
  both: !Equals [!Ref State, both]
  any:
    Fn::Or:
      - Condition: 1way
      - Condition: both
Resources:
  Mesh: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: !Ref AWS::StackName}}
  Route:
    Type: AWS::AppMesh::VirtualNode
    DependsOn: [Mesh]
    Properties:
      MeshName: !Ref AWS::StackName
      VirtualNodeName: orders
      Tags: [{Key: stage, Value: !Ref Stage}, {Key: more, Value: {Ref: Stage}}]
      Spec: !If
        - any
        - !If
          - 1way
          - Fn::If: [both, !Ref AWS::NoValue, {}]
          - !Ref AWS::NoValue
        - Listeners:
            - PortMapping: {Port: '8080', Protocol: http}
              TLS: !If
                - any
                - {Mode: STRICT}
                - !Ref AWS::NoValue
          ServiceDiscovery: {DNS: {Hostname: !ImportValue {'Fn::Sub': '${Stage}:Host'}}}
  Service:
    Type: AWS::AppMesh::VirtualService
    Properties:
      MeshName: {Fn::GetAtt: Mesh.MeshName}
      VirtualServiceName: !Sub orders.${Stage}
      Spec: {Provider: {VirtualNode: {VirtualNodeName: !GetAtt [Route, VirtualNodeName]}}}
Rules: {R: {Assertions: [{Assert: !Contains [[a], !Ref Nowhere]}]}}
Hooks: {H: !Ref Nowhere}
Metadata: {M: !Ref Nowhere}
Outputs: {O: {Value: !Ref Nowhere, Export: {Name: !Join [a]}}}
";
