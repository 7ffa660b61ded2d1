//! C: what the schema of Kubernetes' objects refuses.

use super::{TO_ORDERS, node, object, object_refused, routed, router};

#[test]
fn numbers_words_and_types_are_those_of_the_schema() {
    let port = |port: &str| node(&format!("listeners: [{{portMapping: {port}}}]"));
    let target = |rest: &str| {
        let action = format!("action: {{weightedTargets: [{rest}]}}");
        router(&format!("  - {{name: all, tcpRoute: {{{action}}}}}"))
    };
    let tls = |tls: &str| {
        node(&format!(
            "listeners: [{{portMapping: {{port: 443, protocol: http}}, tls: {tls}}}]"
        ))
    };
    let files = "certificate: {file: {certificateChain: /c, privateKey: /k}}";
    let prefix = "match: {prefix: /}";
    let rows = [
        (
            "C01",
            port("{port: §70000, protocol: http}"),
            "out-of-range",
        ),
        (
            "C02",
            port("{port: 443, protocol: §https}"),
            "unknown-value",
        ),
        ("C02", port("{port: 443, protocol: §HTTP}"), "unknown-value"),
        (
            "C03",
            target("{virtualNodeRef: {name: orders}, weight: §101}"),
            "out-of-range",
        ),
        (
            "C06",
            routed(prefix).replace("name: all", "name: all, priority: §1001"),
            "out-of-range",
        ),
        (
            "C10",
            tls(&format!("{{mode: §strict, {files}}}")),
            "unknown-value",
        ),
        ("C16", port("{port: §'8080', protocol: http}"), "wrong-type"),
        (
            "C17",
            routed("match: {prefix: /, method: §get}"),
            "unknown-value",
        ),
        (
            "C19",
            routed(&format!(
                "{prefix}, timeout: {{perRequest: {{unit: s, value: §-1}}}}"
            )),
            "out-of-range",
        ),
    ];
    for (case, marked, code) in rows {
        object_refused(case, &marked, &[code]);
    }
}

#[test]
fn what_is_required_is_there_and_lists_are_not_empty() {
    let retry = |policy: &str| routed(&format!("match: {{prefix: /}}, {policy}"));
    let target = |targets: &str| {
        router(&format!(
            "  - {{name: all, tcpRoute: {{action: {{weightedTargets: {targets}}}}}}}"
        ))
    };
    let trust = |authorities: &str| {
        let trust = format!("trust: {{acm: {{certificateAuthorityARNs: {authorities}}}}}");
        node(&format!(
            "backendDefaults: {{clientPolicy: {{tls: {{validation: {{{trust}}}}}}}}}"
        ))
    };
    let authority = "§arn:aws:acm-pca:us-west-2:111122223333:certificate-authority/x";
    let unvalidated = node("backendDefaults: {clientPolicy: {§tls: {enforce: true}}}");
    let rows = [
        ("C04", target("§[]"), "no-targets"),
        (
            "C05",
            target("[§{virtualNodeRef: {name: orders}}]"),
            "missing-property",
        ),
        (
            "C08",
            retry(
                "retryPolicy: {maxRetries: 2, perRetryTimeout: {unit: ms, value: 100}, httpRetryEvents: [§5xx]}",
            ),
            "unknown-retry-event",
        ),
        (
            "C09",
            retry("§retryPolicy: {maxRetries: 2, httpRetryEvents: [server-error]}"),
            "missing-property",
        ),
        ("C13", trust("§[]"), "empty-list"),
        ("C14", trust(authority), "wrong-type"),
        ("C15", unvalidated, "missing-property"),
        (
            "C18",
            routed("match: {prefix: /, headers: §[]}"),
            "empty-list",
        ),
        (
            "C20",
            object("VirtualRouter", "spec: {listeners: §[], routes: []}"),
            "empty-list",
        ),
    ];
    for (case, marked, code) in rows {
        object_refused(case, &marked, &[code]);
    }
}

#[test]
fn every_number_of_a_health_check_is_told_of() {
    let check = "healthCheck: {protocol: http, path: /ok, healthyThreshold: §1, unhealthyThreshold: §1, intervalMillis: §1000, timeoutMillis: §500}";
    let marked = node(&format!(
        "listeners: [{{portMapping: {{port: 80, protocol: http}}, {check}}}]"
    ));
    object_refused("C07", &marked, &["out-of-range"; 4]);
}

#[test]
fn another_form_s_spelling_is_told_once_with_the_right_one() {
    let listener = "portMapping: {port: 443, protocol: http}";
    let arn = "arn:aws:acm:us-west-2:111122223333:certificate/x";
    let certificate =
        format!("tls: {{mode: STRICT, certificate: {{acm: {{§certificateArn: '{arn}'}}}}}}");
    let discovery = "spec: {serviceDiscovery: {dns: {§hostName: checkout.web}}}";
    let rows = [
        (
            "C11",
            node(&format!("listeners: [{{{listener}, {certificate}}}]")),
            "`certificateARN`",
        ),
        ("C12", object("VirtualNode", discovery), "`hostname`"),
    ];
    for (case, marked, meant) in rows {
        let report = object_refused(case, &marked, &["unknown-property"]);
        assert!(
            report.contains(&format!("did you mean {meant}?")),
            "{report}"
        );
    }
}

#[test]
fn mistakes_in_several_routes_are_all_told() {
    let route = |name: &str, rest: &str| {
        format!("  - {{name: {name}, httpRoute: {{{TO_ORDERS}, {rest}}}}}\n")
    };
    let routes =
        route("a", "match: {prefix: §a}") + &route("b", "match: {prefix: /, method: §get}");
    object_refused(
        "C17",
        &router(&routes),
        &["prefix-without-slash", "unknown-value"],
    );
}
