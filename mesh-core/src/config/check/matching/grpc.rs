//! Conditions of a gRPC route: its service and method become a path.

use super::{header_matches, match_port, sized};
use crate::{
    config::{
        GrpcRouteMatch,
        draft::{MatchDraft, Said},
    },
    error::{Problems, quoted},
};

pub(super) fn matching(draft: &MatchDraft, problems: &mut Problems) -> GrpcRouteMatch {
    let service_name = draft.service_name.as_ref();
    let method_name = draft.method_name.as_ref();
    if let Some(Said { value, place }) = method_name.filter(|_| service_name.is_none()) {
        let message = format!(
            "the method {} needs its service: add the service's full name, as `package.Service`",
            quoted(value)
        );
        problems.error("method-without-service", place, message);
    }
    GrpcRouteMatch {
        service_name: service_name.and_then(|said| name("service", SERVICE, said, problems)),
        method_name: method_name.and_then(|said| name("method", 50, said, problems)),
        metadata: header_matches(draft, problems),
        port: match_port(draft, problems),
    }
}

fn name(what: &str, max: usize, said: &Said<String>, problems: &mut Problems) -> Option<String> {
    let Said { value, place } = said;
    if !sized(&format!("{what} name"), value, max, place, problems) {
        return None;
    }
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '?' | '#' | '%');
    if !value.chars().all(fits) {
        let message = format!(
            "{} is no gRPC {what}: write its name alone, without a slash, as it stands in the `.proto` file",
            quoted(value)
        );
        problems.error("bad-grpc-name", place, message);
        return None;
    }
    Some(value.clone())
}

/// This library's own bound: the API model's `ServiceName` has none.
const SERVICE: usize = 1024;
