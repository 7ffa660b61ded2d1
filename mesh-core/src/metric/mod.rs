//! What can happen to an attempt and to a request, and how it is counted: the words that errors, logs and metrics share.
//!
//! | metric | counts | labels beside those of the [`Key`] |
//! |---|---|---|
//! | `mesh_requests_total` | requests that ended | `class`: a [`StatusClass`] |
//! | `mesh_request_flags_total` | flags on requests that ended | `flag`: a [`Flag`]'s letters |
//! | `mesh_refusals_total` | requests that this process did not let go any further | `reason`: a [`Flag`]'s letters |
//! | `mesh_retries_total` | attempts beyond the first | |
//! | `mesh_request_duration_seconds` | requests that ended, by duration | `le`: one of [`BOUNDS`], or `+Inf` |
//!
//! Nothing is counted here: who serves requests keeps a [`Reading`]'s numbers for each [`Key`], and
//! [`prometheus::write`] prints them.

mod flag;
mod histogram;
mod key;
mod outcome;
pub mod prometheus;
mod reading;

pub use flag::{Flag, Flags};
pub use histogram::{BOUNDS, Histogram, bucket};
pub use key::{Direction, Key, StatusClass};
pub use outcome::Outcome;
pub use reading::{Number, NumberKind, Reading};
