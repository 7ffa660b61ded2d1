//! Which endpoint of a cluster takes an attempt.

mod admission;
mod least_request;
mod round_robin;

pub use admission::{Admission, Standing};
pub use least_request::least_request;
pub use round_robin::RoundRobin;

/// How an endpoint is chosen among those that can be used.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Algorithm {
    /// One after the other: App Mesh's only one.
    #[default]
    RoundRobin,
    /// Of two drawn at random, the one with fewer requests in flight.
    LeastRequest,
}
