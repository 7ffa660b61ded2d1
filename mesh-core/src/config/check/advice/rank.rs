//! A route as it stands among others: how early it is looked at, and what it takes.

use std::cmp::Reverse;

use crate::{
    config::{
        PathMatch,
        draft::{GatewayRouteDraft, HeaderDraft, MatchDraft, RouteDraft, Said},
    },
    unit::Protocol,
};

/// A route or a gateway route, of which only the conditions count here.
pub(super) struct Ranked<'a> {
    pub(super) name: &'a Said<String>,
    pub(super) priority: Option<i64>,
    pub(super) matches: &'a MatchDraft,
    pub(super) path: Path<'a>,
    pub(super) grpc: bool,
    pub(super) port: Option<i64>,
}

/// Which paths are taken.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Path<'a> {
    Prefix(std::borrow::Cow<'a, str>),
    Exact(std::borrow::Cow<'a, str>),
    Regex(&'a str),
}

/// What comes first is asked first; of two routes that are alike up to the name, App Mesh said nothing.
pub(super) type Rank = (i64, Reverse<usize>, Reverse<usize>);

impl<'a> Ranked<'a> {
    pub(super) fn of_route(route: &'a RouteDraft) -> Self {
        let protocol = route.protocol.value;
        let priority = route.priority.as_ref();
        Self::of(&route.name, priority, &route.matches.value, protocol)
    }

    pub(super) fn of_gateway_route(route: &'a GatewayRouteDraft) -> Self {
        let protocol = route.protocol.value;
        let priority = route.priority.as_ref();
        Self::of(&route.name, priority, &route.matches.value, protocol)
    }

    fn of(
        name: &'a Said<String>,
        priority: Option<&Said<i64>>,
        matches: &'a MatchDraft,
        protocol: Protocol,
    ) -> Self {
        let grpc = protocol == Protocol::Grpc;
        Self {
            name,
            priority: priority.map(|said| said.value),
            matches,
            path: if grpc {
                called(matches)
            } else {
                asked(matches)
            },
            grpc,
            port: matches.port.as_ref().map(|said| said.value),
        }
    }

    /// As a compiled route table orders its rules.
    pub(super) fn rank(&self) -> Rank {
        let priority = self.priority.unwrap_or(UNWRITTEN);
        (
            priority,
            Reverse(self.path.text().len()),
            Reverse(self.conditions()),
        )
    }

    /// How many there are beside the one on the path.
    fn conditions(&self) -> usize {
        let matches = self.matches;
        let single = usize::from(matches.method.is_some()) + usize::from(matches.scheme.is_some());
        let listed = matches.headers.len() + matches.query_parameters.len();
        single + usize::from(self.grpc) + listed
    }

    /// Whether every request is taken that gets so far.
    pub(super) fn takes_all(&self) -> bool {
        let all = Path::Prefix("/".into());
        self.conditions() == 0 && self.path == all && self.port.is_none()
    }
}

impl Path<'_> {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Prefix(text) | Self::Exact(text) => text,
            Self::Regex(text) => text,
        }
    }
}

fn asked(matches: &MatchDraft) -> Path<'_> {
    match matches.path.as_ref().map(|said| &said.value) {
        None => Path::Prefix("/".into()),
        Some(PathMatch::Prefix(prefix)) => Path::Prefix(prefix.into()),
        Some(PathMatch::Exact(exact)) => Path::Exact(exact.into()),
        Some(PathMatch::Regex(expression)) => Path::Regex(expression),
    }
}

/// A call's path is its service and its method.
fn called(matches: &MatchDraft) -> Path<'_> {
    let name = |said: &Option<Said<String>>| said.as_ref().map(|said| said.value.clone());
    match (name(&matches.service_name), name(&matches.method_name)) {
        (None, _) => Path::Prefix("/".into()),
        (Some(service), None) => Path::Prefix(format!("/{service}/").into()),
        (Some(service), Some(method)) => Path::Exact(format!("/{service}/{method}").into()),
    }
}

/// Whether two conditions are about one header.
pub(super) fn same_header(one: &HeaderDraft, other: &HeaderDraft) -> bool {
    one.name.value.eq_ignore_ascii_case(&other.name.value)
}

/// App Mesh examples: "think of it as 1000 + 1".
const UNWRITTEN: i64 = 1001;
