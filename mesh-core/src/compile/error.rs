//! Why a mesh could not be compiled.

use thiserror::Error;

use crate::{
    config::{Mesh, spelling::nearest},
    name::{
        GatewayRouteName, InvalidName, VirtualGatewayName, VirtualNodeName, VirtualServiceName,
    },
    route::InvalidPattern,
    unit::Port,
    weight::NoTargets,
};

/// Why a mesh could not be compiled for a node or a gateway.
///
/// Reading a configuration refuses already all but [`UnknownNode`](Self::UnknownNode), [`UnknownGateway`](Self::UnknownGateway),
/// [`TooManyRoutes`](Self::TooManyRoutes), [`TooManyGatewayRoutes`](Self::TooManyGatewayRoutes) and, for services that are named in
/// Rust, [`Watched`](Self::Watched).
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The mesh has no such node.
    #[error("the mesh has no virtual node {name:?}{}", nearest(name, known.iter().map(VirtualNodeName::as_str)))]
    UnknownNode {
        /// The name that was asked for.
        name: String,
        /// All there are, in order.
        known: Vec<VirtualNodeName>,
    },
    /// The mesh has no such gateway.
    #[error("the mesh has no virtual gateway {name:?}{}", nearest(name, known.iter().map(VirtualGatewayName::as_str)))]
    UnknownGateway {
        /// The name that was asked for.
        name: String,
        /// All there are, in order.
        known: Vec<VirtualGatewayName>,
    },
    /// A service's provider is not in the mesh.
    #[error("the provider of virtual service {virtual_service} is not in the mesh")]
    NoProvider {
        /// The service.
        virtual_service: VirtualServiceName,
    },
    /// A target's node is not in the mesh, has no such listener, or cannot be found.
    #[error("virtual node {virtual_node} cannot be a target{}: it is not in the mesh, does not listen there, or has no service discovery", on(*port))]
    NoTarget {
        /// The node.
        virtual_node: VirtualNodeName,
        /// Its listener, if one was named.
        port: Option<Port>,
    },
    /// A route's targets cannot be drawn from.
    #[error("a route of virtual service {virtual_service} has nowhere to go")]
    NoTargets {
        /// The service.
        virtual_service: VirtualServiceName,
        /// Why not.
        #[source]
        source: NoTargets,
    },
    /// A route's condition cannot be compiled.
    #[error("a route of virtual service {virtual_service} cannot be matched")]
    Pattern {
        /// The service.
        virtual_service: VirtualServiceName,
        /// What was written.
        #[source]
        source: InvalidPattern,
    },
    /// A gateway route's condition cannot be compiled.
    #[error("gateway route {gateway_route} of virtual gateway {virtual_gateway} cannot be matched")]
    GatewayPattern {
        /// The gateway.
        virtual_gateway: VirtualGatewayName,
        /// The route.
        gateway_route: GatewayRouteName,
        /// What was written.
        #[source]
        source: InvalidPattern,
    },
    /// The routes of a gateway are more than can be held.
    #[error(
        "virtual gateway {virtual_gateway} has more than {most} routes, counted for each listener that they are for"
    )]
    TooManyGatewayRoutes {
        /// The gateway.
        virtual_gateway: VirtualGatewayName,
        /// How many there may be.
        most: usize,
    },
    /// The routes of all backends of the node are more than can be held.
    #[error(
        "with the routes of virtual service {virtual_service} the node's backends have more than {most} routes"
    )]
    TooManyRoutes {
        /// The service with which they are too many.
        virtual_service: VirtualServiceName,
        /// How many there may be; a route counts once for each service and port that it is for.
        most: usize,
    },
    /// Two targets share their endpoints, but not how these are picked, checked and put out.
    #[error(
        "two targets lead to {virtual_node}:{port} by the same protocol, but differ in balance, health check or outlier detection; give \
         both the same"
    )]
    Watched {
        /// The node, or the host, behind both.
        virtual_node: VirtualNodeName,
        /// The port that both lead to.
        port: Port,
    },
    /// A name that App Mesh would not have taken.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl CompileError {
    pub(super) fn unknown_node(mesh: &Mesh, name: &str) -> Self {
        let known = mesh.virtual_nodes().map(|node| node.name.clone()).collect();
        Self::UnknownNode {
            name: name.to_owned(),
            known,
        }
    }

    pub(super) fn unknown_gateway(mesh: &Mesh, name: &str) -> Self {
        let known = mesh.virtual_gateways();
        Self::UnknownGateway {
            name: name.to_owned(),
            known: known.map(|gateway| gateway.name.clone()).collect(),
        }
    }
}

fn on(port: Option<Port>) -> String {
    port.map_or_else(String::new, |port| format!(" on port {port}"))
}
