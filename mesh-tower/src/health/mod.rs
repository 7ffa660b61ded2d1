//! Active health checks: one task for each checked target asks its endpoints in turn and tells the target what they say.
//!
//! What is asked and what answers mean is the core's (`mesh_core::health`); here are the connections, the waiting, and who
//! ends the tasks: a [`Check`], which the reconciler holds beside the target.

mod check;
mod count;
mod exchange;
mod probe;
mod round;

pub(crate) use check::{Check, Checker};
pub(crate) use count::Checks;
