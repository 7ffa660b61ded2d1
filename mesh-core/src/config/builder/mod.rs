//! A mesh written in Rust: builders that collect every problem and end in the same check as a file.

mod conditions;
mod gateway_listener;
mod gateway_route;
mod listener;
mod route;
mod virtual_gateway;
mod virtual_node;
mod virtual_router;
mod virtual_service;

use super::{
    Config, EgressFilter, Mesh,
    check::check,
    draft::{Draft, MeshDraft, Said},
};
use crate::{
    error::{ConfigErrors, Place, Problems},
    unit::IpPreference,
};

pub use gateway_listener::GatewayListenerBuilder;
pub use gateway_route::GatewayRouteBuilder;
pub use listener::ListenerBuilder;
pub use route::{ForGrpc, ForHttp, ForRequests, ForTcp, RouteBuilder};
pub use virtual_gateway::VirtualGatewayBuilder;
pub use virtual_node::VirtualNodeBuilder;
pub use virtual_router::VirtualRouterBuilder;
pub use virtual_service::VirtualServiceBuilder;

/// A mesh in the making.
///
/// Nothing fails before [`build`](Self::build), which reports everything that is wrong at once.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use mesh_core::{
///     config::{HttpRetryEvent, Mesh, RetryPolicy, Route, VirtualNode, VirtualRouter, VirtualService},
///     unit::Protocol,
/// };
///
/// let retry = RetryPolicy::new(2, Duration::from_millis(500)).on(HttpRetryEvent::GatewayError);
/// let route = Route::http("all")
///     .prefix("/")
///     .target("orders-v1", 90)
///     .target("orders-v2", 10)
///     .retry(retry)
///     .timeout(Duration::from_secs(2));
/// let mesh = Mesh::builder("shop")
///     .virtual_node(VirtualNode::builder("orders-v1").listener(8080, Protocol::Http).dns("orders-v1.local"))
///     .virtual_node(VirtualNode::builder("orders-v2").listener(8080, Protocol::Http).dns("orders-v2.local"))
///     .virtual_node(VirtualNode::builder("web").backend("orders.local"))
///     .virtual_router(VirtualRouter::builder("orders").listener(8080, Protocol::Http).route(route))
///     .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
///     .build()?;
/// assert_eq!(mesh.virtual_router("orders").map(|router| router.routes.len()), Some(1));
/// # Ok::<(), mesh_core::error::ConfigErrors>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing before `build`"]
pub struct MeshBuilder {
    name: Said<String>,
    egress_filter: EgressFilter,
    ip_preference: Option<IpPreference>,
    draft: Draft,
}

impl Mesh {
    /// Begins a mesh of that name, with an egress filter of [`EgressFilter::DropAll`].
    pub fn builder(name: impl Into<String>) -> MeshBuilder {
        MeshBuilder {
            name: Said::new(name.into(), Place::of("mesh")),
            egress_filter: EgressFilter::default(),
            ip_preference: None,
            draft: Draft::default(),
        }
    }
}

impl MeshBuilder {
    /// What happens to calls whose host is none of the caller's backends.
    pub fn egress_filter(mut self, egress_filter: EgressFilter) -> Self {
        self.egress_filter = egress_filter;
        self
    }

    /// Says which addresses are used of nodes that do not say it themselves.
    pub fn ip_preference(mut self, preference: IpPreference) -> Self {
        self.ip_preference = Some(preference);
        self
    }

    /// Adds a virtual node.
    pub fn virtual_node(mut self, node: VirtualNodeBuilder) -> Self {
        self.draft.virtual_nodes.push(node.draft);
        self
    }

    /// Adds a virtual router and its routes.
    pub fn virtual_router(mut self, router: VirtualRouterBuilder) -> Self {
        self.draft.routes.extend(router.routes);
        self.draft.virtual_routers.push(router.draft);
        self
    }

    /// Adds a virtual service.
    pub fn virtual_service(mut self, service: VirtualServiceBuilder) -> Self {
        self.draft.virtual_services.push(service.draft);
        self
    }

    /// Adds a virtual gateway and its routes.
    pub fn virtual_gateway(mut self, gateway: VirtualGatewayBuilder) -> Self {
        self.draft.gateway_routes.extend(gateway.routes);
        self.draft.virtual_gateways.push(gateway.draft);
        self
    }

    /// Checks all that was said and makes the mesh of it.
    ///
    /// What is only warned of is lost here; [`build_config`](Self::build_config) keeps it.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every problem there is.
    pub fn build(self) -> Result<Mesh, ConfigErrors> {
        self.build_config().map(Config::into_mesh)
    }

    /// Checks all that was said and makes a configuration of it: the mesh, and what to be warned of.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every problem there is.
    pub fn build_config(self) -> Result<Config, ConfigErrors> {
        let draft = self.draft();
        let resources = draft.resources();
        let (mesh, warnings) =
            check(draft, Problems::default()).map_err(|errors| errors.with_resources(resources))?;
        Ok(Config::from(mesh).with_warnings(warnings))
    }

    /// All that was said.
    pub(in crate::config) fn draft(self) -> Draft {
        let mut draft = self.draft;
        draft.meshes.push(MeshDraft {
            name: self.name,
            egress_filter: self.egress_filter,
            ip_preference: self.ip_preference,
        });
        draft
    }
}

#[cfg(test)]
mod tests;
