//! Conditions of a route for gRPC.

use super::{ForGrpc, RouteBuilder};
use crate::{
    config::{HeaderMatcher, Route, draft::Said},
    error::Place,
    unit::Protocol,
};

impl Route {
    /// Begins a route for gRPC requests: it takes no others.
    ///
    /// # Source
    /// App Mesh API model, `GrpcRoute`. That only gRPC's content types are taken is not written there.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use mesh_core::config::{GrpcRetryEvent, HeaderMatcher, RetryPolicy, Route};
    ///
    /// let retry = RetryPolicy::new(2, Duration::from_secs(1)).on_grpc(GrpcRetryEvent::Unavailable);
    /// let _route = Route::grpc("canary")
    ///     .method("shop.Orders", "Place")
    ///     .metadata("x-canary", HeaderMatcher::exact("1"))
    ///     .target("orders-v2", 1)
    ///     .retry(retry);
    /// ```
    pub fn grpc(name: impl Into<String>) -> RouteBuilder<ForGrpc> {
        RouteBuilder::new(name.into(), Protocol::Grpc)
    }
}

impl RouteBuilder<ForGrpc> {
    /// Takes calls of all methods of a service.
    ///
    /// # Shape
    /// The service's full name, as `package.Service`: what stands before the method in a call's path, and what generated code
    /// has as `NAME`.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.matches.on_service(name.into());
        self
    }

    /// Takes calls of one method of a service.
    ///
    /// # Shape
    /// The service's full name, as `package.Service`, and the method's own.
    pub fn method(self, service: impl Into<String>, name: impl Into<String>) -> Self {
        let mut route = self.service(service);
        route.matches.method_name = Some(Said::new(name.into(), Place::of("method")));
        route
    }

    /// Takes calls whose metadata has such a value.
    pub fn metadata(mut self, name: impl Into<String>, matcher: HeaderMatcher) -> Self {
        self.matches.on_header(name.into(), false, Some(matcher));
        self
    }

    /// Takes calls whose metadata has the key, with any value but such a one.
    ///
    /// # Source
    /// Envoy: a condition on a value never holds where the key is absent, inverted or not.
    pub fn metadata_not(mut self, name: impl Into<String>, matcher: HeaderMatcher) -> Self {
        self.matches.on_header(name.into(), true, Some(matcher));
        self
    }

    /// Takes calls whose metadata has the key.
    pub fn metadata_present(mut self, name: impl Into<String>) -> Self {
        self.matches.on_header(name.into(), false, None);
        self
    }

    /// Takes calls whose metadata lacks the key.
    pub fn metadata_absent(mut self, name: impl Into<String>) -> Self {
        self.matches.on_header(name.into(), true, None);
        self
    }
}
