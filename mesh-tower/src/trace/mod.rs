//! The trace a call belongs to, as headers tell it.
//!
//! This hop takes no part in traces yet: it keeps the id of the trace a request came with, or starts one, and passes the
//! header on. Without feature `xray` nothing is read or written.

#[cfg(not(feature = "xray"))]
mod off;
#[cfg(feature = "xray")]
mod xray;

#[cfg(not(feature = "xray"))]
pub(crate) use off::Trace;
#[cfg(feature = "xray")]
pub(crate) use xray::Trace;
