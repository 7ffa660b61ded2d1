//! Regular expressions of all routes, within what all of them together may take.

use super::matching::AT_MOST;
use crate::{
    config::{
        HeaderMatcher, PathMatch,
        draft::{Draft, MatchDraft},
        pattern::Room,
    },
    error::{Place, Problems},
};

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
