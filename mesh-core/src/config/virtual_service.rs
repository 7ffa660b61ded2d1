//! Virtual services: the names that callers write, and who answers to them.

use crate::name::{VirtualNodeName, VirtualRouterName, VirtualServiceName};

/// A name that nodes call.
///
/// # Source
/// App Mesh API model, `VirtualServiceSpec`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct VirtualService {
    /// The authority that callers write.
    pub name: VirtualServiceName,
    /// Who answers; a service without one exists and routes nothing.
    pub provider: Option<Provider>,
}

/// Who answers to a virtual service's name.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Provider {
    /// One node takes all of it, without routes.
    VirtualNode(VirtualNodeName),
    /// A router chooses.
    VirtualRouter(VirtualRouterName),
}
