//! The builder of a route.

use std::time::Duration;

use crate::{
    config::{
        HeaderMatcher, PathMatch, QueryParameter, RetryPolicy, Route, Timeout,
        draft::{HeaderDraft, MatchDraft, RouteDraft, Said, TargetDraft},
    },
    error::Place,
    unit::Protocol,
};

/// A route in the making; [`VirtualRouterBuilder::route`](super::VirtualRouterBuilder::route) takes it.
///
/// All conditions of a route must hold; a route without any takes every request.
#[derive(Clone, Debug)]
#[must_use = "give it to `VirtualRouterBuilder::route`"]
pub struct RouteBuilder {
    name: String,
    protocol: Protocol,
    priority: Option<i64>,
    matches: MatchDraft,
    targets: Vec<TargetDraft>,
    retry_policy: Option<RetryPolicy>,
    timeout: Timeout,
}

impl Route {
    /// Begins a route for HTTP/1.1 requests.
    pub fn http(name: impl Into<String>) -> RouteBuilder {
        RouteBuilder::new(name.into(), Protocol::Http)
    }

    /// Begins a route for HTTP/2 requests.
    pub fn http2(name: impl Into<String>) -> RouteBuilder {
        RouteBuilder::new(name.into(), Protocol::Http2)
    }
}

impl RouteBuilder {
    fn new(name: String, protocol: Protocol) -> Self {
        Self {
            name,
            protocol,
            priority: None,
            matches: MatchDraft::default(),
            targets: Vec::new(),
            retry_policy: None,
            timeout: Timeout::default(),
        }
    }

    /// Says how early the route is looked at.
    ///
    /// # Units
    /// 0 to 1000, 0 first; a route without a priority comes after all that have one.
    pub fn priority(mut self, priority: impl Into<i64>) -> Self {
        self.priority = Some(priority.into());
        self
    }

    /// Takes paths that begin so; replaces another condition on the path.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        self.path(PathMatch::Prefix(prefix.into()))
    }

    /// Takes this one path; replaces another condition on the path.
    pub fn exact(self, path: impl Into<String>) -> Self {
        self.path(PathMatch::Exact(path.into()))
    }

    /// Takes paths that the expression matches from end to end; replaces another condition on the path.
    ///
    /// # Shape
    /// RE2 syntax: no look-around, no back-references.
    pub fn regex(self, expression: impl Into<String>) -> Self {
        self.path(PathMatch::Regex(expression.into()))
    }

    /// Takes requests of one method.
    pub fn method(mut self, method: &http::Method) -> Self {
        let place = Place::of("method");
        self.matches.method = Some(Said::new(method.as_str().to_owned(), place));
        self
    }

    /// Takes requests of one scheme.
    pub fn scheme(mut self, scheme: &http::uri::Scheme) -> Self {
        let place = Place::of("scheme");
        self.matches.scheme = Some(Said::new(scheme.as_str().to_owned(), place));
        self
    }

    /// Puts the route behind one of the router's listeners.
    ///
    /// # Units
    /// A port from 1 to 65535.
    pub fn port(mut self, port: impl Into<i64>) -> Self {
        self.matches.port = Some(Said::new(port.into(), Place::of("port")));
        self
    }

    /// Takes requests whose header has such a value.
    pub fn header(self, name: impl Into<String>, matcher: HeaderMatcher) -> Self {
        self.header_draft(name.into(), false, Some(matcher))
    }

    /// Takes requests that have the header, with any value but such a one.
    ///
    /// # Source
    /// Envoy: a condition on a value never holds where the header is absent, inverted or not.
    pub fn header_not(self, name: impl Into<String>, matcher: HeaderMatcher) -> Self {
        self.header_draft(name.into(), true, Some(matcher))
    }

    /// Takes requests that have the header.
    pub fn header_present(self, name: impl Into<String>) -> Self {
        self.header_draft(name.into(), false, None)
    }

    /// Takes requests that lack the header.
    pub fn header_absent(self, name: impl Into<String>) -> Self {
        self.header_draft(name.into(), true, None)
    }

    /// Takes requests whose query parameter has this value, compared as it stands in the URI.
    pub fn query(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query_draft(name.into(), Some(value.into()))
    }

    /// Takes requests that have the query parameter.
    pub fn query_present(self, name: impl Into<String>) -> Self {
        self.query_draft(name.into(), None)
    }

    /// Adds a target that has one listener.
    ///
    /// # Units
    /// A weight from 0 to 100, relative to the other targets' weights.
    pub fn target(self, virtual_node: impl Into<String>, weight: impl Into<i64>) -> Self {
        self.target_draft(virtual_node.into(), weight.into(), None)
    }

    /// Adds a target and says which of its listeners is meant.
    ///
    /// # Units
    /// A weight from 0 to 100, relative to the other targets' weights; a port from 1 to 65535.
    pub fn target_on(
        self,
        virtual_node: impl Into<String>,
        weight: impl Into<i64>,
        port: impl Into<i64>,
    ) -> Self {
        self.target_draft(virtual_node.into(), weight.into(), Some(port.into()))
    }

    /// Says when an attempt is tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = Some(policy);
        self
    }

    /// Limits a request, all attempts together.
    ///
    /// # Units
    /// Zero: no limit.
    pub fn timeout(mut self, per_request: Duration) -> Self {
        self.timeout.per_request = Some(per_request);
        self
    }

    /// Limits how long a stream may carry nothing.
    ///
    /// # Units
    /// Zero: no limit.
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.timeout.idle = Some(idle);
        self
    }

    pub(super) fn in_router(self, router: &Said<String>, path: &str) -> RouteDraft {
        let path = format!("{path}.route({})", self.name);
        let place = |member: &str| Place::of(format!("{path}.{member}"));
        let mut matches = self.matches;
        let mut targets = self.targets;
        for places in [
            places_of_match(&mut matches),
            places_of_targets(&mut targets),
        ] {
            for member in places {
                member.path = format!("{path}.{}", member.path);
            }
        }
        RouteDraft {
            mesh: None,
            router: Some(router.clone()),
            priority: self.priority.map(|n| Said::new(n, place("priority"))),
            protocol: Said::new(self.protocol, Place::of(path.clone())),
            matches: Said::new(matches, place("match")),
            targets: Said::new(targets, place("target")),
            retry_policy: self.retry_policy.map(|p| Said::new(p, place("retry"))),
            timeout: Said::new(self.timeout, place("timeout")),
            whole: true,
            name: Said::new(self.name, Place::of(path.clone())),
        }
    }

    fn path(mut self, path: PathMatch) -> Self {
        self.matches.path = Some(Said::new(path, Place::of("path")));
        self
    }

    fn header_draft(mut self, name: String, invert: bool, matcher: Option<HeaderMatcher>) -> Self {
        let place = Place::of(format!("header({name})"));
        self.matches.headers.push(HeaderDraft {
            matcher: matcher.map(|matcher| Said::new(matcher, place.clone())),
            name: Said::new(name, place),
            invert,
        });
        self
    }

    fn query_draft(mut self, name: String, exact: Option<String>) -> Self {
        let place = Place::of(format!("query({name})"));
        let parameter = QueryParameter { name, exact };
        self.matches
            .query_parameters
            .push(Said::new(parameter, place));
        self
    }

    fn target_draft(mut self, virtual_node: String, weight: i64, port: Option<i64>) -> Self {
        let place = Place::of(format!("target({virtual_node})"));
        self.targets.push(TargetDraft {
            virtual_node: Said::new(virtual_node, place.clone()),
            weight: Said::new(weight, place.clone()),
            port: port.map(|port| Said::new(port, place)),
        });
        self
    }
}

fn places_of_match(matches: &mut MatchDraft) -> Vec<&mut Place> {
    let mut places = Vec::new();
    places.extend(matches.path.as_mut().map(|said| &mut said.place));
    places.extend(matches.method.as_mut().map(|said| &mut said.place));
    places.extend(matches.scheme.as_mut().map(|said| &mut said.place));
    places.extend(matches.port.as_mut().map(|said| &mut said.place));
    for header in &mut matches.headers {
        places.push(&mut header.name.place);
        places.extend(header.matcher.as_mut().map(|said| &mut said.place));
    }
    places.extend(
        matches
            .query_parameters
            .iter_mut()
            .map(|said| &mut said.place),
    );
    places
}

fn places_of_targets(targets: &mut [TargetDraft]) -> Vec<&mut Place> {
    let mut places = Vec::new();
    for target in targets {
        places.push(&mut target.virtual_node.place);
        places.push(&mut target.weight.place);
        places.extend(target.port.as_mut().map(|said| &mut said.place));
    }
    places
}
