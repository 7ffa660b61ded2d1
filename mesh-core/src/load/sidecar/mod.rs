//! How sidecars were run: ECS task definitions, the X-Ray daemon's objects in Kubernetes, and what becomes of their variables.
//!
//! None of it is part of a mesh, so [`Reader`](super::Reader) refuses it. But it tells which virtual node a service is, on
//! which ports it listens and what its sidecar was told: what has to be carried over when the sidecar goes.
//!
//! # Examples
//! ```
//! use std::collections::BTreeMap;
//! use mesh_core::load::sidecar::Workloads;
//!
//! let task = r#"{"family": "orders", "containerDefinitions": [{"name": "envoy", "environment": [
//!     {"name": "APPMESH_RESOURCE_ARN", "value": "mesh/shop/virtualNode/orders-v1"},
//!     {"name": "ENVOY_CONCURRENCY", "value": "2"}]}]}"#;
//! let workloads = Workloads::read("orders.json", task, &BTreeMap::new());
//! let orders = &workloads.tasks[0];
//! assert_eq!(orders.resource().map(ToString::to_string).as_deref(), Some("mesh/shop/virtualNode/orders-v1"));
//! println!("{orders}");
//! ```
#![doc = include_str!("variables.md")]

mod daemon;
mod home;
mod resource;
mod setting;
mod task;
mod variable;
mod workloads;

pub use self::{
    daemon::XRayDaemon,
    resource::{InvalidResource, MeshResource},
    setting::Setting,
    task::TaskDefinition,
    variable::{Variable, Verdict},
    workloads::Workloads,
};

#[cfg(test)]
mod tests;
