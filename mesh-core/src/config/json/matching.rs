//! Conditions of routes and of gateway routes.

use super::value::Json;
use crate::config::{
    GrpcGatewayRouteMatch, GrpcRouteMatch, HeaderKey, HeaderMatch, HeaderMatcher, HostnameMatch,
    HttpGatewayRouteMatch, HttpRouteMatch, PathMatch, QueryParameter,
};

pub(super) fn http(matches: &HttpRouteMatch) -> Json {
    let (prefix, path) = by_path(matches.path.as_ref());
    Json::object([
        ("prefix", prefix),
        ("path", path),
        (
            "method",
            matches.method.as_ref().map(|method| method.as_str().into()),
        ),
        (
            "scheme",
            matches.scheme.as_ref().map(|scheme| scheme.as_str().into()),
        ),
        ("port", matches.port.map(|port| port.get().into())),
        ("headers", headers(&matches.headers)),
        (
            "queryParameters",
            Json::list(matches.query_parameters.iter().map(query)),
        ),
    ])
}

pub(super) fn grpc(matches: &GrpcRouteMatch) -> Json {
    Json::object([
        (
            "serviceName",
            matches.service_name.as_deref().map(Json::from),
        ),
        ("methodName", matches.method_name.as_deref().map(Json::from)),
        ("port", matches.port.map(|port| port.get().into())),
        ("metadata", headers(&matches.metadata)),
    ])
}

pub(super) fn gateway_http(matches: &HttpGatewayRouteMatch) -> Json {
    let (prefix, path) = by_path(matches.path.as_ref());
    Json::object([
        ("prefix", prefix),
        ("path", path),
        ("hostname", matches.hostname.as_ref().map(hostname)),
        (
            "method",
            matches.method.as_ref().map(|method| method.as_str().into()),
        ),
        ("port", matches.port.map(|port| port.get().into())),
        ("headers", headers(&matches.headers)),
        (
            "queryParameters",
            Json::list(matches.query_parameters.iter().map(query)),
        ),
    ])
}

pub(super) fn gateway_grpc(matches: &GrpcGatewayRouteMatch) -> Json {
    Json::object([
        (
            "serviceName",
            matches.service_name.as_deref().map(Json::from),
        ),
        ("hostname", matches.hostname.as_ref().map(hostname)),
        ("port", matches.port.map(|port| port.get().into())),
        ("metadata", headers(&matches.metadata)),
    ])
}

/// The members `prefix` and `path`, of which there is one at most.
fn by_path(path: Option<&PathMatch>) -> (Option<Json>, Option<Json>) {
    match path {
        None => (None, None),
        Some(PathMatch::Prefix(prefix)) => (Some(prefix.as_str().into()), None),
        Some(PathMatch::Exact(exact)) => (None, Some(Json::under("exact", exact.as_str()))),
        Some(PathMatch::Regex(regex)) => (None, Some(Json::under("regex", regex.as_str()))),
    }
}

fn hostname(host: &HostnameMatch) -> Json {
    match host {
        HostnameMatch::Exact(host) => Json::under("exact", host.as_str()),
        HostnameMatch::Suffix(suffix) => Json::under("suffix", suffix.as_str()),
    }
}

fn headers(headers: &[HeaderMatch]) -> Option<Json> {
    Json::list(headers.iter().map(header))
}

fn header(header: &HeaderMatch) -> Json {
    let name = match &header.name {
        HeaderKey::Header(name) => name.as_str(),
        HeaderKey::Method => ":method",
        HeaderKey::Scheme => ":scheme",
        HeaderKey::Path => ":path",
        HeaderKey::Authority => ":authority",
    };
    Json::object([
        ("name", Some(name.into())),
        ("invert", header.invert.then_some(Json::Flag(true))),
        ("match", header.matcher.as_ref().map(value)),
    ])
}

fn value(matcher: &HeaderMatcher) -> Json {
    match matcher {
        HeaderMatcher::Exact(text) => Json::under("exact", text.as_str()),
        HeaderMatcher::Prefix(text) => Json::under("prefix", text.as_str()),
        HeaderMatcher::Suffix(text) => Json::under("suffix", text.as_str()),
        HeaderMatcher::Regex(text) => Json::under("regex", text.as_str()),
        HeaderMatcher::Range { start, end } => {
            let range = Json::object([
                ("start", Some((*start).into())),
                ("end", Some((*end).into())),
            ]);
            Json::under("range", range)
        }
    }
}

fn query(parameter: &QueryParameter) -> Json {
    let exact = parameter.exact.as_deref();
    Json::object([
        ("name", Some(parameter.name.as_str().into())),
        ("match", exact.map(|exact| Json::under("exact", exact))),
    ])
}
