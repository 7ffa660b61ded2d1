//! The outbound service that drives the core's retry machine: tries, waits, tries again, within the request's limits.

mod answer;
mod kept;
mod run;
mod service;

pub(crate) use answer::ended;
pub(crate) use kept::Kept;
pub(crate) use service::Retry;
