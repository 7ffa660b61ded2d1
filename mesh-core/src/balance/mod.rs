//! Which endpoint of a cluster takes an attempt.

mod round_robin;

pub use round_robin::RoundRobin;
