//! The trace a call belongs to, and what is recorded of it for X-Ray.
//!
//! A mesh that records takes a segment for each request it answers, and in it a subsegment for each attempt of the calls it
//! makes meanwhile. One that does not passes the header on as it came. Without feature `xray` nothing is read or written.

#[cfg(not(feature = "xray"))]
mod off;
#[cfg(feature = "xray")]
mod xray;

#[cfg(not(feature = "xray"))]
pub(crate) use off::{Counted, Emitter, Trace, Traced, Tracer};
#[cfg(feature = "xray")]
pub use xray::XRay;
#[cfg(feature = "xray")]
pub(crate) use xray::{Counted, Emitter, Trace, Traced, Tracer};
