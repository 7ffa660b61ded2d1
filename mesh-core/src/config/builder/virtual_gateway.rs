//! The builder of a virtual gateway.

use super::{GatewayListenerBuilder, GatewayRouteBuilder};
use crate::{
    config::{
        AccessLog, ClientPolicy, GatewayListener, VirtualGateway,
        draft::{GatewayRouteDraft, Said, VirtualGatewayDraft},
    },
    error::Place,
    unit::Protocol,
};

/// A virtual gateway in the making; [`MeshBuilder::virtual_gateway`](super::MeshBuilder::virtual_gateway) takes it.
///
/// # Examples
/// ```
/// use mesh_core::{
///     config::{GatewayRoute, Mesh, VirtualGateway, VirtualNode, VirtualService},
///     unit::Protocol,
/// };
///
/// let orders = VirtualNode::builder("orders").listener(8080, Protocol::Http).dns("orders.internal");
/// let entry = VirtualGateway::builder("entry")
///     .listener(80, Protocol::Http)
///     .route(GatewayRoute::http("orders").prefix("/orders").to("orders.local"));
/// let mesh = Mesh::builder("shop")
///     .virtual_node(orders)
///     .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
///     .virtual_gateway(entry)
///     .build()?;
/// assert_eq!(mesh.virtual_gateway("entry").map(|gateway| gateway.routes.len()), Some(1));
/// # Ok::<(), mesh_core::error::ConfigErrors>(())
/// ```
#[derive(Debug)]
#[must_use = "give it to `MeshBuilder::virtual_gateway`"]
pub struct VirtualGatewayBuilder {
    pub(super) draft: VirtualGatewayDraft,
    pub(super) routes: Vec<GatewayRouteDraft>,
    path: String,
}

impl VirtualGateway {
    /// Begins a virtual gateway.
    pub fn builder(name: impl Into<String>) -> VirtualGatewayBuilder {
        let name = name.into();
        let path = format!("virtual_gateway({name})");
        let draft = VirtualGatewayDraft {
            mesh: None,
            name: Said::new(name, Place::of(path.clone())),
            listeners: Vec::new(),
            client_policy: None,
            access_log: None,
            whole: true,
        };
        VirtualGatewayBuilder {
            draft,
            routes: Vec::new(),
            path,
        }
    }
}

impl VirtualGatewayBuilder {
    /// Adds a port that the gateway takes requests on.
    ///
    /// # Units
    /// A port from 1 to 65535.
    pub fn listener(self, port: impl Into<i64>, protocol: Protocol) -> Self {
        self.listener_with(GatewayListener::builder(port, protocol))
    }

    /// Adds a port that the gateway takes requests on, with TLS, with limits, or with what others watch.
    pub fn listener_with(mut self, listener: GatewayListenerBuilder) -> Self {
        self.draft.listeners.push(listener.within(&self.path));
        self
    }

    /// Says what the gateway asks of the TLS of what it calls.
    pub fn client_policy(mut self, policy: ClientPolicy) -> Self {
        let place = Place::of(format!("{}.client_policy", self.path));
        self.draft.client_policy = Some(Said::new(policy, place));
        self
    }

    /// Writes one line there for each request.
    pub fn access_log(mut self, log: AccessLog) -> Self {
        self.draft.access_log = Some(log);
        self
    }

    /// Adds a route.
    pub fn route<K>(mut self, route: GatewayRouteBuilder<K>) -> Self {
        let route = route.in_gateway(&self.draft.name, &self.path);
        self.routes.push(route);
        self
    }
}
