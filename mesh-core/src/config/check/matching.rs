//! Conditions of a route.

pub(super) mod gateway;
mod grpc;

use http::{HeaderName, Method, uri::Scheme};

use super::{port, sized};
use crate::{
    config::{
        HeaderKey, HeaderMatch, HeaderMatcher, HttpRouteMatch, PathMatch, QueryParameter,
        RouteMatch, TcpRouteMatch,
        draft::{HeaderDraft, MatchDraft, Said},
        spelling::nearest,
    },
    error::{Place, Problems, quoted},
    unit::{Port, Protocol},
};

pub(super) fn matching(
    draft: &Said<MatchDraft>,
    protocol: Protocol,
    problems: &mut Problems,
) -> RouteMatch {
    let Said {
        value: draft,
        place,
    } = draft;
    at_most_ten_each(draft, place, problems);
    match protocol {
        Protocol::Grpc => RouteMatch::Grpc(grpc::matching(draft, problems)),
        Protocol::Tcp => RouteMatch::Tcp(TcpRouteMatch {
            port: match_port(draft, problems),
        }),
        _ => RouteMatch::Http(http(draft, problems)),
    }
}

fn http(draft: &MatchDraft, problems: &mut Problems) -> HttpRouteMatch {
    let path = draft.path.as_ref();
    let verb = draft.method.as_ref();
    let spoken = draft.scheme.as_ref();
    let parameters = draft.query_parameters.iter();
    HttpRouteMatch {
        path: path.and_then(|said| path_match(said, problems)),
        method: verb.and_then(|said| method(said, problems)),
        scheme: spoken.and_then(|said| scheme(said, problems)),
        port: match_port(draft, problems),
        headers: header_matches(draft, problems),
        query_parameters: parameters
            .filter_map(|said| query_parameter(said, problems))
            .collect(),
    }
}

fn match_port(draft: &MatchDraft, problems: &mut Problems) -> Option<Port> {
    draft.port.as_ref().and_then(|said| port(said, problems))
}

fn header_matches(draft: &MatchDraft, problems: &mut Problems) -> Vec<HeaderMatch> {
    let headers = draft.headers.iter();
    headers
        .filter_map(|header| header_match(header, problems))
        .collect()
}

fn at_most_ten_each(draft: &MatchDraft, place: &Place, problems: &mut Problems) {
    let headers = draft.headers.len();
    at_most_ten("conditions on headers", headers, place, problems);
    let parameters = draft.query_parameters.len();
    at_most_ten(
        "conditions on query parameters",
        parameters,
        place,
        problems,
    );
}

fn at_most_ten(what: &str, found: usize, place: &Place, problems: &mut Problems) {
    if found > AT_MOST {
        let message = format!("a route has at most {AT_MOST} {what}, this one has {found}");
        problems.error("too-many-items", place, message);
    }
}

fn path_match(said: &Said<PathMatch>, problems: &mut Problems) -> Option<PathMatch> {
    let errors = problems.errors();
    let Said { value, place } = said;
    match value {
        PathMatch::Prefix(prefix) => {
            slash("prefix", "prefix-without-slash", prefix, place, problems)
        }
        PathMatch::Exact(path) => {
            if sized("path", path, 255, place, problems) {
                slash("path", "path-without-slash", path, place, problems);
            }
        }
        PathMatch::Regex(expression) => {
            sized("path expression", expression, 255, place, problems);
        }
    }
    (problems.errors() == errors).then(|| value.clone())
}

fn slash(what: &str, code: &'static str, path: &str, place: &Place, problems: &mut Problems) {
    if !path.starts_with('/') {
        let mended = quoted(&format!("/{path}"));
        let message = format!(
            "the {what} {} matches no request, because every path begins with a slash: write {mended}",
            quoted(path)
        );
        problems.error(code, place, message);
    }
}

fn method(said: &Said<String>, problems: &mut Problems) -> Option<Method> {
    if !METHODS.contains(&said.value.as_str()) {
        let message = format!(
            "{} is none of App Mesh's methods{}",
            quoted(&said.value),
            nearest(&said.value, METHODS.into_iter())
        );
        problems.error("unknown-value", &said.place, message);
        return None;
    }
    Method::from_bytes(said.value.as_bytes()).ok()
}

fn scheme(said: &Said<String>, problems: &mut Problems) -> Option<Scheme> {
    match said.value.as_str() {
        "http" => Some(Scheme::HTTP),
        "https" => Some(Scheme::HTTPS),
        other => {
            let message = format!("a scheme is `http` or `https`, not {}", quoted(other));
            problems.error("unknown-value", &said.place, message);
            None
        }
    }
}

fn header_match(draft: &HeaderDraft, problems: &mut Problems) -> Option<HeaderMatch> {
    let name = header_key(&draft.name, problems);
    let matcher = match &draft.matcher {
        Some(said) => Some(header_matcher(said, problems)?),
        None => None,
    };
    Some(HeaderMatch {
        name: name?,
        invert: draft.invert,
        matcher,
    })
}

fn header_key(said: &Said<String>, problems: &mut Problems) -> Option<HeaderKey> {
    let Said { value, place } = said;
    if !sized("header name", value, 50, place, problems) {
        return None;
    }
    match value.as_str() {
        ":method" => Some(HeaderKey::Method),
        ":scheme" => Some(HeaderKey::Scheme),
        ":path" => Some(HeaderKey::Path),
        ":authority" => Some(HeaderKey::Authority),
        name if name.eq_ignore_ascii_case("host") => Some(HeaderKey::Authority),
        name => match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => Some(HeaderKey::Header(name)),
            Err(_) => {
                let message = format!(
                    "{} is no header name: letters, digits and `-` make one, and of the names with a colon there are \
                     only `:method`, `:scheme`, `:path` and `:authority`",
                    quoted(name)
                );
                problems.error("bad-header-name", place, message);
                None
            }
        },
    }
}

fn header_matcher(said: &Said<HeaderMatcher>, problems: &mut Problems) -> Option<HeaderMatcher> {
    let errors = problems.errors();
    let Said { value, place } = said;
    match value {
        HeaderMatcher::Exact(text) | HeaderMatcher::Prefix(text) | HeaderMatcher::Suffix(text) => {
            sized("header value", text, 255, place, problems);
        }
        HeaderMatcher::Regex(expression) => {
            sized("header expression", expression, 255, place, problems);
        }
        HeaderMatcher::Range { start, end } if start >= end => {
            let message = format!(
                "the range from {start} to {end} is empty: its end is not part of it and has to be greater than its start"
            );
            problems.error("empty-range", place, message);
        }
        HeaderMatcher::Range { .. } => {}
    }
    (problems.errors() == errors).then(|| value.clone())
}

fn query_parameter(said: &Said<QueryParameter>, problems: &mut Problems) -> Option<QueryParameter> {
    if said.value.name.is_empty() {
        let message = "a condition on a query parameter needs the parameter's name";
        problems.error("invalid-name", &said.place, message);
        return None;
    }
    Some(said.value.clone())
}

/// How many conditions of a kind a route has.
pub(super) const AT_MOST: usize = 10;
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];
