//! Resources: unknown and missing properties, types, ranges, references, and what this version leaves out.

use super::{ONE, codes, matching, node, refused, refused_by, routed, template};
use crate::config::{Config, HeaderMatcher, RouteMatch};
use std::time::Duration;

#[test]
fn broken_routes_are_refused_at_the_place_to_mend() {
    let to = |targets: &str| {
        format!("{{HttpRoute: {{Match: {{}}, Action: {{WeightedTargets: {targets}}}}}}}")
    };
    let rows = [
        (
            format!("{{§HttpRout: {{Match: {{}}, {ONE}}}}}"),
            "unknown-property",
        ),
        (
            format!("{{HttpRoute: {{§match: {{}}, {ONE}}}}}"),
            "unknown-property",
        ),
        ("{§HttpRoute: {Match: {}}}".to_owned(), "missing-property"),
        (
            format!("{{HttpRoute: {{Match: §[], {ONE}}}}}"),
            "wrong-type",
        ),
        (
            format!("{{Priority: §high, HttpRoute: {{Match: {{}}, {ONE}}}}}"),
            "wrong-type",
        ),
        (
            format!("{{Priority: §1001, HttpRoute: {{Match: {{}}, {ONE}}}}}"),
            "out-of-range",
        ),
        (
            format!("{{HttpRoute: {{Match: {{}}, {ONE}}}, §Http2Route: {{Match: {{}}, {ONE}}}}}"),
            "several-choices",
        ),
        (to("§[]"), "no-targets"),
        (
            to("§[{VirtualNode: a, Weight: 0}, {VirtualNode: b, Weight: 0}]"),
            "zero-total-weight",
        ),
        (to("[{VirtualNode: a, Weight: §101}]"), "out-of-range"),
        (to("[{VirtualNode: §A, Weight: 1}]"), "missing-target"),
        (to("[§{VirtualNode: a}]"), "missing-property"),
        (
            to("[{VirtualNode: a, Weight: 1, Port: §81}]"),
            "missing-listener",
        ),
        (
            to(&format!(
                "§[{}]",
                ["{VirtualNode: a, Weight: 1}"; 11].join(", ")
            )),
            "too-many-targets",
        ),
    ];
    for (spec, code) in rows {
        refused(&routed(&spec), &[code]);
    }
}

#[test]
fn broken_policies_are_refused_at_the_place_to_mend() {
    let http = |rest: &str| format!("{{HttpRoute: {{Match: {{}}, {ONE}{rest}}}}}");
    let each = "PerRetryTimeout: {Unit: s, Value: 1}";
    let rows = [
        (
            http(&format!(", §RetryPolicy: {{MaxRetries: 1, {each}}}")),
            "missing-retry-event",
        ),
        (
            http(", §RetryPolicy: {MaxRetries: 1, HttpRetryEvents: [server-error]}"),
            "missing-property",
        ),
        (
            http(&format!(
                ", RetryPolicy: {{MaxRetries: §-1, {each}, HttpRetryEvents: [server-error]}}"
            )),
            "out-of-range",
        ),
        (
            http(&format!(
                ", RetryPolicy: {{MaxRetries: 1, {each}, HttpRetryEvents: [§server_error]}}"
            )),
            "unknown-retry-event",
        ),
        (
            http(", Timeout: {PerRequest: {Unit: §m, Value: 1}}"),
            "unknown-value",
        ),
        (
            http(", Timeout: {PerRequest: {Unit: s, Value: §-1}}"),
            "out-of-range",
        ),
        (
            http(", Timeout: {PerRequest: {Unit: s, Value: §2147483648}}"),
            "out-of-range",
        ),
        (
            http(", Timeout: {PerRequest: {Unit: ms, Value: §2147483648000}}"),
            "out-of-range",
        ),
    ];
    for (spec, code) in rows {
        refused(&routed(&spec), &[code]);
    }
}

#[test]
fn an_unknown_retry_event_lists_those_there_are() {
    let text = routed(&format!(
        "{{HttpRoute: {{Match: {{}}, {ONE}, RetryPolicy: {{MaxRetries: 1, PerRetryTimeout: {{Unit: s, Value: 1}}, \
         HttpRetryEvents: [gateway_error]}}}}}}"
    ));
    let errors = Config::parse("m", &text).unwrap_err().to_string();
    assert!(
        errors.ends_with(
            "error[unknown-retry-event]: `gateway_error` is no retry event (did you mean `gateway-error`?): \
             write one of `server-error`, `gateway-error`, `client-error`, `stream-error`"
        ),
        "{errors}"
    );
}

#[test]
fn broken_conditions_are_refused_at_the_place_to_mend() {
    let rows = [
        ("Prefix: §api", "prefix-without-slash"),
        ("Prefix: /, §Path: {Exact: /a}", "several-choices"),
        ("§Path: {}", "missing-property"),
        ("Path: {Exact: /a, §Regex: /b}", "several-choices"),
        ("Path: {Exact: §a}", "path-without-slash"),
        ("Path: {Regex: §'/(a'}", "bad-regex"),
        ("Method: §get", "unknown-value"),
        ("Scheme: §ftp", "unknown-value"),
        ("Port: §81", "missing-listener"),
        ("Port: §'80x'", "wrong-type"),
        ("Headers: §[]", "empty-list"),
        ("Headers: [{Name: §'a b'}]", "bad-header-name"),
        ("Headers: [{Name: x, §Match: {}}]", "missing-property"),
        (
            "Headers: [{Name: x, Match: {Exact: a, §Prefix: b}}]",
            "several-choices",
        ),
        (
            "Headers: [{Name: x, Match: {Range: {Start: 7, End: §7}}}]",
            "empty-range",
        ),
        ("Headers: [{Name: x, Invert: §maybe}]", "wrong-type"),
        (
            "QueryParameters: [{Name: q, §Match: {}}]",
            "missing-property",
        ),
        (
            "QueryParameters: [{Name: q, §Value: x}]",
            "unknown-property",
        ),
    ];
    for (conditions, code) in rows {
        refused(&matching(conditions), &[code]);
    }
    let headers = ["{Name: x}"; 11].join(", ");
    let text = matching(&format!("Headers: [{headers}]")).replace("Match: {H", "§Match: {H");
    refused(&text, &["too-many-items"]);
}

#[test]
fn conditions_are_read_and_words_count_as_booleans() {
    let text = matching(
        "Prefix: /, Method: GET, Scheme: https, Port: '80', Headers: [{Name: x, Invert: yes, Match: {Range: {Start: 1, End: 9}}}, \
         {Name: Host, Invert: off, Match: {Exact: 1}}], QueryParameters: [{Name: q, Match: {Exact: 'v'}}, {Name: p}]",
    );
    let config = Config::parse("m", &text).unwrap_or_else(|errors| panic!("{errors}"));
    let route = &config.mesh().virtual_router("r").unwrap().routes[0];
    let RouteMatch::Http(matches) = &route.matches else {
        panic!("{route:?}");
    };
    assert_eq!(matches.port.map(|port| port.get()), Some(80));
    let inverted: Vec<_> = matches.headers.iter().map(|header| header.invert).collect();
    assert_eq!(inverted, [true, false]);
    assert_eq!(matches.headers[0].matcher, Some(HeaderMatcher::range(1..9)));
    assert_eq!(matches.headers[1].matcher, Some(HeaderMatcher::exact("1")));
    let query: Vec<_> = matches
        .query_parameters
        .iter()
        .map(|q| q.exact.as_deref())
        .collect();
    assert_eq!(query, [Some("v"), None]);
}

#[test]
fn broken_resources_are_refused_at_the_place_to_mend() {
    let line = |kind: &str, rest: &str| {
        format!("  X: {{Type: AWS::AppMesh::{kind}, Properties: {{{rest}}}}}\n")
    };
    let vn = |spec: &str| line("VirtualNode", &format!("MeshName: m, Spec: {{{spec}}}"));
    let listens = "Listeners: [{PortMapping: {Port: 80, Protocol: http}}]";
    let dns = "ServiceDiscovery: {DNS: {Hostname: h}}";
    let cloud_map = |key: &str, value: &str| {
        let attribute = format!("Attributes: [{{Key: {key}, Value: {value}}}]");
        vn(&format!(
            "ServiceDiscovery: {{AWSCloudMap: {{NamespaceName: n, ServiceName: s, {attribute}}}}}"
        ))
    };
    let rows = [
        ("  §X: {Type: AWS::AppMesh::Virtualnode, Properties: {}}\n".to_owned(), "unknown-type"),
        ("  X: {Type: AWS::AppMesh::VirtualNode, §Properties: {MeshName: m}}\n".to_owned(), "missing-property"),
        ("  X: {Type: AWS::AppMesh::VirtualNode, §Properties: {MeshName: null, Spec: {}}}\n".to_owned(), "missing-property"),
        (line("VirtualNode", "MeshName: m, VirtualNodeName: §'a b', Spec: {}"), "invalid-name"),
        (line("VirtualNode", "MeshName: m, Spec: §5"), "wrong-type"),
        (vn(listens).replace("  X", "  §X"), "missing-service-discovery"),
        (vn("ServiceDiscovery: {§Dns: {Hostname: h}}"), "unknown-property"),
        (vn("ServiceDiscovery: {DNS: {Hostname: §'http://h'}}"), "bad-hostname"),
        (vn("ServiceDiscovery: {DNS: {Hostname: h}, §AWSCloudMap: {NamespaceName: n, ServiceName: s}}"), "several-choices"),
        (cloud_map("§'a b'", "v"), "bad-attribute"),
        (cloud_map("§''", "v"), "out-of-range"),
        (cloud_map("k", "§' v'"), "bad-attribute"),
        (vn("Logging: {AccessLog: {§File: {}}}"), "missing-property"),
        (vn("Logging: {AccessLog: {File: {Path: §''}}}"), "out-of-range"),
        (vn("Logging: {AccessLog: {File: {Path: [/a]}}}").replace("[/a]", "§[/a]"), "wrong-type"),
        (vn("Logging: {AccessLog: {File: {§path: /a}}}"), "unknown-property"),
        (vn(&format!("{listens}, §ServiceDiscovery: {{}}")), "missing-property"),
        (vn(&format!("Listeners: [{{PortMapping: {{Port: §0, Protocol: http}}}}], {dns}")), "out-of-range"),
        (vn(&format!("Listeners: [{{PortMapping: {{Port: 80, Protocol: §HTTP}}}}], {dns}")), "unknown-value"),
        (line("VirtualRouter", "MeshName: m, Spec: {Listeners: §[]}"), "empty-list"),
        (line("VirtualService", "MeshName: m, VirtualServiceName: s, Spec: {Provider: {VirtualNode: {VirtualNodeName: §n}}}"), "missing-provider"),
        (line("VirtualService", "MeshName: m, VirtualServiceName: s, Spec: {§Provider: {}}"), "missing-property"),
        ("  X: {Type: AWS::AppMesh::VirtualNode, Condition: §C, Properties: {MeshName: m, Spec: {}}}\n".to_owned(), "missing-reference"),
        ("  §Fn::ForEach::X: [a, [b], {}]\n".to_owned(), "unsupported-for-each"),
    ];
    for (resource, code) in &rows {
        refused(&template(resource), &[code]);
    }
}

#[test]
fn names_and_ports_that_are_taken_twice_name_the_first_place() {
    let second = node("a")
        .replace("  a:", "  A:")
        .replace("Name: a,", "Name: §a,")
        .replace("a.local", "b.local");
    let text = template(&format!("{}{second}", node("a")));
    refused(&text, &["duplicate-name"]);
    let errors = Config::parse("m", &text.replace('§', ""))
        .unwrap_err()
        .to_string();
    assert!(
        errors.contains("a virtual node named `a` already (line 3)"),
        "{errors}"
    );
    let twice =
        "[{PortMapping: {Port: 80, Protocol: http}}, {PortMapping: {Port: §80, Protocol: http}}]";
    let text = template(&node("a").replace("[{PortMapping: {Port: 80, Protocol: http}}]", twice));
    refused(&text, &["duplicate-listener"]);
}

#[test]
fn api_spelling_is_answered_with_the_right_one() {
    let listener = "Timeout: {http: {}}, OutlierDetection: {maxServerErrors: 5, MaxEjectionPercent: 50, \
                    Interval: {Unit: s, Value: 30}, BaseEjectionDuration: {Unit: s, Value: 5}}, PortMapping";
    let text = template(&node("a").replace("PortMapping", listener));
    let errors = Config::parse("m", &text).unwrap_err();
    assert_eq!(codes(&errors), ["unknown-property"; 2], "{errors}");
    for meant in ["did you mean `HTTP`?", "did you mean `MaxServerErrors`?"] {
        assert!(errors.to_string().contains(meant), "{errors}");
    }
}

#[test]
fn all_problems_are_reported_at_once_and_none_twice() {
    let text = routed(
        "{Priority: x, HttpRoute: {Match: {Prefix: a}, Action: {WeightedTargets: [{VirtualNode: !Ref Gone, Weight: 200}]}}}",
    );
    let errors = Config::parse(
        "m",
        &text.replace("VirtualNodeName: b", "VirtualNodeNam: b"),
    )
    .unwrap_err();
    assert_eq!(
        codes(&errors),
        [
            "unknown-property",
            "wrong-type",
            "prefix-without-slash",
            "missing-reference"
        ],
        "{errors}"
    );
}

#[test]
fn numbers_that_two_versions_of_yaml_read_differently_are_refused() {
    let weight = |text: &str| {
        routed(&format!(
            "{{HttpRoute: {{Match: {{Prefix: /}}, Action: {{WeightedTargets: [{{VirtualNode: a, Weight: {text}}}]}}}}}}"
        ))
    };
    for text in [
        "§010", "§0x1F", "§0o17", "§1_0", "§10.5", "§10.", "§.0", "§1e1", "§1e400", "§.nan",
        "§'01'",
    ] {
        refused(&weight(text), &["wrong-type"]);
    }
    for text in ["10", "'10'", "+10", "10.0", "'10.00'"] {
        assert!(Config::parse("m", &weight(text)).is_ok(), "{text}");
    }
}

#[test]
fn the_same_resource_twice_counts_once_and_two_that_differ_name_both_places() {
    let once = template(&node("a"));
    let both = |second: &str| {
        let reader = Config::reader().document("a.yaml", once.as_str());
        reader.document("b.yaml", second).read()
    };
    let config = both(&once).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((config.resources(), config.warnings()), (2, &[][..]));
    let reordered = once
        .replace(
            "MeshName: m, VirtualNodeName: a,",
            "VirtualNodeName: \"a\", MeshName: 'm',",
        )
        .replace("80", "'80'")
        .replace("  a:", "  Other:");
    assert_eq!(
        both(&reordered).map(|config| config.resources()).ok(),
        Some(2)
    );
    for (text, line) in [
        (once.replace("Port: 80", "Port: 81"), "b.yaml:3:83: error[duplicate-name]: there is a virtual node named `a` already (a.yaml:3:83)"),
        (once.replace("MeshName: m}", "MeshName: m, Spec: {EgressFilter: {Type: ALLOW_ALL}}}"), "b.yaml:2:56: error[duplicate-name]: there is a mesh named `m` already (a.yaml:2:56)"),
        (once.replace("Listeners: [{", "Listeners: [{HealthCheck: {Protocol: http, HealthyThreshold: 2, UnhealthyThreshold: 2, IntervalMillis: 5000, TimeoutMillis: 5000}, "), "b.yaml:3:83: error[duplicate-name]: "),
    ] {
        let errors = both(&text).expect_err(&text);
        assert_eq!(codes(&errors), ["duplicate-name"], "{errors}");
        let found = errors.to_string();
        assert!(found.lines().any(|found| found.starts_with(line)), "{found}");
    }
    let other = once
        .replace("MeshName: m", "MeshName: n")
        .replace("Port: 80", "Port: 81");
    let reader = Config::reader()
        .document("a.yaml", once.as_str())
        .document("b.yaml", other);
    assert!(
        reader.mesh("m").read().is_ok(),
        "one of another mesh is another"
    );
}

#[test]
fn thirty_days_may_be_said_in_milliseconds() {
    let text = node("a").replace(
        "PortMapping",
        "Timeout: {HTTP: {Idle: {Unit: ms, Value: 2592000000}}}, PortMapping",
    );
    let config = Config::parse("m", &template(&text)).unwrap_or_else(|errors| panic!("{errors}"));
    let node = config.mesh().virtual_node("a").expect("the node is there");
    let days = Duration::from_secs(30 * 24 * 60 * 60);
    assert_eq!(node.listeners[0].timeout.idle, Some(days));
}

#[test]
fn an_empty_list_may_be_left_out_only_where_its_key_may() {
    let router = "  X: {Type: AWS::AppMesh::VirtualRouter, Properties: {MeshName: m, Spec: {Listeners: []}}}\n";
    for (text, optional) in [(template(router), false), (matching("Headers: []"), true)] {
        let errors = Config::parse("m", &text).unwrap_err();
        assert_eq!(codes(&errors), ["empty-list"], "{errors}");
        assert_eq!(
            errors.to_string().contains("leave its key out"),
            optional,
            "{errors}"
        );
    }
}

#[test]
fn an_attribute_that_no_instance_bears_is_told_with_what_to_write() {
    let discovered = |attributes: &str| {
        template(&format!(
            "  N: {{Type: AWS::AppMesh::VirtualNode, Properties: {{MeshName: m, VirtualNodeName: n, Spec: {{\
             Listeners: [{{PortMapping: {{Port: 80, Protocol: http}}}}], ServiceDiscovery: {{AWSCloudMap: {{\
             NamespaceName: local, ServiceName: n, Attributes: [{{{attributes}}}]}}}}}}}}}}\n"
        ))
    };
    let key = discovered("Key: §'my stage', Value: blue");
    let value = discovered("Key: stage, Value: §blåu");
    for (text, part) in [(key, "key"), (value, "value")] {
        let report = refused_by(Config::reader(), &text, &["bad-attribute"]);
        let remedy = format!(": write the {part} that the instances are registered with");
        assert!(report.contains(&remedy), "{report}");
    }
    refused(&discovered("Key: stage, Value: §''"), &["out-of-range"]);
}
