//! Conditions of a gateway route for HTTP, and what it makes of the path.

use super::GatewayRouteBuilder;
use crate::{
    config::{GatewayRoute, HeaderMatcher, PathMatch, PathRewrite, builder::ForHttp},
    unit::Protocol,
};

impl GatewayRoute {
    /// Begins a gateway route for HTTP/1.1 requests.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::config::GatewayRoute;
    ///
    /// let _route = GatewayRoute::http("orders")
    ///     .prefix("/orders/")
    ///     .hostname_suffix(".example.com")
    ///     .rewrite_prefix("/v2/")
    ///     .to("orders.local");
    /// ```
    pub fn http(name: impl Into<String>) -> GatewayRouteBuilder {
        GatewayRouteBuilder::new(name.into(), Protocol::Http)
    }

    /// Begins a gateway route for HTTP/2 requests.
    pub fn http2(name: impl Into<String>) -> GatewayRouteBuilder {
        GatewayRouteBuilder::new(name.into(), Protocol::Http2)
    }
}

impl GatewayRouteBuilder<ForHttp> {
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

    /// Takes requests whose header has such a value.
    pub fn header(mut self, name: impl Into<String>, matcher: HeaderMatcher) -> Self {
        self.matches.on_header(name.into(), false, Some(matcher));
        self
    }

    /// Takes requests that have the header, with any value but such a one.
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

    /// Says whether the prefix that matched becomes `/`; it does where nothing is said of the path.
    pub fn default_prefix(self, enabled: bool) -> Self {
        self.rewrite_of(PathRewrite::DefaultPrefix(enabled))
    }

    /// Makes this of the prefix that matched; it begins and ends with a slash.
    pub fn rewrite_prefix(self, prefix: impl Into<String>) -> Self {
        self.rewrite_of(PathRewrite::Prefix(prefix.into()))
    }

    /// Makes this of the whole path.
    pub fn rewrite_path(self, path: impl Into<String>) -> Self {
        self.rewrite_of(PathRewrite::Exact(path.into()))
    }

    fn path(mut self, path: PathMatch) -> Self {
        self.matches.on_path(path);
        self
    }

    fn rewrite_of(mut self, path: PathRewrite) -> Self {
        self.rewrite.path = Some(path);
        self
    }
}
