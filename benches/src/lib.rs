//! What the benches share: two services that speak HTTP/1.1, the ways in which one can call the other, and the form of a figure.
//!
//! The called service answers a small body; the caller reads it to its end. An [`Arrangement`](arrangement::Arrangement) is one
//! way, with whatever stands between the two; a [`Caller`](caller::Caller) is one of its callers. What takes nanoseconds and needs no
//! service is an [`Operation`](operation::Operation).

pub mod answer;
pub mod arrangement;
pub mod bare;
pub mod caller;
pub mod clients;
pub mod composed;
pub mod counts;
pub mod envoy;
pub mod figure;
pub mod load;
pub mod mesh;
pub mod operation;
pub mod pick;
pub mod process;
pub mod retry;
pub mod route;
pub mod sink;
pub mod timing;

/// Whatever went wrong; a bench that cannot measure says why and ends.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
