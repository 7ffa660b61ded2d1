//! Weighted targets: each request goes to one of several services.

mod service;
#[cfg(test)]
mod tests;
mod weights;

pub use service::{NotDrawn, Targets, WeightedSplit, WeightedSplitFuture, WeightedSplitLayer};
pub use weights::Weights;
