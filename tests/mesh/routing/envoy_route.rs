//! A route's rank and conditions, as App Mesh wrote them for its proxies.

use std::cmp::Reverse;

use mesh_core::{
    config::{
        GrpcRouteMatch, HeaderKey, HeaderMatch, HeaderMatcher, HttpRouteMatch, PathMatch,
        QueryParameter, RouteMatch,
    },
    unit::Priority,
};
use serde_json::{Value, json};

pub(super) type Rank = (u16, Reverse<usize>, Reverse<usize>, String);

/// What goes first is asked first.
///
/// # Source
/// ARCHITECTURE.md's order: priority, length of the path's condition, number of the others, name.
pub(super) fn rank(priority: Option<Priority>, matches: &RouteMatch, name: &str) -> Rank {
    let (length, others) = match matches {
        RouteMatch::Http(matches) => (http_length(matches), http_others(matches)),
        RouteMatch::Grpc(matches) => (grpc_length(matches), 1 + matches.metadata.len()),
        other => panic!("{other:?} is new here"),
    };
    let priority = priority.map_or(1001, Priority::get);
    (priority, Reverse(length), Reverse(others), name.to_owned())
}

fn http_length(matches: &HttpRouteMatch) -> usize {
    match &matches.path {
        None => 1,
        Some(PathMatch::Prefix(text) | PathMatch::Exact(text) | PathMatch::Regex(text)) => {
            text.len()
        }
        Some(other) => panic!("{other:?} is new here"),
    }
}

fn http_others(matches: &HttpRouteMatch) -> usize {
    let single = [matches.method.is_some(), matches.scheme.is_some()];
    let single = single.into_iter().filter(|there| *there).count();
    single + matches.headers.len() + matches.query_parameters.len()
}

fn grpc_length(matches: &GrpcRouteMatch) -> usize {
    match (&matches.service_name, &matches.method_name) {
        (None, _) => 1,
        (Some(service), None) => service.len() + 2,
        (Some(service), Some(method)) => service.len() + method.len() + 2,
    }
}

/// Envoy's `RouteMatch`.
pub(super) fn matching(matches: &RouteMatch) -> Value {
    match matches {
        RouteMatch::Http(matches) => http(matches),
        RouteMatch::Grpc(matches) => grpc(matches),
        other => panic!("{other:?} is new here"),
    }
}

fn http(matches: &HttpRouteMatch) -> Value {
    let mut value = match &matches.path {
        None => json!({"prefix": "/"}),
        Some(PathMatch::Prefix(prefix)) => json!({"prefix": prefix}),
        Some(PathMatch::Exact(path)) => json!({"path": path}),
        Some(PathMatch::Regex(regex)) => json!({"safe_regex": {"regex": regex}}),
        Some(other) => panic!("{other:?} is new here"),
    };
    let exact = |name: &str, text: &str| json!({"name": name, "string_match": {"exact": text}});
    let method = matches
        .method
        .iter()
        .map(|method| exact(":method", method.as_str()));
    let scheme = matches
        .scheme
        .iter()
        .map(|scheme| exact(":scheme", scheme.as_str()));
    let headers = method
        .chain(scheme)
        .chain(matches.headers.iter().map(header));
    value["headers"] = headers.collect();
    value["query_parameters"] = matches.query_parameters.iter().map(query).collect();
    value
}

fn grpc(matches: &GrpcRouteMatch) -> Value {
    let mut value = match (&matches.service_name, &matches.method_name) {
        (None, _) => json!({"prefix": "/"}),
        (Some(service), None) => json!({"prefix": format!("/{service}/")}),
        (Some(service), Some(method)) => json!({"path": format!("/{service}/{method}")}),
    };
    value["grpc"] = json!({});
    value["headers"] = matches.metadata.iter().map(header).collect();
    value
}

fn header(condition: &HeaderMatch) -> Value {
    let mut value = match &condition.matcher {
        None => json!({"present_match": true}),
        Some(HeaderMatcher::Exact(text)) => json!({"string_match": {"exact": text}}),
        Some(HeaderMatcher::Prefix(text)) => json!({"string_match": {"prefix": text}}),
        Some(HeaderMatcher::Suffix(text)) => json!({"string_match": {"suffix": text}}),
        Some(HeaderMatcher::Regex(regex)) => {
            json!({"string_match": {"safe_regex": {"regex": regex}}})
        }
        // As texts: JSON's numbers are not as wide.
        Some(HeaderMatcher::Range { start, end }) => {
            json!({"range_match": {"start": start.to_string(), "end": end.to_string()}})
        }
        Some(other) => panic!("{other:?} is new here"),
    };
    value["name"] = match &condition.name {
        HeaderKey::Header(name) => name.as_str(),
        HeaderKey::Method => ":method",
        HeaderKey::Scheme => ":scheme",
        HeaderKey::Path => ":path",
        HeaderKey::Authority => ":authority",
        other => panic!("{other:?} is new here"),
    }
    .into();
    value["invert_match"] = condition.invert.into();
    value
}

fn query(parameter: &QueryParameter) -> Value {
    let name = &parameter.name;
    match &parameter.exact {
        None => json!({"name": name, "present_match": true}),
        Some(exact) => json!({"name": name, "string_match": {"exact": exact}}),
    }
}
