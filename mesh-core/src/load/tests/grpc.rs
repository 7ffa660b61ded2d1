//! Routes for gRPC.

use super::{ONE, refused, routed, warned};
use crate::config::{
    Config, GrpcRetryEvent, GrpcRouteMatch, HeaderMatcher, HttpRetryEvent, Route, RouteMatch,
    TcpRetryEvent,
};

/// Router, nodes and a gRPC route with this match and these members, all of which speak gRPC.
fn calling(conditions: &str, rest: &str) -> String {
    let limit = "Timeout: {PerRequest: {Unit: s, Value: 15}}";
    let route = format!("{{GrpcRoute: {{Match: {{{conditions}}}, {limit}, {ONE}{rest}}}}}");
    routed(&route).replace("Protocol: http}", "Protocol: grpc}")
}

fn route(text: &str) -> Route {
    let config = Config::parse("m", text).unwrap_or_else(|errors| panic!("{text}\n{errors}"));
    let mut warnings = config.warnings().iter();
    let meant = ["unsafe-retries", "inverted-needs-header"];
    assert!(warnings.all(|w| meant.contains(&w.code)), "{text}");
    let router = config
        .mesh()
        .virtual_router("r")
        .expect("the router is there");
    router.routes[0].clone()
}

fn matches(conditions: &str) -> GrpcRouteMatch {
    match route(&calling(conditions, "")).matches {
        RouteMatch::Grpc(matches) => matches,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_match_may_name_a_service_a_method_metadata_and_a_port() {
    assert_eq!(matches(""), GrpcRouteMatch::default());
    let found = matches(
        "ServiceName: shop.Orders, MethodName: Place, Port: '80', Metadata: [{Name: a, Match: {Exact: x}}, \
         {Name: b, Match: {Prefix: x}}, {Name: c, Match: {Suffix: x}}, {Name: d, Match: {Regex: x.*}}, \
         {Name: e, Invert: true, Match: {Range: {Start: 1, End: 9}}}, {Name: f, Invert: yes}]",
    );
    assert_eq!(found.service_name.as_deref(), Some("shop.Orders"));
    assert_eq!(found.method_name.as_deref(), Some("Place"));
    assert_eq!(found.port.map(|port| port.get()), Some(80));
    let metadata: Vec<_> = found
        .metadata
        .into_iter()
        .map(|condition| (condition.matcher, condition.invert))
        .collect();
    let wanted = [
        (Some(HeaderMatcher::exact("x")), false),
        (Some(HeaderMatcher::prefix("x")), false),
        (Some(HeaderMatcher::suffix("x")), false),
        (Some(HeaderMatcher::regex("x.*")), false),
        (Some(HeaderMatcher::range(1..9)), true),
        (None, true),
    ];
    assert_eq!(metadata, wanted);
}

#[test]
fn a_policy_may_name_events_of_grpc_of_http_and_of_tcp() {
    let policy = ", RetryPolicy: {MaxRetries: 2, PerRetryTimeout: {Unit: s, Value: 1}, TcpRetryEvents: [connection-error], \
                  HttpRetryEvents: [gateway-error], GrpcRetryEvents: [cancelled, deadline-exceeded, internal, \
                  resource-exhausted, unavailable]}";
    let policy = route(&calling("", policy)).retry_policy.expect("a policy");
    assert_eq!(policy.http_events, [HttpRetryEvent::GatewayError]);
    assert_eq!(policy.tcp_events, [TcpRetryEvent::ConnectionError]);
    let wanted = [
        GrpcRetryEvent::Cancelled,
        GrpcRetryEvent::DeadlineExceeded,
        GrpcRetryEvent::Internal,
        GrpcRetryEvent::ResourceExhausted,
        GrpcRetryEvent::Unavailable,
    ];
    assert_eq!(policy.grpc_events, wanted);
}

#[test]
fn broken_grpc_routes_are_refused_at_the_place_to_mend() {
    let rows = [
        ("MethodName: §Place", "method-without-service"),
        ("ServiceName: §/shop.Orders", "bad-grpc-name"),
        ("ServiceName: §'shop Orders'", "bad-grpc-name"),
        ("ServiceName: §''", "out-of-range"),
        ("ServiceName: s, MethodName: §a/b", "bad-grpc-name"),
        ("§Prefix: /", "unknown-property"),
        ("§Headers: [{Name: x}]", "unknown-property"),
        ("Metadata: §[]", "empty-list"),
        (
            "Metadata: [{Name: x, Match: {Exact: a, §Suffix: b}}]",
            "several-choices",
        ),
        ("Metadata: [{Name: x, Match: {Regex: §(}}]", "bad-regex"),
    ];
    for (conditions, code) in rows {
        refused(&calling(conditions, ""), &[code]);
    }
    let long = |length| format!("ServiceName: §{}", "s".repeat(length));
    warned(&calling(&long(1024).replace('§', ""), ""), &[]);
    refused(&calling(&long(1025), ""), &["out-of-range"]);
    let policy = |events: &str| {
        let policy = format!(
            ", §RetryPolicy: {{MaxRetries: 1, PerRetryTimeout: {{Unit: s, Value: 1}}{events}}}"
        );
        calling("", &policy)
    };
    refused(&policy(""), &["missing-retry-event"]);
    let unknown = policy(", GrpcRetryEvents: [§not-found]").replace("§Retry", "Retry");
    refused(&unknown, &["unknown-retry-event"]);
}

#[test]
fn routes_for_the_same_method_are_told_apart_from_those_for_another() {
    let text = calling("ServiceName: s, MethodName: A", "");
    let (rest, again) = text
        .split_once("  T:")
        .expect("the route is the last resource");
    let both = |second: &str| {
        let again = again
            .replace("RouteName: t", "RouteName: §t2")
            .replace("Name: A", second);
        format!(
            "{rest}  T:{}  T2:{again}",
            text.split_once("  T:").expect("there").1
        )
    };
    warned(&both("Name: A"), &["same-conditions"]);
    warned(&both("Name: B").replace('§', ""), &[]);
}
