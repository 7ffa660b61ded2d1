//! Regular expressions of all routes, within what all of them together may take.

use super::{gateway_route, matching::AT_MOST, route};
use crate::{
    config::{
        HeaderMatcher, PathMatch,
        draft::{Draft, MatchDraft},
        pattern::{Room, not_in_re2},
    },
    error::{Place, Problems},
};

/// Takes routes out of the draft whose expressions RE2 does not know: App Mesh took them, and its Envoy did not.
///
/// A builder is told by [`check`].
pub(super) fn leave_out(draft: &mut Draft, problems: &mut Problems) {
    let left_out = &mut draft.gaps.left_out_routes;
    draft.routes.retain(|draft| {
        let kept = is_known_to_re2(&draft.matches.value, problems);
        if !kept {
            left_out.insert(draft.router_name().to_owned());
            // What is wrong with it is told all the same.
            route::route(draft, problems);
        }
        kept
    });
    let left_out = &mut draft.gaps.left_out_gateway_routes;
    draft.gateway_routes.retain(|draft| {
        let kept = is_known_to_re2(&draft.matches.value, problems);
        if !kept {
            left_out.insert(draft.gateway_name().to_owned());
            gateway_route::gateway_route(draft, problems);
        }
        kept
    });
}

fn is_known_to_re2(matches: &MatchDraft, problems: &mut Problems) -> bool {
    let written = of(matches).filter(|(_, place)| place.location.is_some());
    let unknown = written.filter_map(|(expression, place)| Some((not_in_re2(expression)?, place)));
    let unknown: Vec<_> = unknown.collect();
    for (bad, place) in &unknown {
        let message = format!("the route is left out: {}", bad.message);
        problems.warn(bad.code, place, message);
    }
    unknown.is_empty()
}

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    let mut room = Room::default();
    let routes = draft.routes.iter().map(|route| &route.matches.value);
    let entered = draft.gateway_routes.iter();
    let matches = routes.chain(entered.map(|route| &route.matches.value));
    for (expression, place) in matches.flat_map(of) {
        let Err(bad) = room.check(expression) else {
            continue;
        };
        problems.error(bad.code, place, bad.message);
        if problems.is_full() || room.is_full() {
            return;
        }
    }
}

/// A route's expressions, without those that are too long or too many to be looked at.
fn of(matches: &MatchDraft) -> impl Iterator<Item = (&str, &Place)> {
    let path = matches.path.iter().filter_map(|said| match &said.value {
        PathMatch::Regex(expression) => Some((expression.as_str(), &said.place)),
        _ => None,
    });
    let matchers = matches.headers.iter().take(AT_MOST);
    let headers = matchers.filter_map(|header| {
        let said = header.matcher.as_ref()?;
        match &said.value {
            HeaderMatcher::Regex(expression) => Some((expression.as_str(), &said.place)),
            _ => None,
        }
    });
    let expressions = path.chain(headers);
    expressions.filter(|(expression, _)| (1..=LONGEST).contains(&expression.chars().count()))
}

const LONGEST: usize = 255;
