//! The kinds of App Mesh resources.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::spelling;
use crate::error::quoted;

/// The kind of an App Mesh resource.
///
/// # Examples
/// ```
/// use mesh_core::config::ResourceKind;
///
/// assert_eq!("VirtualNode".parse(), Ok(ResourceKind::VirtualNode));
/// assert_eq!("gatewayRoute".parse(), Ok(ResourceKind::GatewayRoute));
/// assert_eq!(
///     "VirtualNod".parse::<ResourceKind>().unwrap_err().to_string(),
///     "there is no kind of resource `VirtualNod`; did you mean `VirtualNode`?",
/// );
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ResourceKind {
    /// A mesh.
    Mesh,
    /// A virtual node.
    VirtualNode,
    /// A virtual router.
    VirtualRouter,
    /// A route of a virtual router; in Kubernetes it is a part of it.
    Route,
    /// A virtual service.
    VirtualService,
    /// A virtual gateway.
    VirtualGateway,
    /// A route of a virtual gateway.
    GatewayRoute,
    /// A list of virtual services, which Kubernetes alone has.
    BackendGroup,
}

impl ResourceKind {
    /// The kind's name, as `VirtualNode`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mesh => "Mesh",
            Self::VirtualNode => "VirtualNode",
            Self::VirtualRouter => "VirtualRouter",
            Self::Route => "Route",
            Self::VirtualService => "VirtualService",
            Self::VirtualGateway => "VirtualGateway",
            Self::GatewayRoute => "GatewayRoute",
            Self::BackendGroup => "BackendGroup",
        }
    }

    /// The API's name for it, as `virtualNode`.
    pub(crate) const fn api(self) -> &'static str {
        match self {
            Self::Mesh => "mesh",
            Self::VirtualNode => "virtualNode",
            Self::VirtualRouter => "virtualRouter",
            Self::Route => "route",
            Self::VirtualService => "virtualService",
            Self::VirtualGateway => "virtualGateway",
            Self::GatewayRoute => "gatewayRoute",
            Self::BackendGroup => "backendGroup",
        }
    }

    /// The property that names a resource of the kind, as the API spells it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Mesh => "meshName",
            Self::VirtualNode => "virtualNodeName",
            Self::VirtualRouter => "virtualRouterName",
            Self::Route => "routeName",
            Self::VirtualService => "virtualServiceName",
            Self::VirtualGateway => "virtualGatewayName",
            Self::GatewayRoute => "gatewayRouteName",
            Self::BackendGroup => "backendGroupName",
        }
    }

    /// The property that names what a resource of the kind is a part of, beside its mesh.
    pub(crate) const fn parent(self) -> Option<&'static str> {
        match self {
            Self::Route => Some("virtualRouterName"),
            Self::GatewayRoute => Some("virtualGatewayName"),
            _ => None,
        }
    }

    pub(crate) const ALL: [Self; 8] = [
        Self::Mesh,
        Self::VirtualNode,
        Self::VirtualRouter,
        Self::Route,
        Self::VirtualService,
        Self::VirtualGateway,
        Self::GatewayRoute,
        Self::BackendGroup,
    ];
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ResourceKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let kind = Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text || kind.api() == text);
        kind.ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// A word that is no kind of an App Mesh resource.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("there is no kind of resource {}{}", quoted(.0), spelling::nearest(.0, ResourceKind::ALL.into_iter().map(ResourceKind::as_str)))]
pub struct UnknownKind(String);
