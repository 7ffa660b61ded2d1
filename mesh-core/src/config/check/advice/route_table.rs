//! Routes that never get a request, and routes of which luck decides which one does.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    overlap::{covers, overlap},
    rank::{Path, Rank, Ranked},
};
use crate::{
    config::{HostnameMatch, check::graph::Graph, draft::GatewayRouteDraft},
    error::{Problems, quoted},
};

/// Compares the routes of each router, and those of each host of a gateway.
pub(super) fn check(graph: &Graph<'_>, problems: &mut Problems) {
    let mut left = COMPARED;
    for routes in graph.routes.values() {
        let whole = routes.iter().filter(|route| route.whole);
        let ranked = whole.map(|route| Ranked::of_route(route)).collect();
        table(ranked, &mut left, problems);
    }
    for routes in graph.gateway_routes.values() {
        for routes in by_host(routes).into_values() {
            table(routes, &mut left, problems);
        }
    }
}

/// A gateway's routes by the host that they name: those of different hosts do not meet.
pub(super) fn by_host<'a>(
    routes: &[&'a GatewayRouteDraft],
) -> BTreeMap<Option<(bool, String)>, Vec<Ranked<'a>>> {
    let mut hosts = BTreeMap::<_, Vec<Ranked<'a>>>::new();
    for route in routes.iter().filter(|route| route.whole) {
        let host = route.matches.value.hostname.as_ref();
        let host = host.map(|said| match &said.value {
            HostnameMatch::Exact(host) => (true, host.to_ascii_lowercase()),
            HostnameMatch::Suffix(suffix) => (false, suffix.to_ascii_lowercase()),
        });
        let routes = hosts.entry(host).or_default();
        routes.push(Ranked::of_gateway_route(route));
    }
    hosts
}

/// Each route once against those before it, for as long as there are comparisons left.
fn table(mut routes: Vec<Ranked<'_>>, left: &mut usize, problems: &mut Problems) {
    routes.sort_by_cached_key(|route| (route.rank(), route.name.value.clone()));
    let mut earlier = Earlier::default();
    for route in &routes {
        if let Some(first) = earlier.covering(route, left) {
            shadowed(first, route, problems);
        } else if let Some(first) = earlier.beside(route, left) {
            by_luck(first, route, problems);
        }
        earlier.add(route);
    }
}

/// The routes that are looked at first, by path.
#[derive(Default)]
struct Earlier<'r> {
    by_path: BTreeMap<&'r Path<'r>, Vec<&'r Ranked<'r>>>,
    prefixes: BTreeMap<&'r str, &'r Path<'r>>,
    /// Which lengths prefixes have: only such beginnings of a path are looked up.
    lengths: BTreeSet<usize>,
    by_rank: BTreeMap<(Rank, &'r str), Vec<&'r Ranked<'r>>>,
}

impl<'r> Earlier<'r> {
    fn add(&mut self, route: &'r Ranked<'r>) {
        self.by_path.entry(&route.path).or_default().push(route);
        if let Path::Prefix(prefix) = &route.path {
            self.prefixes.insert(prefix, &route.path);
            self.lengths.insert(prefix.len());
        }
        let alike = self.by_rank.entry((route.rank(), route.path.text()));
        alike.or_default().push(route);
    }

    /// The first that leaves this one nothing.
    fn covering(&self, route: &'r Ranked<'r>, left: &mut usize) -> Option<&'r Ranked<'r>> {
        let text = match &route.path {
            Path::Prefix(text) | Path::Exact(text) => text,
            Path::Regex(_) => "/",
        };
        let lengths = self.lengths.range(..=text.len()).take(LENGTHS);
        let beginnings = lengths.filter_map(|length| text.get(..*length));
        let prefixes = beginnings.filter_map(|beginning| self.prefixes.get(beginning).copied());
        let same = self
            .by_path
            .get_key_value(&route.path)
            .map(|(path, _)| *path);
        let paths = prefixes.chain(same);
        let candidates = paths.filter_map(|path| self.by_path.get(path));
        first_of(candidates.flatten().copied(), left, |earlier| {
            covers(earlier, route)
        })
    }

    /// The first that nothing but its name puts before this one, though both take the same requests.
    fn beside(&self, route: &'r Ranked<'r>, left: &mut usize) -> Option<&'r Ranked<'r>> {
        let alike = self.by_rank.get(&(route.rank(), route.path.text()))?;
        first_of(alike.iter().copied(), left, |earlier| {
            overlap(earlier, route)
        })
    }
}

fn first_of<'r>(
    candidates: impl Iterator<Item = &'r Ranked<'r>>,
    left: &mut usize,
    holds: impl Fn(&Ranked<'_>) -> bool,
) -> Option<&'r Ranked<'r>> {
    let allowed = PER_ROUTE.min(*left);
    let mut compared = 0;
    let found = candidates.take(allowed).find(|candidate| {
        compared += 1;
        holds(candidate)
    });
    *left = left.saturating_sub(compared);
    found
}

fn shadowed(first: &Ranked<'_>, route: &Ranked<'_>, problems: &mut Problems) {
    let both = Both { first, route };
    let place = &route.name.place;
    if first.rank() == route.rank() && covers(route, first) {
        let message = format_args!(
            "the route {} takes just what the route {} takes, at the same priority, so one of them never gets a request: give \
             them different priorities or conditions",
            quoted(&route.name.value),
            quoted(&first.name.value)
        );
        problems.warn("same-conditions", place, message);
        return;
    }
    match (first.priority, route.priority) {
        (Some(early), Some(late)) if early < late => {
            let message = format_args!(
                "{both}: of the priorities {early} and {late} the smaller number goes first; swap them"
            );
            problems.warn("priority-reversed", place, message);
        }
        (Some(early), None) => {
            let message = format_args!(
                "{both}: a route without a priority comes after all that have one; give it one below {early}"
            );
            problems.warn("priority-reversed", place, message);
        }
        _ => {
            let message =
                format_args!("{both}: give it a priority that goes first, or other conditions");
            problems.warn("shadowed-route", place, message);
        }
    }
}

fn by_luck(first: &Ranked<'_>, route: &Ranked<'_>, problems: &mut Problems) {
    let message = format_args!(
        "some requests fit the routes {} and {} alike, of which App Mesh promised no order; here the name decides: give them \
         different priorities",
        quoted(&first.name.value),
        quoted(&route.name.value)
    );
    problems.warn("overlapping-routes", &route.name.place, message);
}

/// The sentence that one route leaves another nothing.
struct Both<'r> {
    first: &'r Ranked<'r>,
    route: &'r Ranked<'r>,
}

impl fmt::Display for Both<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the route {} never gets a request, because the route {} is looked at first and takes all of them",
            quoted(&self.route.name.value),
            quoted(&self.first.name.value)
        )
    }
}

/// How many comparisons there are for one route, and for a mesh: what is beyond is not warned of.
const PER_ROUTE: usize = 64;
const COMPARED: usize = 500_000;
/// How many lengths of prefixes are tried for one route.
const LENGTHS: usize = 64;
