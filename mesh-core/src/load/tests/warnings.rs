//! What is taken with a word of warning, or without one.

use super::{ONE, codes, node, refused, routed, template, warned};
use crate::config::{
    AccessLog, Config, DnsResponseType, FilePath, JsonText, LoggingFormat, Mesh, ServiceDiscovery,
    TextFormat, VirtualNode,
};
use std::time::Duration;

#[test]
fn an_access_log_is_read_and_its_own_format_is_warned_of() {
    let read = |logging: &str| {
        let text = template(&node("a").replace("Listeners", &format!("{logging}, Listeners")));
        let config = Config::parse("m", &text).unwrap_or_else(|errors| panic!("{text}\n{errors}"));
        let node = config.mesh().virtual_node("a").cloned();
        let codes: Vec<_> = config.warnings().iter().map(|p| p.code).collect();
        (node.and_then(|node| node.access_log), codes)
    };
    let log = |path: &str| AccessLog::new(FilePath::new(path).unwrap());
    let format = LoggingFormat::Text(TextFormat::new("%START_TIME%\n").unwrap());
    let json = |text: &str| JsonText::new(text).unwrap();
    let pairs = LoggingFormat::Json(vec![(json("k"), json("v"))]);
    let rows = [
        (
            "Logging: {AccessLog: {File: {Path: /dev/stdout}}}",
            Some(log("/dev/stdout")),
            0,
        ),
        (
            "Logging: {AccessLog: {File: {Path: /a, Format: {Text: \"%START_TIME%\\n\"}}}}",
            Some(log("/a").format(format)),
            1,
        ),
        (
            "Logging: {AccessLog: {File: {Path: /a, Format: {Json: [{Key: k, Value: v}]}}}}",
            Some(log("/a").format(pairs)),
            1,
        ),
        ("Logging: {}", None, 0),
    ];
    for (logging, log, warnings) in rows {
        assert_eq!(
            read(logging),
            (log, vec!["not-supported-yet"; warnings]),
            "{logging}"
        );
    }
}

#[test]
fn what_app_mesh_took_and_does_not_do_what_one_expects_is_warned_of() {
    let spec = |rest: &str| routed(&format!("{{HttpRoute: {{Match: {{}}, {ONE}{rest}}}}}"));
    let retry = "§RetryPolicy: {MaxRetries: 3, PerRetryTimeout: {Unit: s, Value: 2}, HttpRetryEvents: [server-error]}";
    let provider = "s.local, Spec: {Provider: {VirtualRouter: {VirtualRouterName: r}}}";
    let unused = spec("")
        .replace(provider, "s.local, Spec: {}")
        .replace("RouterName: r,", "RouterName: §r,");
    let backends = "Backends: [{VirtualService: {VirtualServiceName: s.local}}, {VirtualService: {VirtualServiceName: §s.local}}, \
                    {VirtualService: {VirtualServiceName: §t.local}}], ServiceDiscovery: {DNS: {Hostname: b";
    let backends = spec("").replace("ServiceDiscovery: {DNS: {Hostname: b", backends);
    let other = routed(&format!(
        "{{§Http2Route: {{Match: {{}}, {}}}}}",
        ONE.replace("a,", "§a,")
    ));
    let rows = [
        (spec(""), vec![]),
        (
            spec(", Timeout: {PerRequest: {Unit: s, Value: 15}}"),
            vec![],
        ),
        (
            spec(", Timeout: {PerRequest: {Unit: s, Value: §16}}"),
            vec!["listener-timeout-shorter"],
        ),
        (
            spec(&format!(
                ", {retry}, Timeout: {{PerRequest: {{Unit: s, Value: §5}}}}"
            )),
            vec!["unsafe-retries", "timeout-below-retries"],
        ),
        (other, vec!["protocol-mismatch"; 2]),
        (unused, vec!["router-never-used"]),
        (backends, vec!["duplicate-backend", "missing-backend"]),
    ];
    for (text, codes) in rows {
        warned(&text, &codes);
    }
}

#[test]
fn what_looks_wrong_and_is_not_loads_without_a_word() {
    let rows = [
        "  X: {Type: AWS::AppMesh::VirtualService, Properties: {MeshName: m, VirtualServiceName: s, Spec: {}}}\n",
        "  X: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: m, Spec: {}}}\n",
        "  X: {Type: AWS::AppMesh::VirtualNode, DependsOn: M, §Properties: {MeshName: !GetAtt M.MeshName, Spec:}}\n",
    ];
    for resource in rows.iter().take(2) {
        warned(&template(resource), &[]);
    }
    refused(&template(rows[2]), &["missing-property"]);
    for spec in ["Spec: {}", "Spec:", "Spec: {EgressFilter: null}"] {
        let text = format!(
            "Resources: {{M: {{Type: AWS::AppMesh::Mesh, Properties: {{MeshName: m, {spec}}}}}}}"
        );
        warned(&text, &[]);
    }
}

#[test]
fn numbers_may_be_texts_and_names_may_be_left_out() {
    let text = template(
        "  Orders: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: !GetAtt M.MeshName, Spec: {\
         Listeners: [{PortMapping: {Port: '8080', Protocol: http2}, Timeout: {HTTP2: {PerRequest: {Unit: ms, Value: '1500'}}}}],\
         ServiceDiscovery: {AWSCloudMap: {NamespaceName: ns, ServiceName: svc, Attributes: [{Key: v, Value: 1}]}}}}}\n  \
         All: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: m, Spec: {ServiceDiscovery: \
         {DNS: {Hostname: h, ResponseType: ENDPOINTS}}}}}\n",
    );
    let config = Config::parse("m", &text).unwrap_or_else(|errors| panic!("{errors}"));
    let node = config
        .mesh()
        .virtual_node("Orders")
        .expect("named by its logical id");
    assert_eq!(node.listeners[0].port.get(), 8080);
    assert_eq!(
        node.listeners[0].timeout.per_request,
        Some(Duration::from_millis(1500))
    );
    let Some(ServiceDiscovery::AwsCloudMap { attributes, .. }) = &node.service_discovery else {
        panic!("{node:?}");
    };
    let [(key, value)] = &attributes[..] else {
        panic!("{attributes:?}");
    };
    assert_eq!((key.as_str(), value.as_str()), ("v", "1"));
    let all = config
        .mesh()
        .virtual_node("All")
        .and_then(|node| node.service_discovery.clone());
    let response_type = DnsResponseType::Endpoints;
    assert_eq!(
        all,
        Some(ServiceDiscovery::Dns {
            hostname: "h".to_owned(),
            response_type
        })
    );
}

#[test]
fn several_documents_are_one_mesh_and_several_meshes_are_chosen_from() {
    let two = "Resources:\n  N: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: n}}\n";
    let both = || {
        Config::reader()
            .document("a.yaml", template(&node("a")))
            .document("b.yaml", two)
    };
    let errors = both().read().unwrap_err();
    assert_eq!(codes(&errors), ["several-meshes"]);
    for way in ["`m`, `n`", "`Reader::mesh`", "`--mesh NAME`"] {
        assert!(errors.to_string().contains(way), "{errors}");
    }
    let counts = |name: &str| {
        both()
            .mesh(name)
            .read()
            .unwrap()
            .mesh()
            .virtual_nodes()
            .count()
    };
    assert_eq!((counts("m"), counts("n")), (1, 0));
    let missing = both().mesh("o").read().unwrap_err();
    assert_eq!(codes(&missing), ["missing-mesh"]);
    assert!(missing.to_string().starts_with("a.yaml:1:1: "), "{missing}");
    let alone = node("a").replace("  a:", "Resources:\n  a:");
    warned(
        &alone.replace("Name: m,", "Name: §m,"),
        &["mesh-not-defined"],
    );
    let streams = format!("{}---\n{}", template(""), alone);
    assert_eq!(Config::parse("m", &streams).unwrap().resources(), 2);
}

#[test]
fn ports_and_routes_that_leave_a_choice_open_are_warned_of() {
    let plain = routed(&format!("{{HttpRoute: {{Match: {{}}, {ONE}}}}}"));
    let one = "[{PortMapping: {Port: 80, Protocol: http}}]";
    let two =
        "[{PortMapping: {Port: 80, Protocol: http}}, {PortMapping: {Port: 81, Protocol: http}}]";
    let line = |name: &str| {
        let mut lines = plain.lines().filter(|line| line.starts_with(name));
        lines.next().expect("the resource is there").to_owned()
    };
    let with = |name: &str| plain.replace(&line(name), &line(name).replace(one, two));
    let again = plain
        .replace("\n  T:", "\n  T2:")
        .replace("RouteName: t", "RouteName: §t2");
    let (_, again) = again
        .split_once("  T2:")
        .expect("the route is the last resource");
    let limit = "[{Timeout: {§HTTP2: {Idle: {Unit: s, Value: 1}}}, PortMapping: {Port: 80, Protocol: http}}]";
    let (routeless, _) = plain
        .split_once("  T:")
        .expect("the route is the last resource");
    let rows = [
        (
            with("  R").replace("Match:", "§Match:"),
            "match-port-missing",
        ),
        (
            with("  a").replace("VirtualNode: a", "VirtualNode: §a"),
            "target-port-missing",
        ),
        (format!("{plain}  T2:{again}"), "same-conditions"),
        (plain.replacen(one, limit, 1), "timeout-protocol-mismatch"),
        (
            routeless.replace("RouterName: r, ", "RouterName: §r, "),
            "router-without-routes",
        ),
        (
            template(
                "  X: {Type: AWS::AppMesh::VirtualNode, Properties: {MeshName: m, Spec: {Listeners: §[]}}}\n",
            ),
            "empty-listeners",
        ),
    ];
    for (text, code) in rows {
        warned(&text, &[code]);
    }
}

#[test]
fn a_value_that_nothing_asks_for_is_warned_of_with_the_nearest_name() {
    let text = format!(
        "Parameters: {{Stage: {{Type: String, Default: test}}}}\n{}",
        template("  Cdn: {Type: AWS::CloudFront::Distribution}\n")
    );
    let given = |name: &str| {
        Config::reader()
            .parameter(name, "x")
            .document("m", text.as_str())
    };
    for used in ["Stage", "Cdn", "Cdn.DomainName", "M.Arn", "AWS::Region"] {
        assert_eq!(given(used).read().unwrap().warnings(), [], "{used}");
    }
    let config = given("Stagge").read().unwrap();
    let [warning] = config.warnings() else {
        panic!("{:?}", config.warnings())
    };
    assert_eq!(
        warning.to_string(),
        "m:1:1: warning[unused-parameter]: a value is given for the parameter `Stagge`, which nothing here declares or uses; \
         did you mean `Stage`?"
    );
    let declared = "Parameters: {Stagge: {Type: String}}\nResources: {}";
    let elsewhere = given("Stagge").document("n", declared).read().unwrap();
    assert_eq!(elsewhere.warnings(), []);
    let unread = given("Stagge").document("n", "a: [").read().unwrap_err();
    assert_eq!(unread.warnings().count(), 0, "{unread}");
}

#[test]
fn a_refused_configuration_knows_how_many_resources_it_had() {
    let bad = template(&node("a").replace("Port: 80", "Port: 0"));
    let broken = || {
        Config::reader()
            .document("a", bad.as_str())
            .document("b", "a: [")
    };
    assert_eq!(broken().read().unwrap_err().resources(), 2);
    let built = Mesh::builder("m").virtual_node(VirtualNode::builder(""));
    assert_eq!(built.build().unwrap_err().resources(), 2);
}
