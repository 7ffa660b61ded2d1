//! Endpoints: the addresses behind a target, what is in flight there, and the connections to them.
//!
//! Numbers and sockets are kept apart. [`Load`] is held by every lease and outlives the endpoint's place in the set, so an
//! address that flaps comes back with its counts; [`Pool`] goes when the endpoint is retired: idle connections close, an
//! HTTP/2 connection takes no new streams and closes with its last one.
//!
//! Requests read an [`EndpointSet`] and never a lock. Whoever learns something about endpoints (discovery, health checks,
//! failures, somebody on call) puts another set in its place, by [`Cluster::revise`] or [`Cluster::replace`].

mod cluster;
mod connections;
mod connector;
mod destination;
mod dials;
mod driver;
mod ejection;
pub(crate) mod h1;
pub(crate) mod h2;
mod idle;
mod lease;
mod listing;
mod load;
mod paced;
mod pool;
mod queue;
mod reconnect;
mod redial;
mod roster;
mod set;
mod streams;
mod sweep;
mod tally;
mod update;

pub(crate) use cluster::{Cluster, Waiting};
pub(crate) use connector::Connector;
pub(crate) use destination::Destination;
pub(crate) use lease::{Failed, Lease};
pub use listing::{Ejected, EndpointState};
pub(crate) use load::Load;
pub(crate) use pool::Pool;
pub(crate) use set::{Endpoint, EndpointSet};
pub(crate) use tally::Tally;
