//! Limits on how much goes on at once; what is beyond them is shed.

mod body;
mod future;
mod service;
#[cfg(test)]
mod tests;

pub use body::LimitBody;
pub use future::LimitFuture;
pub use mesh_core::limit::Limit;
pub use service::{LimitLayer, Limited};
