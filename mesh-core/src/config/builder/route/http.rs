//! Conditions of a route for HTTP.

use super::{ForHttp, RouteBuilder};
use crate::{
    config::{HeaderMatcher, PathMatch, Route, draft::Said},
    error::Place,
    unit::Protocol,
};

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

impl RouteBuilder<ForHttp> {
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
        self.matches.on_method(method);
        self
    }

    /// Takes requests of one scheme.
    pub fn scheme(mut self, scheme: &http::uri::Scheme) -> Self {
        let place = Place::of("scheme");
        self.matches.scheme = Some(Said::new(scheme.as_str().to_owned(), place));
        self
    }

    /// Takes requests whose header has such a value.
    pub fn header(mut self, name: impl Into<String>, matcher: HeaderMatcher) -> Self {
        self.matches.on_header(name.into(), false, Some(matcher));
        self
    }

    /// Takes requests that have the header, with any value but such a one.
    ///
    /// # Source
    /// Envoy: a condition on a value never holds where the header is absent, inverted or not.
    pub fn header_not(mut self, name: impl Into<String>, matcher: HeaderMatcher) -> Self {
        self.matches.on_header(name.into(), true, Some(matcher));
        self
    }

    /// Takes requests that have the header.
    pub fn header_present(mut self, name: impl Into<String>) -> Self {
        self.matches.on_header(name.into(), false, None);
        self
    }

    /// Takes requests that lack the header.
    pub fn header_absent(mut self, name: impl Into<String>) -> Self {
        self.matches.on_header(name.into(), true, None);
        self
    }

    /// Takes requests whose query parameter has this value, compared as it stands in the URI.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.matches.on_query(name.into(), Some(value.into()));
        self
    }

    /// Takes requests that have the query parameter.
    pub fn query_present(mut self, name: impl Into<String>) -> Self {
        self.matches.on_query(name.into(), None);
        self
    }

    fn path(mut self, path: PathMatch) -> Self {
        self.matches.on_path(path);
        self
    }
}
