//! Traces as `x-amzn-trace-id` tells them.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use mesh_core::rng::Rng;
use mesh_xray::{TraceHeader, TraceId};

use crate::{
    call::Call,
    runtime::{clock, rng::SharedRng},
};

/// What a call knows of its trace.
#[derive(Debug)]
pub(crate) enum Trace {
    /// It began the trace, or brought it along.
    Own(mesh_xray::Trace),
    /// It belongs to the call that is being answered, and so to that one's trace.
    Parent(Arc<Call>),
}

impl Trace {
    /// Of an outbound call: the answered call's trace, or what its own headers say.
    pub(crate) fn outbound(
        parent: Option<Arc<Call>>,
        headers: &HeaderMap,
        rng: &SharedRng,
    ) -> Self {
        match parent {
            Some(parent) => Self::Parent(parent),
            None => Self::inbound(headers, rng),
        }
    }

    /// Of an inbound call, or of the first one: what its headers say, or a new trace.
    pub(crate) fn inbound(headers: &HeaderMap, mut rng: &SharedRng) -> Self {
        let lines = headers.get_all(NAME).iter().map(HeaderValue::as_bytes);
        let new = || TraceId::generate(clock::wall(), || rng.next_u64());
        Self::Own(TraceHeader::from_lines(lines).into_trace(new))
    }

    pub(crate) fn xray(&self) -> &mesh_xray::Trace {
        match self {
            Self::Own(trace) => trace,
            Self::Parent(call) => call.trace(),
        }
    }

    /// Writes the header of one attempt.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_bytes(self.xray().upstream_passthrough().as_bytes()) {
            headers.insert(NAME, value);
        }
    }
}

const NAME: HeaderName = HeaderName::from_static(mesh_xray::HEADER_NAME);
