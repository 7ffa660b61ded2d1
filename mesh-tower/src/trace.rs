//! The trace a call belongs to, as headers tell it.
//!
//! This hop takes no part in traces yet: it keeps the id of the trace a request came with, or starts one, and passes the
//! header on. Without feature `xray` nothing is read or written.

use std::sync::Arc;

use http::HeaderMap;
#[cfg(feature = "xray")]
use {
    crate::runtime::clock,
    http::{HeaderName, HeaderValue},
    mesh_core::rng::Rng,
    mesh_xray::{TraceHeader, TraceId},
};

use crate::{call::Call, runtime::rng::SharedRng};

/// What a call knows of its trace.
#[derive(Debug)]
pub(crate) enum Trace {
    /// It began the trace, or brought it along.
    #[cfg(feature = "xray")]
    Own(mesh_xray::Trace),
    /// It belongs to the call that is being answered, and so to that one's trace.
    Parent(Arc<Call>),
    /// Nothing is traced.
    #[cfg(not(feature = "xray"))]
    Off,
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
    #[cfg(feature = "xray")]
    pub(crate) fn inbound(headers: &HeaderMap, mut rng: &SharedRng) -> Self {
        let lines = headers.get_all(NAME).iter().map(HeaderValue::as_bytes);
        let new = || TraceId::generate(clock::wall(), || rng.next_u64());
        Self::Own(TraceHeader::from_lines(lines).into_trace(new))
    }

    #[cfg(not(feature = "xray"))]
    pub(crate) fn inbound(_headers: &HeaderMap, _rng: &SharedRng) -> Self {
        Self::Off
    }

    #[cfg(feature = "xray")]
    pub(crate) fn xray(&self) -> &mesh_xray::Trace {
        match self {
            Self::Own(trace) => trace,
            Self::Parent(call) => call.trace(),
        }
    }

    /// Writes the header of one attempt.
    #[cfg(feature = "xray")]
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_bytes(self.xray().upstream_passthrough().as_bytes()) {
            headers.insert(NAME, value);
        }
    }

    #[cfg(not(feature = "xray"))]
    pub(crate) fn write(&self, _headers: &mut HeaderMap) {}
}

#[cfg(feature = "xray")]
const NAME: HeaderName = HeaderName::from_static(mesh_xray::HEADER_NAME);
