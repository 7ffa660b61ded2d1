//! The object graph and its look-ups.

use std::collections::BTreeMap;

use super::{VirtualGateway, VirtualNode, VirtualRouter, VirtualService};
use crate::{
    name::{MeshName, VirtualGatewayName, VirtualNodeName, VirtualRouterName, VirtualServiceName},
    unit::IpPreference,
};

/// A whole mesh, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    pub(crate) name: MeshName,
    pub(crate) egress_filter: EgressFilter,
    pub(crate) ip_preference: Option<IpPreference>,
    pub(crate) virtual_nodes: BTreeMap<VirtualNodeName, VirtualNode>,
    pub(crate) virtual_routers: BTreeMap<VirtualRouterName, VirtualRouter>,
    pub(crate) virtual_services: BTreeMap<VirtualServiceName, VirtualService>,
    pub(crate) virtual_gateways: BTreeMap<VirtualGatewayName, VirtualGateway>,
}

impl Mesh {
    /// The mesh's name.
    #[must_use]
    pub fn name(&self) -> &MeshName {
        &self.name
    }

    /// What happens to calls whose host is not a backend.
    #[must_use]
    pub fn egress_filter(&self) -> EgressFilter {
        self.egress_filter
    }

    /// Which addresses are used of nodes that do not say it themselves; `None`: as App Mesh did where nothing was written.
    #[must_use]
    pub fn ip_preference(&self) -> Option<IpPreference> {
        self.ip_preference
    }

    /// The virtual node of that name.
    #[must_use]
    pub fn virtual_node(&self, name: &str) -> Option<&VirtualNode> {
        self.virtual_nodes.get(name)
    }

    /// The virtual router of that name.
    #[must_use]
    pub fn virtual_router(&self, name: &str) -> Option<&VirtualRouter> {
        self.virtual_routers.get(name)
    }

    /// The virtual service of that name.
    #[must_use]
    pub fn virtual_service(&self, name: &str) -> Option<&VirtualService> {
        self.virtual_services.get(name)
    }

    /// The virtual gateway of that name.
    #[must_use]
    pub fn virtual_gateway(&self, name: &str) -> Option<&VirtualGateway> {
        self.virtual_gateways.get(name)
    }

    /// All virtual gateways, by name.
    pub fn virtual_gateways(&self) -> impl Iterator<Item = &VirtualGateway> {
        self.virtual_gateways.values()
    }

    /// All virtual nodes, by name.
    pub fn virtual_nodes(&self) -> impl Iterator<Item = &VirtualNode> {
        self.virtual_nodes.values()
    }

    /// All virtual routers, by name.
    pub fn virtual_routers(&self) -> impl Iterator<Item = &VirtualRouter> {
        self.virtual_routers.values()
    }

    /// All virtual services, by name.
    pub fn virtual_services(&self) -> impl Iterator<Item = &VirtualService> {
        self.virtual_services.values()
    }
}

/// What happens to a call whose host is none of the node's backends.
///
/// # Source
/// App Mesh API model, `EgressFilter`: `DROP_ALL` where nothing is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum EgressFilter {
    /// It goes out as it is, unrouted.
    AllowAll,
    /// It is refused.
    #[default]
    DropAll,
}
