//! Checked properties into a route's draft.

use super::{
    Read,
    resolved::{Member, Resolved},
    spec::{duration, timeout},
    template::Resource,
};
use crate::{
    config::{
        GrpcRetryEvent, HeaderMatcher, HttpRetryEvent, PathMatch, QueryParameter, RetryPolicy,
        TcpRetryEvent,
        draft::{Gaps, HeaderDraft, MatchDraft, RouteDraft, Said, TargetDraft},
    },
    error::{Place, Problems},
    unit::Protocol,
};

/// Whether it is a route for something else than HTTP and gRPC, as it was written.
pub(super) fn is_left_out(resource: Resource<'_>) -> bool {
    let written = |key: &str| {
        let route = resource.property("Spec").and_then(|spec| spec.member(key));
        route.is_some_and(|route| !route.is_null())
    };
    resource.kind == "AWS::AppMesh::Route"
        && written("TcpRoute")
        && !KINDS.iter().any(|(key, _)| written(key))
}

/// A route for HTTP or gRPC; `None` for what is left out, which is said already.
pub(super) fn read(
    read: &Read<'_>,
    gaps: &mut Gaps,
    problems: &mut Problems,
) -> Option<RouteDraft> {
    let spec = read.properties.at(&["Spec"]);
    let kind = KINDS.iter().find_map(|(key, protocol)| {
        let member = spec?.members().iter().find(|member| member.key == *key)?;
        let read = spec?.at(&[key]).is_some();
        read.then_some((member, *protocol))
    });
    let router = read.properties.text(&["VirtualRouterName"]);
    let Some((member, protocol)) = kind else {
        gaps.left_out_routes
            .extend(router.map(|router| router.value));
        return None;
    };
    let Member {
        key_place,
        value: route,
        ..
    } = member;
    let before = problems.errors();
    let place = |key: &str| place(route, key, key_place);
    let matches = route.at(&["Match"]).map(matches).unwrap_or_default();
    let targets = route.items(&["Action", "WeightedTargets"]);
    let targets_place = match route.at(&["Action", "WeightedTargets"]) {
        Some(node) => node.place.clone(),
        None => place("Action"),
    };
    let policy = route.at(&["RetryPolicy"]);
    let policy = policy.and_then(|node| retry_policy(node, problems));
    let limits = route.at(&["Timeout"]);
    let limits = limits
        .map(|node| timeout(node, problems))
        .unwrap_or_default();
    Some(RouteDraft {
        mesh: read.mesh.clone(),
        router,
        name: read.name.clone(),
        priority: read.properties.number(&["Spec", "Priority"]),
        protocol: Said::new(protocol, key_place.clone()),
        matches: Said::new(matches, place("Match")),
        targets: Said::new(targets.iter().filter_map(target).collect(), targets_place),
        retry_policy: policy.map(|policy| Said::new(policy, place("RetryPolicy"))),
        timeout: limits,
        whole: read.whole && problems.errors() == before,
    })
}

/// Where a member's key stands; where the route itself does, if it has none.
fn place(route: &Resolved, key: &str, route_place: &Place) -> Place {
    let mut members = route.members().iter();
    let member = members.find(|member| member.key == key);
    member.map_or_else(|| route_place.clone(), |member| member.key_place.clone())
}

fn matches(node: &Resolved) -> MatchDraft {
    let prefix = node
        .text(&["Prefix"])
        .map(|said| said.map(PathMatch::Prefix));
    let exact = node
        .text(&["Path", "Exact"])
        .map(|said| said.map(PathMatch::Exact));
    let regex = node
        .text(&["Path", "Regex"])
        .map(|said| said.map(PathMatch::Regex));
    let headers = node.items(&["Headers"]).iter();
    let headers = headers.chain(node.items(&["Metadata"]));
    let parameters = node.items(&["QueryParameters"]).iter();
    MatchDraft {
        strict: false,
        hostname: None,
        path: prefix.or(exact).or(regex),
        method: node.text(&["Method"]),
        scheme: node.text(&["Scheme"]),
        port: node.number(&["Port"]),
        headers: headers.filter_map(header).collect(),
        query_parameters: parameters.filter_map(query_parameter).collect(),
        service_name: node.text(&["ServiceName"]),
        method_name: node.text(&["MethodName"]),
    }
}

fn header(node: &Resolved) -> Option<HeaderDraft> {
    Some(HeaderDraft {
        name: node.text(&["Name"])?,
        invert: node.flag(&["Invert"]).unwrap_or_default(),
        matcher: node.at(&["Match"]).and_then(header_matcher),
    })
}

fn header_matcher(node: &Resolved) -> Option<Said<HeaderMatcher>> {
    let text = |key, kind: fn(String) -> HeaderMatcher| Some(node.text(&[key])?.map(kind));
    let exact = text("Exact", HeaderMatcher::Exact);
    let affix =
        || text("Prefix", HeaderMatcher::Prefix).or_else(|| text("Suffix", HeaderMatcher::Suffix));
    let regex = || text("Regex", HeaderMatcher::Regex);
    exact.or_else(affix).or_else(regex).or_else(|| {
        let start = node.number(&["Range", "Start"])?.value;
        let end = node.number(&["Range", "End"])?;
        Some(end.map(|end| HeaderMatcher::Range { start, end }))
    })
}

fn query_parameter(node: &Resolved) -> Option<Said<QueryParameter>> {
    let exact = node.text(&["Match", "Exact"]).map(|said| said.value);
    let name = node.text(&["Name"])?;
    Some(name.map(|name| QueryParameter { name, exact }))
}

fn target(node: &Resolved) -> Option<TargetDraft> {
    Some(TargetDraft {
        virtual_node: node.text(&["VirtualNode"])?,
        weight: node.number(&["Weight"])?,
        port: node.number(&["Port"]),
    })
}

fn retry_policy(node: &Resolved, problems: &mut Problems) -> Option<RetryPolicy> {
    let Said { value, place } = node.number(&["MaxRetries"])?;
    let Ok(max_retries) = u32::try_from(value) else {
        let message = format!("retries are 0 to {}, not {value}", u32::MAX);
        problems.error("out-of-range", &place, message);
        return None;
    };
    let per_retry_timeout = duration(node.at(&["PerRetryTimeout"])?, problems)?;
    let mut policy = RetryPolicy::new(max_retries, per_retry_timeout);
    let http = node
        .items(&["HttpRetryEvents"])
        .iter()
        .filter_map(|event| event.text(&[]));
    policy
        .http_events
        .extend(http.filter_map(|event| http_event(&event.value)));
    let tcp = node.items(&["TcpRetryEvents"]).iter();
    policy
        .tcp_events
        .extend(tcp.map(|_| TcpRetryEvent::ConnectionError));
    let grpc = node.items(&["GrpcRetryEvents"]).iter();
    let grpc = grpc.filter_map(|event| grpc_event(&event.text(&[])?.value));
    policy.grpc_events.extend(grpc);
    Some(policy)
}

fn http_event(name: &str) -> Option<HttpRetryEvent> {
    Some(match name {
        "server-error" => HttpRetryEvent::ServerError,
        "gateway-error" => HttpRetryEvent::GatewayError,
        "client-error" => HttpRetryEvent::ClientError,
        "stream-error" => HttpRetryEvent::StreamError,
        _ => return None,
    })
}

fn grpc_event(name: &str) -> Option<GrpcRetryEvent> {
    Some(match name {
        "cancelled" => GrpcRetryEvent::Cancelled,
        "deadline-exceeded" => GrpcRetryEvent::DeadlineExceeded,
        "internal" => GrpcRetryEvent::Internal,
        "resource-exhausted" => GrpcRetryEvent::ResourceExhausted,
        "unavailable" => GrpcRetryEvent::Unavailable,
        _ => return None,
    })
}

const KINDS: [(&str, Protocol); 3] = [
    ("HttpRoute", Protocol::Http),
    ("Http2Route", Protocol::Http2),
    ("GrpcRoute", Protocol::Grpc),
];
