//! A mesh as App Mesh's API takes it: one JSON document for each resource.

mod duration;
mod gateway;
mod listener;
mod matching;
mod resource;
mod route;
#[cfg(test)]
pub(crate) mod sample;
mod tls;
mod value;
mod virtual_node;

use std::fmt;

use self::value::Json;
use super::{Mesh, ResourceKind};

/// A resource, as the input of the API's call that creates it.
///
/// # Shape
/// Indented JSON, in the spelling of `aws appmesh create-virtual-node --cli-input-json`:
/// `{"meshName": "shop", "virtualNodeName": "orders", "spec": {…}}`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ApiDocument {
    /// What it is.
    pub kind: ResourceKind,
    /// The resource's name.
    pub name: String,
    /// The document.
    pub text: String,
}

impl fmt::Display for ApiDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Mesh {
    /// Every resource of the mesh, each after those it refers to.
    ///
    /// All that the mesh says is in them, but for where it was written.
    ///
    /// # Units
    /// A duration is written in milliseconds, or in seconds if it is whole ones; a part of a millisecond counts as a whole one.
    ///
    /// # Examples
    /// ```
    /// use mesh_core::{config::{Mesh, ResourceKind, VirtualNode}, unit::Protocol};
    ///
    /// let orders = VirtualNode::builder("orders").listener(8080, Protocol::Http).dns("orders.internal");
    /// let mesh = Mesh::builder("shop").virtual_node(orders).build()?;
    /// let documents = mesh.to_api_json();
    /// let kinds: Vec<_> = documents.iter().map(|document| document.kind).collect();
    /// assert_eq!(kinds, [ResourceKind::Mesh, ResourceKind::VirtualNode]);
    /// assert!(documents[1].text.contains("\"virtualNodeName\": \"orders\""));
    /// # Ok::<(), mesh_core::error::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn to_api_json(&self) -> Vec<ApiDocument> {
        let mut documents = vec![document(
            ResourceKind::Mesh,
            self.name.as_str(),
            &resource::mesh(self),
        )];
        let mesh = self.name.as_str();
        documents.extend(self.virtual_nodes().map(|node| {
            let value = virtual_node::virtual_node(mesh, node);
            document(ResourceKind::VirtualNode, node.name.as_str(), &value)
        }));
        for router in self.virtual_routers() {
            let value = resource::virtual_router(mesh, router);
            documents.push(document(
                ResourceKind::VirtualRouter,
                router.name.as_str(),
                &value,
            ));
            documents.extend(router.routes.iter().map(|route| {
                let value = route::route(mesh, router.name.as_str(), route);
                document(ResourceKind::Route, route.name.as_str(), &value)
            }));
        }
        documents.extend(self.virtual_services().map(|service| {
            let value = resource::virtual_service(mesh, service);
            document(ResourceKind::VirtualService, service.name.as_str(), &value)
        }));
        for gateway in self.virtual_gateways() {
            let value = gateway::virtual_gateway(mesh, gateway);
            documents.push(document(
                ResourceKind::VirtualGateway,
                gateway.name.as_str(),
                &value,
            ));
            documents.extend(gateway.routes.iter().map(|route| {
                let value = gateway::gateway_route(mesh, gateway.name.as_str(), route);
                document(ResourceKind::GatewayRoute, route.name.as_str(), &value)
            }));
        }
        documents
    }
}

fn document(kind: ResourceKind, name: &str, value: &Json) -> ApiDocument {
    ApiDocument {
        kind,
        name: name.to_owned(),
        text: format!("{value}\n"),
    }
}

#[cfg(test)]
mod tests;
