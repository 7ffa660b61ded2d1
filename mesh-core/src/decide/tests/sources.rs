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
    let inbound = "\nat v1:80: request 1s (mesh.yaml:11:59), which ends it sooner; silence 300s (default: App Mesh); ";
    assert!(text.contains(inbound), "{text}");
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

/// A gateway and a node that are choosy about who comes in.
const CHOOSY: &str = "\
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
            Timeout:
              HTTP:
                Idle: {Unit: s, Value: 3}
            ConnectionPool:
              HTTP: {MaxConnections: 7, MaxPendingRequests: 2}
            TLS:
              Mode: STRICT
              Certificate: {File: {CertificateChain: /v1.pem, PrivateKey: /v1.key}}
              Validation:
                Trust: {File: {CertificateChain: /ca.pem}}
                SubjectAlternativeNames: {Match: {Exact: [in.shop, web.shop]}}
        ServiceDiscovery: {DNS: {Hostname: v1.internal}}
  S:
    Type: AWS::AppMesh::VirtualService
    Properties: {MeshName: m, VirtualServiceName: s.local, Spec: {Provider: {VirtualNode: {VirtualNodeName: v1}}}}
  In:
    Type: AWS::AppMesh::VirtualGateway
    Properties:
      MeshName: m
      VirtualGatewayName: in
      Spec:
        Listeners:
          - PortMapping: {Port: 443, Protocol: http}
            ConnectionPool:
              HTTP: {MaxConnections: 5}
            TLS: {Mode: PERMISSIVE, Certificate: {ACM: {CertificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/in'}}}
  To:
    Type: AWS::AppMesh::GatewayRoute
    Properties:
      MeshName: m
      VirtualGatewayName: in
      GatewayRouteName: all
      Spec:
        HttpRoute:
          Match: {Prefix: /}
          Action: {Target: {VirtualService: {VirtualServiceName: s.local}}}
";

#[test]
fn the_listeners_on_the_way_tell_whom_and_how_much_they_let_in() {
    let config = Config::parse("mesh.yaml", CHOOSY).unwrap();
    let snapshot = config.gateway("in").unwrap().compile().unwrap();
    let decision = snapshot.decide(&Head::get("http://shop.example/"));
    let text = decision.explain();
    for line in [
        "\nlistener: http (mesh.yaml:33:33); 5 requests at a time, any number may wait (mesh.yaml:35:15); TLS, PERMISSIVE with \
         arn:aws:acm:eu-west-1:111122223333:certificate/in (mesh.yaml:36:18)\n",
        "\nat v1:80: request 15s (default: App Mesh); silence 3s (mesh.yaml:13:40), which ends it sooner; 7 requests at a time, \
         2 may wait (mesh.yaml:15:15); TLS, STRICT with file /v1.pem, asking for a certificate of file /ca.pem for in.shop, web.shop \
         (mesh.yaml:17:15)",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let json = decision.to_json();
    for part in [
        r#""listener": {"protocol": "http", "source": "mesh.yaml:33:33", "connection_pool": {"is": "5 requests at a time, "#,
        r#""tls": {"is": "TLS, PERMISSIVE with arn:"#,
        r#""silence_millis": 3000, "silence_source": "mesh.yaml:13:40", "connection_pool": {"is": "7 requests"#,
        r#"asking for a certificate of file /ca.pem for in.shop, web.shop", "source": "mesh.yaml:17:15"}}}]"#,
    ] {
        assert!(json.contains(part), "{part} in {json}");
    }
}

#[test]
fn the_port_behind_a_gateway_is_told_with_who_names_it() {
    let named = CHOOSY.replace(
        "Action: {Target: {VirtualService",
        "Action: {Target: {Port: 80, VirtualService",
    );
    for (text, port) in [
        (CHOOSY, "port 80, its only one"),
        (&*named, "port 80, the gateway route's"),
    ] {
        let config = Config::parse("mesh.yaml", text).unwrap();
        let snapshot = config.gateway("in").unwrap().compile().unwrap();
        let text = snapshot
            .decide(&Head::get("http://shop.example/"))
            .explain();
        assert!(text.contains(port), "{port}\n{text}");
    }
}
