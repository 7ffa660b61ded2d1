//! Endpoints: the addresses behind a target, what is in flight there, and the connections to them.
//!
//! Numbers and sockets are kept apart. [`Load`] is held by every lease and outlives the endpoint's place in the set, so an
//! address that flaps comes back with its counts; [`Pool`] goes when the endpoint is retired: idle connections close, an
//! HTTP/2 connection takes no new streams and closes with its last one.

mod cluster;
mod h1;
mod h2;
mod idle;
mod lease;
mod load;
mod pool;
mod set;
mod streams;

pub(crate) use cluster::{Cluster, Waiting};
pub(crate) use lease::Lease;
pub(crate) use load::Load;
pub(crate) use pool::Pool;
pub(crate) use set::{Endpoint, EndpointSet};
