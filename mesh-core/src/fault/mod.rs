//! Faults that are made on purpose: answers that nobody gave, and waits that nobody needed.
//!
//! # Source
//! Envoy's HTTP fault filter, of which App Mesh exposed nothing: a delay and an abort, each for a share of the requests, drawn
//! apart. The delay goes first.

mod share;
mod spec;

pub use share::Share;
pub use spec::{Abort, Fault, Faults, Injected};
