//! Attempts: a failed one is followed by another, as the policy says.

mod failure;
mod policy;
mod run;
mod service;
#[cfg(test)]
mod tests;

pub use policy::RetryPolicy;
pub use service::{Retry, RetryFuture, RetryLayer};
