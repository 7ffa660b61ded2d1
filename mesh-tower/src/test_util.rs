//! For tests: a network without sockets, so that the paused clock of a runtime moves everything.

pub use crate::connect::MemoryNetwork;
