//! Where each number of a decision comes from.

use super::*;
use crate::config::Config;

const TEMPLATE: &str = "\
Resources:
  M: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: m}}
  V1:
    Type: AWS::AppMesh::VirtualNode
    Properties:
      MeshName: m
      VirtualNodeName: v1
      Spec:
        Listeners:
          - PortMapping: {Port: 80, Protocol: http}
            Timeout: {HTTP: {PerRequest: {Unit: s, Value: 1}}}
        ServiceDiscovery: {DNS: {Hostname: v1.internal}}
  Web:
    Type: AWS::AppMesh::VirtualNode
    Properties:
      MeshName: m
      VirtualNodeName: web
      Spec: {Backends: [{VirtualService: {VirtualServiceName: s.local}}]}
  R:
    Type: AWS::AppMesh::VirtualRouter
    Properties:
      MeshName: m
      VirtualRouterName: r
      Spec: {Listeners: [{PortMapping: {Port: 80, Protocol: http}}]}
  All:
    Type: AWS::AppMesh::Route
    Properties:
      MeshName: m
      VirtualRouterName: r
      RouteName: all
      Spec:
        HttpRoute:
          Match: {Prefix: /}
          Action: {WeightedTargets: [{VirtualNode: v1, Weight: 1}]}
          Timeout:
            PerRequest: {Unit: s, Value: 2}
  S:
    Type: AWS::AppMesh::VirtualService
    Properties:
      MeshName: m
      VirtualServiceName: s.local
      Spec: {Provider: {VirtualRouter: {VirtualRouterName: r}}}
";

fn web() -> Snapshot {
    let config = Config::parse("mesh.yaml", TEMPLATE).unwrap();
    config.node("web").unwrap().compile().unwrap()
}

#[test]
fn what_was_read_is_told_with_its_line_and_the_rest_with_its_default() {
    let snapshot = web();
    let decision = snapshot.decide(&Head::get("http://s.local/"));
    let sources: Vec<_> = decision
        .limits()
        .iter()
        .map(|limit| {
            (
                limit.name,
                limit.source.map(|source| decision.source(source)),
            )
        })
        .collect();
    let [(_, Some(request)), (_, Some(silence)), (_, None)] = &sources[..] else {
        panic!("{sources:?}")
    };
    assert!(request.starts_with("mesh.yaml:3"), "{request}");
    assert_eq!(silence, "default: App Mesh");
    let text = decision.explain();
    assert!(text.contains("\nroute: all (mesh.yaml:3"), "{text}");
    let inbound = "\nat v1:80: request 1s (mesh.yaml:11:";
    assert!(
        text.contains(inbound) && text.ends_with("ends it sooner"),
        "{text}"
    );
}

#[test]
fn the_json_of_a_decision_says_what_its_text_says() {
    let snapshot = web();
    let json = snapshot.decide(&Head::get("http://s.local/x")).to_json();
    for part in [
        r#"{"request": {"method": "GET", "scheme": "http", "authority": "s.local", "path": "/"#,
        r#""gateway": null, "verdict": "route", "reason": null, "virtual_service": "s.local", "#,
        r#""tried": [{"route": "all", "result": "took it"}], "route": "all", "source": "mesh.yaml:3"#,
        r#""targets": [{"virtual_node": "v1", "port": 80, "weight": 1, "share": 1, "balance": "one after the other""#,
        r#""tls": {"is": "plain text", "source": "default: App Mesh"}"#,
        r#""inbound": {"request_millis": 1000, "source": "mesh.yaml:11:"#,
        r#"{"name": "request", "millis": 2000, "#,
        r#"{"name": "silence", "millis": 300000, "#,
    ] {
        assert!(json.contains(part), "{part} in {json}");
    }
    assert!(!json.contains('\n'));
    let refused = snapshot.decide(&Head::get("http://nobody/")).to_json();
    assert!(
        refused.contains(r#""targets": [], "retry": null, "limits": []}"#),
        "{refused}"
    );
}
