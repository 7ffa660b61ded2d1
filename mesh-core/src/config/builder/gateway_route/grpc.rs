//! Conditions of a gateway route for gRPC.

use super::GatewayRouteBuilder;
use crate::{
    config::{GatewayRoute, HeaderMatcher, builder::ForGrpc},
    unit::Protocol,
};

impl GatewayRoute {
    /// Begins a gateway route for gRPC requests; the path of a call stays as it is.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::config::GatewayRoute;
    ///
    /// let _route = GatewayRoute::grpc("orders").service("shop.Orders").to("orders.local");
    /// ```
    pub fn grpc(name: impl Into<String>) -> GatewayRouteBuilder<ForGrpc> {
        GatewayRouteBuilder::new(name.into(), Protocol::Grpc)
    }
}

impl GatewayRouteBuilder<ForGrpc> {
    /// Takes calls of all methods of a service.
    ///
    /// # Shape
    /// The service's full name, as `package.Service`.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.matches.on_service(name.into());
        self
    }

    /// Takes calls whose metadata has such a value.
    pub fn metadata(mut self, name: impl Into<String>, matcher: HeaderMatcher) -> Self {
        self.matches.on_header(name.into(), false, Some(matcher));
        self
    }

    /// Takes calls whose metadata has the key, with any value but such a one.
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
