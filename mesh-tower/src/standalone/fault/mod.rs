//! Faults made on purpose, around any service.

mod body;
mod future;
mod service;
#[cfg(test)]
mod tests;

pub use body::FaultBody;
pub use future::FaultFuture;
pub use service::{FaultInjection, FaultLayer};
