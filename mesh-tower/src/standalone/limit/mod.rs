//! Limits on how much goes on at once; what is beyond them is shed.

mod body;
mod future;
mod gate;
mod service;
#[cfg(test)]
mod tests;

pub use body::LimitBody;
pub use future::LimitFuture;
pub use gate::Limit;
pub use service::{LimitLayer, Limited};
