//! Conditions of a gateway route: those of a route, and one on the host.

use super::{at_most_ten_each, grpc, http};
use crate::{
    config::{
        GatewayRouteMatch, GrpcGatewayRouteMatch, GrpcRouteMatch, HostnameMatch,
        HttpGatewayRouteMatch, HttpRouteMatch, PathMatch,
        check::sized,
        draft::{GatewayRouteDraft, MatchDraft, Said},
    },
    error::{Place, Problems, quoted},
    unit::Protocol,
};

pub(in crate::config::check) fn matching(
    draft: &GatewayRouteDraft,
    problems: &mut Problems,
) -> GatewayRouteMatch {
    let Said {
        value: matches,
        place,
    } = &draft.matches;
    at_most_ten_each(matches, place, problems);
    reserved(matches, problems);
    if draft.whole {
        selective(matches, draft.protocol.value, place, problems);
    }
    let hostname = matches.hostname.as_ref();
    let hostname = hostname.and_then(|said| host(said, problems));
    if draft.protocol.value == Protocol::Grpc {
        let GrpcRouteMatch {
            service_name,
            metadata,
            port,
            ..
        } = grpc::matching(matches, problems);
        return GatewayRouteMatch::Grpc(GrpcGatewayRouteMatch {
            service_name,
            hostname,
            metadata,
            port,
        });
    }
    let HttpRouteMatch {
        path,
        method,
        port,
        headers,
        query_parameters,
        ..
    } = http(matches, problems);
    GatewayRouteMatch::Http(HttpGatewayRouteMatch {
        path,
        hostname,
        method,
        port,
        headers,
        query_parameters,
    })
}

fn selective(matches: &MatchDraft, spoken: Protocol, place: &Place, problems: &mut Problems) {
    let (named, what) = match spoken {
        Protocol::Grpc => (matches.service_name.is_some(), "service name"),
        _ => (matches.path.is_some(), "prefix, path"),
    };
    if named || matches.hostname.is_some() {
        return;
    }
    let message = format!(
        "the match has no {what} or host name, so it takes all that comes in by its listener and fits the rest: say which \
         requests are meant{}",
        if spoken == Protocol::Grpc {
            ""
        } else {
            ", all of them by the prefix `/`"
        }
    );
    match matches.strict {
        true => problems.error("match-without-path", place, message),
        false => problems.warn("match-without-path", place, message),
    }
}

fn host(said: &Said<HostnameMatch>, problems: &mut Problems) -> Option<HostnameMatch> {
    let Said { value, place } = said;
    let (HostnameMatch::Exact(text) | HostnameMatch::Suffix(text)) = value;
    if !sized("host name", text, 253, place, problems) {
        return None;
    }
    let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | ':' | '*');
    if text.contains(bad) {
        let message = format!(
            "{} is no host name: write it without a scheme, a port, a path, white space or a star, as `shop.example.com`, or \
             `.example.com` for a suffix",
            quoted(text)
        );
        problems.error("bad-hostname", place, message);
        return None;
    }
    if matches!(value, HostnameMatch::Suffix(_)) && !text.starts_with('.') {
        let message = format!(
            "App Mesh took suffixes of whole labels only, so that {} matched nothing there, and it is compared as it stands here: \
             write {}",
            quoted(text),
            quoted(&format!(".{}", text.trim_start_matches('-')))
        );
        problems.warn("suffix-without-dot", place, message);
    }
    Some(value.clone())
}

/// App Mesh kept these for itself.
fn reserved(matches: &MatchDraft, problems: &mut Problems) {
    if let Some(said) = &matches.path
        && let PathMatch::Prefix(path) | PathMatch::Exact(path) = &said.value
        && let Some(kept) = RESERVED_PATHS.iter().find(|kept| path.starts_with(**kept))
    {
        let message = format!(
            "paths that begin with `{kept}` are App Mesh's own, and {} does: choose another one",
            quoted(path)
        );
        problems.error("reserved-path", &said.place, message);
    }
    if let Some(Said { value, place }) = &matches.service_name
        && (value.starts_with("aws.app-mesh") || value == "aws.appmesh")
    {
        let message = format!(
            "the gRPC service {} is App Mesh's own: choose another one",
            quoted(value)
        );
        problems.error("reserved-service-name", place, message);
    }
}

const RESERVED_PATHS: [&str; 2] = ["/aws-appmesh", "/aws-app-mesh"];
