//! No traces.

use std::sync::Arc;

use http::HeaderMap;

use crate::{call::Call, runtime::rng::SharedRng};

/// Nothing is known of a trace.
#[derive(Debug)]
pub(crate) struct Trace;

impl Trace {
    pub(crate) fn outbound(
        _parent: Option<Arc<Call>>,
        _headers: &HeaderMap,
        _rng: &SharedRng,
    ) -> Self {
        Self
    }

    pub(crate) fn inbound(_headers: &HeaderMap, _rng: &SharedRng) -> Self {
        Self
    }

    pub(crate) fn write(&self, _headers: &mut HeaderMap) {}
}
