//! Connections: how they are made, what is written into a request's head before it goes out, and what their failures mean.

mod classify;
mod head;
mod io;
mod memory;
mod transport;

pub(crate) use classify::{flag, outcome, outcome_anywhere};
pub(crate) use head::{Upgrade, prepare};
pub(crate) use io::{Connection, Held};
pub use memory::MemoryNetwork;
pub(crate) use transport::{Accept, Dial, Tcp, Transport};
