//! The test kit: what a simulation promises, and a fleet's policy tested in it as a user would.

mod changes;
mod far;
mod faults;
mod grpc;
mod half_open;
mod kit;
mod policy;

use std::time::Duration;

use http::{Request, Response};
use mesh_core::{
    config::{Mesh as Model, VirtualNode, VirtualService},
    unit::Protocol,
};
use mesh_tower::test_util::{EventKind, Simulation, SimulationBuilder};

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

/// Two endpoints of `orders`, which say hello.
fn two_endpoints(seed: u64, protocol: Protocol) -> SimulationBuilder {
    let hello = async |_| Response::new("hello".to_owned());
    Simulation::builder(seed)
        .config(shop(protocol))
        .node("orders", hello)
        .node("orders", hello)
}

fn orders(_number: u64) -> Request<String> {
    Request::get("http://orders.local:8080/")
        .body(String::new())
        .expect("a request")
}

fn count(sim: &Simulation, is: impl Fn(&EventKind) -> bool) -> usize {
    sim.events().iter().filter(|event| is(&event.kind)).count()
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
