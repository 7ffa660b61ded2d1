//! Checked properties into a route's draft.

use super::duration::{duration, timeout};
use crate::{
    config::{
        GrpcRetryEvent, HeaderMatcher, HttpRetryEvent, PathMatch, QueryParameter, RetryPolicy,
        TcpRetryEvent,
        draft::{HeaderDraft, MatchDraft, RouteDraft, Said, TargetDraft},
    },
    error::{Place, Problems},
    load::{
        read::Read,
        resolved::{Member, Resolved},
        shape::Form,
    },
    unit::Protocol,
};

/// A route; `None` if it cannot be told what it speaks.
pub(super) fn read(read: &Read, problems: &mut Problems) -> Option<RouteDraft> {
    let spec = read.properties.at(&["spec"])?;
    let names = (read.parent.clone(), read.name.clone());
    route(spec, read, names, problems)
}

/// The routes that a router itself holds, as it does in Kubernetes.
pub(super) fn of_router(router: &Read, problems: &mut Problems) -> Vec<RouteDraft> {
    let routes = router.properties.items(&["spec", "routes"]).iter();
    let routes = routes.filter_map(|spec| {
        let names = (Some(router.name.clone()), spec.text(&["name"])?);
        route(spec, router, names, problems)
    });
    routes.collect()
}

/// One route; `read` is what it was read with.
fn route(
    spec: &Resolved,
    read: &Read,
    (router, name): (Option<Said<String>>, Said<String>),
    problems: &mut Problems,
) -> Option<RouteDraft> {
    let (member, protocol) = kind_of(spec)?;
    let Member {
        key_place,
        value: route,
        ..
    } = member;
    let before = problems.errors();
    let place = |key: &str| place(route, key, key_place);
    let conditions = route.at(&["match"]).map(|node| matches(node, read.form));
    let targets = route.items(&["action", "weightedTargets"]);
    let targets_place = match route.at(&["action", "weightedTargets"]) {
        Some(node) => node.place.clone(),
        None => place("action"),
    };
    let policy = route.at(&["retryPolicy"]);
    let policy = policy.and_then(|node| retry_policy(node, problems));
    let limits = route.at(&["timeout"]).map(|node| timeout(node, problems));
    Some(RouteDraft {
        priority: spec.number(&["priority"]),
        protocol: Said::new(protocol, key_place.clone()),
        matches: Said::new(conditions.unwrap_or_default(), place("match")),
        targets: Said::new(targets.iter().filter_map(target).collect(), targets_place),
        retry_policy: policy.map(|policy| Said::new(policy, place("retryPolicy"))),
        timeout: limits.unwrap_or_default(),
        whole: read.whole && problems.errors() == before,
        mesh: read.mesh.clone(),
        router,
        name,
    })
}

/// The one member of a route's spec that says what it speaks, and what that is; `None` if there are several.
pub(super) fn kind_of(spec: &Resolved) -> Option<(&Member, Protocol)> {
    let mut kinds = KINDS.iter().filter_map(|(key, protocol)| {
        let member = spec.members().iter().find(|member| member.key == *key)?;
        Some((member, *protocol))
    });
    kinds.next().filter(|_| kinds.next().is_none())
}

/// Where a member's key stands; where the route itself does, if it has none.
pub(super) fn place(route: &Resolved, key: &str, route_place: &Place) -> Place {
    let mut members = route.members().iter();
    let member = members.find(|member| member.key == key);
    member.map_or_else(|| route_place.clone(), |member| member.key_place.clone())
}

pub(super) fn matches(node: &Resolved, form: Form) -> MatchDraft {
    let prefix = node
        .text(&["prefix"])
        .map(|said| said.map(PathMatch::Prefix));
    let exact = node
        .text(&["path", "exact"])
        .map(|said| said.map(PathMatch::Exact));
    let regex = node
        .text(&["path", "regex"])
        .map(|said| said.map(PathMatch::Regex));
    let headers = node.items(&["headers"]).iter();
    let headers = headers.chain(node.items(&["metadata"]));
    let parameters = node.items(&["queryParameters"]).iter();
    MatchDraft {
        strict: form == Form::Kubernetes,
        hostname: None,
        path: prefix.or(exact).or(regex),
        method: node.text(&["method"]),
        scheme: node.text(&["scheme"]),
        port: node.number(&["port"]),
        headers: headers.filter_map(header).collect(),
        query_parameters: parameters.filter_map(query_parameter).collect(),
        service_name: node.text(&["serviceName"]),
        method_name: node.text(&["methodName"]),
    }
}

fn header(node: &Resolved) -> Option<HeaderDraft> {
    Some(HeaderDraft {
        name: node.text(&["name"])?,
        invert: node.flag(&["invert"]).unwrap_or_default(),
        matcher: node.at(&["match"]).and_then(header_matcher),
    })
}

fn header_matcher(node: &Resolved) -> Option<Said<HeaderMatcher>> {
    let text = |key, kind: fn(String) -> HeaderMatcher| Some(node.text(&[key])?.map(kind));
    let exact = text("exact", HeaderMatcher::Exact);
    let affix =
        || text("prefix", HeaderMatcher::Prefix).or_else(|| text("suffix", HeaderMatcher::Suffix));
    let regex = || text("regex", HeaderMatcher::Regex);
    exact.or_else(affix).or_else(regex).or_else(|| {
        let start = node.number(&["range", "start"])?.value;
        let end = node.number(&["range", "end"])?;
        Some(end.map(|end| HeaderMatcher::Range { start, end }))
    })
}

fn query_parameter(node: &Resolved) -> Option<Said<QueryParameter>> {
    let exact = node.text(&["match", "exact"]).map(|said| said.value);
    let name = node.text(&["name"])?;
    Some(name.map(|name| QueryParameter { name, exact }))
}

fn target(node: &Resolved) -> Option<TargetDraft> {
    Some(TargetDraft {
        virtual_node: node.text(&["virtualNode"])?,
        weight: node.number(&["weight"])?,
        port: node.number(&["port"]),
    })
}

fn retry_policy(node: &Resolved, problems: &mut Problems) -> Option<RetryPolicy> {
    let Said { value, place } = node.number(&["maxRetries"])?;
    let Ok(max_retries) = u32::try_from(value) else {
        let message = format!("retries are 0 to {}, not {value}", u32::MAX);
        problems.error("out-of-range", &place, message);
        return None;
    };
    let per_retry_timeout = duration(node.at(&["perRetryTimeout"])?, problems)?;
    let mut policy = RetryPolicy::new(max_retries, per_retry_timeout);
    let http = node
        .items(&["httpRetryEvents"])
        .iter()
        .filter_map(|event| event.text(&[]));
    policy
        .http_events
        .extend(http.filter_map(|event| http_event(&event.value)));
    let tcp = node.items(&["tcpRetryEvents"]).iter();
    policy
        .tcp_events
        .extend(tcp.map(|_| TcpRetryEvent::ConnectionError));
    let grpc = node.items(&["grpcRetryEvents"]).iter();
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

const KINDS: [(&str, Protocol); 4] = [
    ("httpRoute", Protocol::Http),
    ("http2Route", Protocol::Http2),
    ("grpcRoute", Protocol::Grpc),
    ("tcpRoute", Protocol::Tcp),
];
