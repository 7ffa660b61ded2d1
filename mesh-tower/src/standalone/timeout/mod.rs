//! Time limits: on the whole of a request, and on silence.

mod body;
mod limited;
mod service;
#[cfg(test)]
mod tests;

pub use body::RequestTimeoutBody;
pub use service::{RequestTimeout, RequestTimeoutFuture, RequestTimeoutLayer};
