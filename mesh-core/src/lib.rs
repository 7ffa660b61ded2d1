//! The decisions of a service mesh, as plain functions: which route takes a request, which target it is drawn to, when a
//! failed attempt is tried again, which time limit ends first.
//!
//! Nothing here does I/O, reads a clock, starts a task or rolls dice of its own: time and randomness are arguments. So the
//! code that decides in production is the code a unit test asks, in microseconds and without a runtime:
//!
//! ```
//! use mesh_core::{
//!     Config, Defaults, Head, Outcome, Seed,
//!     config::{Mesh, Route, VirtualNode, VirtualRouter, VirtualService},
//!     unit::Protocol,
//! };
//!
//! let version = |name: &str| VirtualNode::builder(name).listener(8080, Protocol::Http).dns(format!("{name}.internal"));
//! let split = Route::http("split").target("orders-v1", 90).target("orders-v2", 10);
//! let mesh = Mesh::builder("shop")
//!     .virtual_node(version("orders-v1"))
//!     .virtual_node(version("orders-v2"))
//!     .virtual_node(VirtualNode::builder("web").backend("orders.local"))
//!     .virtual_router(VirtualRouter::builder("orders").listener(80, Protocol::Http).route(split))
//!     .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
//!     .build()?;
//! let web = Config::from(mesh).node("web")?.defaults(Defaults::AppMesh).compile()?;
//!
//! let order = web.decide(&Head::post("http://orders.local/orders"));
//! assert_eq!(order.route().map(|route| route.as_str()), Some("split"));
//! assert_eq!(order.shares().iter().map(|(_, share)| *share).collect::<Vec<_>>(), [0.9, 0.1]);
//!
//! // An order that may have been taken is not placed again; one that never arrived is.
//! let played = order.play(Seed(7), [Outcome::ConnectFailed, Outcome::Status(503)]);
//! assert_eq!((played.attempts(), played.waits().len()), (2, 1));
//! println!("{}", order.explain());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A configuration has three forms that are never mixed: text, read by [`Config::parse`]; the checked model of [`config`];
//! and the [`Snapshot`] that [`compile`](mod@compile) makes of it for one virtual node or gateway. Only the last one is looked at
//! while a request is on its way.
//!
//! | to | look at |
//! |---|---|
//! | read or build a mesh | [`config`], [`error`] |
//! | ask what happens to a request | [`decide`], [`Head`] |
//! | route, draw, retry, limit in a data path | [`snapshot`], [`route`], [`weight`], [`retry`], [`timeout`], [`balance`] |
//! | follow what a directory says of endpoints | [`discovery`] |
//! | tell what happened, in a log line or a metric | [`access_log`], [`metric`] |
//! | know what acts where nothing is written | [`Defaults`] |
//! | say what another configuration changes | [`diff`] |
//! | decide without doing, or not at all | [`mode`] |

#![warn(missing_docs)]

pub mod access_log;
pub mod balance;
pub mod compile;
pub mod config;
pub mod decide;
pub mod defaults;
pub mod diff;
pub mod discovery;
pub mod error;
pub mod fault;
pub mod health;
pub mod limit;
pub mod load;
pub mod metric;
pub mod mode;
pub mod name;
pub mod outlier;
mod path;
mod re2;
pub mod retry;
pub mod rng;
pub mod route;
pub mod snapshot;
pub mod timeout;
pub mod unit;
pub mod weight;

pub use config::Config;
pub use decide::Seed;
pub use defaults::Defaults;
pub use metric::Outcome;
pub use route::Head;
pub use snapshot::Snapshot;
