//! Connections: how they are made, what is written into a request's head before it goes out, and what their failures mean.

mod classify;
mod head;
mod io;
#[cfg(any(test, feature = "test-util"))]
mod memory;
mod transport;

pub(crate) use classify::{flag, is_connect_error, outcome, outcome_anywhere, outcome_of_body};
pub(crate) use head::{Upgrade, prepare};
pub(crate) use io::{Connection, Held};
#[cfg(any(test, feature = "test-util"))]
pub use memory::MemoryNetwork;
#[cfg(any(test, feature = "test-util"))]
pub(crate) use transport::Bind;
pub(crate) use transport::{Accept, Dial, Tcp, Transport};
