//! The test kit: what a simulation promises, and a fleet's policy tested in it as a user would.

mod far;
mod faults;
mod kit;
mod policy;

use mesh_core::{
    config::{Mesh as Model, VirtualNode, VirtualService},
    unit::Protocol,
};

/// `web` calls `orders.local`, which `orders` provides.
fn shop(protocol: Protocol) -> Model {
    let orders = VirtualNode::builder("orders").listener(8080, protocol);
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(orders.dns("orders.local"))
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .expect("the model is valid")
}
