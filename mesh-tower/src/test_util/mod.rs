//! For tests: a network without sockets, and a whole mesh simulated on it. Feature `test-util`.
//!
//! * [`Simulation`] runs a fleet in one process, under a clock and a seed of the test's: nodes from closures, links with
//!   latency, losses, resets and partitions, crashes, restarts and deploys, traffic, and a list of everything that happened.
//! * [`MemoryNetwork`] is the network alone, for meshes that a test starts by itself.
//! * [`Steps`] are those of one request's way, one at a time, for benches.
//!
//! # Testing a fleet's policy
//! The template that is deployed says how traffic is split, what is tried again and when a call ends. Whether that is what was
//! meant is a question for `cargo test`, before a deploy: minutes of traffic pass in less than a second.
//!
//! ```
//! use std::{future::pending, time::Duration};
//! use http::{Request, Response};
//! use mesh_tower::{Error, ErrorKind, test_util::Simulation};
//!
//! const TEMPLATE: &str = "
//! Resources:
//!   Mesh: {Type: AWS::AppMesh::Mesh, Properties: {MeshName: shop}}
//!   Web:
//!     Type: AWS::AppMesh::VirtualNode
//!     Properties:
//!       MeshName: shop
//!       VirtualNodeName: web
//!       Spec: {Backends: [{VirtualService: {VirtualServiceName: orders.local}}]}
//!   Stable:
//!     Type: AWS::AppMesh::VirtualNode
//!     Properties:
//!       MeshName: shop
//!       VirtualNodeName: stable
//!       Spec:
//!         Listeners: [{PortMapping: {Port: 8080, Protocol: http}}]
//!         ServiceDiscovery: {DNS: {Hostname: stable.local}}
//!   Canary:
//!     Type: AWS::AppMesh::VirtualNode
//!     Properties:
//!       MeshName: shop
//!       VirtualNodeName: canary
//!       Spec:
//!         Listeners: [{PortMapping: {Port: 8080, Protocol: http}}]
//!         ServiceDiscovery: {DNS: {Hostname: canary.local}}
//!   Router:
//!     Type: AWS::AppMesh::VirtualRouter
//!     Properties:
//!       MeshName: shop
//!       VirtualRouterName: orders
//!       Spec: {Listeners: [{PortMapping: {Port: 8080, Protocol: http}}]}
//!   Orders:
//!     Type: AWS::AppMesh::VirtualService
//!     Properties:
//!       MeshName: shop
//!       VirtualServiceName: orders.local
//!       Spec: {Provider: {VirtualRouter: {VirtualRouterName: orders}}}
//!   Split:
//!     Type: AWS::AppMesh::Route
//!     Properties:
//!       MeshName: shop
//!       VirtualRouterName: orders
//!       RouteName: split
//!       Spec:
//!         HttpRoute:
//!           Match: {Prefix: /}
//!           Action: {WeightedTargets: [{VirtualNode: stable, Weight: 90}, {VirtualNode: canary, Weight: 10}]}
//!           RetryPolicy:
//!             MaxRetries: 2
//!             PerRetryTimeout: {Unit: s, Value: 1}
//!             HttpRetryEvents: [server-error]
//!             TcpRetryEvents: [connection-error]
//! ";
//!
//! # stringify!(
//! #[tokio::test(start_paused = true)]
//! # );
//! async fn a_canary_that_hangs_costs_its_share_three_seconds_and_nobody_else() -> Result<(), Error> {
//!     let sim = Simulation::builder(7)
//!         .template(TEMPLATE)
//!         .node("stable", async |_| Response::new("hello".to_owned()))
//!         .node("canary", async |_| -> Response<String> { pending().await })
//!         .start()
//!         .await?;
//!
//!     let orders = |_| Request::get("http://orders.local/").body(String::new()).unwrap();
//!     let tally = sim.traffic("web", 100, Duration::from_secs(10), orders).await?;
//!
//!     let hung = tally.node("canary");
//!     assert!((80..120).contains(&hung), "{tally}");
//!     assert_eq!(tally.errors(ErrorKind::Timeout), hung);
//!     for call in tally.calls() {
//!         match call.is_failure() {
//!             true => assert_eq!((call.attempts, call.took.as_secs()), (3, 3)),
//!             false => assert_eq!((call.attempts, call.took), (1, Duration::ZERO)),
//!         }
//!     }
//!     Ok(())
//! }
//! # let mut runtime = tokio::runtime::Builder::new_current_thread();
//! # let runtime = runtime.enable_all().start_paused(true).build().unwrap();
//! # runtime.block_on(a_canary_that_hangs_costs_its_share_three_seconds_and_nobody_else()).unwrap();
//! ```
//!
//! When such a test fails, its list of events says why: `for event in sim.events() { println!("{event}") }`.
//!
//! ```text
//!     0.000 s  web => orders.local 504 URX,UT after 3.036s, attempts 3
//!     0.000 s  web -> canary/0 connected
//!     0.000 s  web -> canary/0 attempt 1: PerTryTimeout after 1s
//! ```
//!
//! # What is decided by the seed
//! Weighted draws, jitter, what links lose and break, and so every event and its time: the same seed and the same code give
//! the same list, to the byte. What is a task's own to choose is not: an application that asks a clock or a generator of the
//! system, or spawns threads.

mod builder;
mod control;
mod endpoint;
mod event;
mod fleet;
mod handler;
mod link;
mod net;
mod place;
mod simulation;
mod steps;
mod stream;
mod tally;
mod traffic;
mod wire;

pub use self::{
    builder::SimulationBuilder,
    event::{Event, EventKind},
    link::Link,
    place::Place,
    simulation::Simulation,
    steps::Steps,
    tally::{CallResult, Tally},
};
pub use crate::connect::MemoryNetwork;
