//! A service mesh without a sidecar: App Mesh routing, retries and timeouts as Tower services.
//!
//! A [`Mesh`] is started from the App Mesh files that a team already has, or from a few lines of Rust. It gives a
//! [`Client`] to call others with, which is a Tower `Service` for requests with any body, and serves the team's own
//! application, be it an axum `Router`, tonic `Routes` or any other HTTP service.
//!
//! ```no_run
//! use axum::{Router, extract::State, routing::get};
//! use mesh_tower::{Client, Error, Mesh};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     let mesh = Mesh::builder().app_mesh_file("mesh.yaml").virtual_node("service-a").start().await?;
//!     let b = mesh.client_for("service-b.default.svc.cluster.local:8080")?;
//!     mesh.serve(Router::new().route("/", get(home)).with_state(b)).await
//! }
//!
//! # #[cfg(feature = "axum")]
//! async fn home(State(b): State<Client>) -> Result<String, Error> {
//!     b.get("/hello").send().await?.error_for_status()?.text().await
//! }
//! # #[cfg(not(feature = "axum"))]
//! # async fn home(State(b): State<Client>) -> String { format!("{b:?}") }
//! ```
//!
//! # What happens to a request
//!
//! Outbound, outermost first: it gets a [`Call`] that records it whichever way it ends; its route is found and its target
//! drawn, once; it is tried and tried again within its limits; each try goes to the endpoint whose turn it is, over a
//! connection of that endpoint's pool. Inbound: it gets a `Call`; it is admitted; its listener's limit runs.
//!
//! A request ends when its response's **body** ends, fails or is dropped, and a tunnel (101, CONNECT) when its connection
//! closes. Until then it counts as in flight.
//!
//! # Errors
//!
//! What the mesh refuses by itself is an [`Error`]: its [`kind`](Error::kind) says whose turn it is, its
//! [`flag`](Error::flag) is the reason in the letters of Envoy's access log. gRPC calls get a response of trailers only
//! instead. Inbound services answer with a response and leave the application's own error type alone.
//!
//! # What is recorded
//!
//! When a request ends, it is counted ([`Mesh::metrics`]), and leaves a line for the access log
//! ([`MeshBuilder::access_log`]) and a trace for X-Ray ([`MeshBuilder::xray`]) where these are asked for. Lines and traces
//! wait in a bounded ring, and a thread of the mesh's own writes them: no request waits for a log.
//!
//! A call that a handler makes belongs to the request it answers ([`CallContext`]).
//!
//! # Features
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `dns` | yes | finds endpoints by DNS; without it, they are [given](MeshBuilder::endpoint) or [streamed](MeshBuilder::discover) |
//! | `xray` | yes | reads `x-amzn-trace-id`, starts traces, sends the header on; records what [`MeshBuilder::xray`] says |
//! | `aws` | no | finds endpoints in AWS Cloud Map ([`MeshBuilder::cloud_map`](MeshBuilder)) and registers there |
//! | `axum` | no | `Error: IntoResponse`, `ConnectInfo<SocketAddr>` in handlers |
//! | `tonic` | no | `Error: Into<tonic::Status>`, `TcpConnectInfo` in services |
//! | `test-util` | no | `MemoryNetwork` and `Simulation`, for tests |
//!
//! # Testing
//!
//! Policies are tested without any of this: [`load`] a file, compile it for a node and ask what it decides
//! (`mesh_core`). Services are tested over a `MemoryNetwork`, and a whole fleet in a `Simulation` with faults, latency and
//! crashes, both with the runtime's clock paused: module `test_util`, feature `test-util`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs)]

mod adapter;
mod balance;
mod body;
mod call;
mod client;
mod conn_info;
mod connect;
mod context;
#[cfg(test)]
mod contract;
mod discovery;
mod endpoint;
mod error;
mod fault;
mod gate;
mod guard;
mod health;
pub mod inbound;
mod limits;
mod mesh;
mod observe;
mod open;
mod outgoing;
mod record;
mod respond;
mod response_body;
mod retry;
mod route;
mod runtime;
mod serve;
mod stack;
pub mod standalone;
mod sync;
#[cfg(any(test, feature = "test-util"))]
pub mod test_util;
mod trace;

/// What configurations and decisions are asked for most; everything else is in `mesh_core`.
pub use mesh_core::{Config, Defaults, Head, Outcome, Seed, Snapshot, compile::Target};

pub use self::{
    body::Body,
    call::{Attempt, Call},
    client::{AsProxy, Client, ClientResponse, ProxyFuture, RequestBuilder, ResponseFuture},
    conn_info::{ConnInfo, PeerIdentity},
    context::{CallContext, InCall, Scoped},
    endpoint::{Ejected, EndpointState},
    error::{Error, ErrorKind},
    fault::FaultSwitch,
    inbound::InboundLayer,
    mesh::{ConfigStatus, Mesh, MeshBuilder, Phase, Readiness, load, load_with},
    response_body::ResponseBody,
    serve::{Accepted, Listener},
    standalone::{FaultLayer, LimitLayer, RequestTimeoutLayer, RetryLayer, WeightedSplitLayer},
};

#[cfg(feature = "aws")]
pub use self::discovery::Registration;
#[cfg(feature = "xray")]
pub use self::trace::XRay;

/// The README's examples are tests.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../../README.md")]
struct Readme;
