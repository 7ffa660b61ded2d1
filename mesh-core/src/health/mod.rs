//! Active health checks: what is asked of an endpoint, what its answer means, and when answers make it well or unwell.
//!
//! Nothing here asks: a caller connects, sends what [`HealthCheck`] says, makes an [`Answer`] of what came back, and tells
//! the endpoint's [`Checked`]. What is exchanged over gRPC is in [`grpc`].

mod answer;
mod check;
mod checked;
pub mod grpc;
mod redial;
mod verdict;

pub use answer::Answer;
pub use check::HealthCheck;
pub use checked::Checked;
pub use redial::redial;
pub use verdict::Health;
