//! AWS X-Ray for Tower services: the trace header and its ids.
//!
//! X-Ray joins the work of many services into one trace by one request header:
//!
//! ```text
//! X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
//! ```
//!
//! `Root` is the trace, `Parent` the caller's piece of it, `Sampled` whether the trace is recorded. A load balancer sends
//! `Root` alone, and a broken client may send anything. So reading never fails, and every request ends up in some trace:
//!
//! | step | type |
//! |---|---|
//! | read what came in | [`TraceHeader::parse`], or [`TraceHeader::from_lines`] for a header map |
//! | settle which trace the request belongs to | [`TraceHeader::into_trace`] → [`Trace`], kept with the request |
//! | send it on with every attempt | `Trace::upstream_*` → [`HeaderBuffer`], at most 256 bytes on the stack |
//! | answer a caller that asked for the decision | [`Trace::response`] |
//!
//! The crate needs no mesh, no runtime and no HTTP types. The clock and the random source are arguments.
//!
//! *Not here yet:* sampling rules, segment documents and the layers that record them, and the choice of how far to trust
//! a caller's header. Until then a service can carry a trace through ([`Trace::upstream_passthrough`]), or take the
//! sampling decision itself.
//!
//! # Examples
//!
//! ```
//! use mesh_xray::{Decision, SegmentId, TraceHeader, TraceId};
//! # let (now, mut random) = (std::time::SystemTime::UNIX_EPOCH, || 7);
//!
//! let inbound = b"Self=1-67891234-12456789abcdef012345678;Root=1-5759e988-bd862e3fe1be46a994272793";
//! let trace = TraceHeader::parse(inbound).into_trace(|| TraceId::generate(now, &mut random));
//! assert_eq!(trace.decision(), Decision::Undecided);
//!
//! let attempt = SegmentId::generate(&mut random);
//! assert_eq!(
//!     trace.upstream_sampled(attempt).as_bytes(),
//!     b"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0000000000000007;Sampled=1",
//! );
//! ```

#![warn(missing_docs)]
#![warn(clippy::indexing_slicing, clippy::unwrap_used)]

mod buffer;
mod decision;
pub mod emit;
mod field;
mod header;
mod hex;
mod id;
mod recording;
pub mod sampling;
pub mod segment;
mod trace;

pub use buffer::HeaderBuffer;
pub use decision::Decision;
pub use header::{HEADER_NAME, TraceHeader};
pub use id::{InvalidId, SegmentId, TraceId};
pub use recording::Recording;
pub use sampling::Sampler;
pub use segment::{Segment, Subsegment};
pub use trace::Trace;
