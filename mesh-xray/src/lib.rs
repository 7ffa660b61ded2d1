//! AWS X-Ray for Tower services: the trace header, sampling, segment documents and the way to the daemon.
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
//! | decide whether to record it | [`Trace::decide`], which asks a [`Sampler`] where the caller left it open |
//! | send it on with every attempt | `Trace::upstream_*` → [`HeaderBuffer`], at most 256 bytes on the stack |
//! | answer a caller that asked for the decision | [`Trace::response`] |
//!
//! and of a request that is recorded:
//!
//! | step | type |
//! |---|---|
//! | collect the calls made for it | [`Recording`], shared by the request and its attempts → [`Subsegment`] |
//! | say what became of it | [`Segment`] |
//! | write that down within X-Ray's limits | [`Segment::documents`], [`Subsegment::encode_alone`] |
//! | send the documents | [`emit::UdpEmitter`], to the X-Ray daemon or what speaks its protocol |
//!
//! The crate needs no mesh, no runtime and no HTTP types. The clock and the random source are arguments. Nothing in it
//! waits for the daemon; a queue between requests and the emitter, and the task that empties it, are the application's.
//!
//! *Not here yet:* sampling rules from a file or from X-Ray, requests that are recorded while they last, stacks and
//! metadata in documents, the layers that record a service without a mesh, OpenTelemetry, and the choice of how far to
//! trust a caller's header.
//!
//! # Examples
//!
//! ```
//! use std::time::{Duration, UNIX_EPOCH};
//! use mesh_xray::emit::{Emit, MemoryEmitter};
//! use mesh_xray::segment::{Flags, Name, Namespace};
//! use mesh_xray::{Recording, Sampler, Segment, SegmentId, Subsegment, TraceHeader, TraceId};
//! # let (now, second, mut random) = (UNIX_EPOCH, 1, || 7);
//!
//! let sampler = Sampler::default();
//! let inbound = b"Self=1-67891234-12456789abcdef012345678;Root=1-5759e988-bd862e3fe1be46a994272793";
//! let trace = TraceHeader::parse(inbound).into_trace(|| TraceId::generate(now, &mut random));
//! assert!(trace.decide(|| sampler.sample(second, random())), "the first of the second");
//!
//! // Each attempt has an id, which it sends as the parent of the callee's segment.
//! let recording = Recording::new(SegmentId::generate(&mut random));
//! let attempt = SegmentId::generate(&mut random);
//! assert_eq!(
//!     trace.upstream_sampled(attempt).as_bytes(),
//!     b"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0000000000000007;Sampled=1",
//! );
//! let mut call = Subsegment::new(Name::new("colors/blue"), attempt, Duration::from_millis(1));
//! call.namespace = Some(Namespace::Remote);
//! call.elapsed = Duration::from_millis(3);
//! assert!(recording.add(call).is_ok());
//!
//! // The request has ended.
//! let mut segment = Segment::new(Name::new("colors/front"), recording.id(), trace.id(), now);
//! segment.parent = trace.parent();
//! segment.elapsed = Duration::from_millis(5);
//! segment.flags = Flags::of_status(200);
//! segment.subsegments = recording.close();
//!
//! let mut emitter = MemoryEmitter::default();
//! segment.documents(&mut Vec::new(), |document| {
//!     emitter.send(document);
//! });
//! assert_eq!(emitter.take().len(), 1);
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
