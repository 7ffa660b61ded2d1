//! No traces.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Instant, SystemTime},
};

use http::HeaderMap;
use mesh_core::metric::Number;

use crate::{
    call::{Call, Told},
    runtime::rng::OwnRng,
};

/// Nothing is known of a trace.
#[derive(Debug)]
pub(crate) struct Trace;

/// There is none.
#[derive(Debug)]
pub(crate) struct Tracer(Infallible);

/// There is none.
#[derive(Debug)]
pub(crate) struct Emitter(Infallible);

/// There is nothing to count.
#[derive(Clone, Debug)]
pub(crate) struct Counted(Infallible);

/// There is none.
#[derive(Debug)]
pub(crate) struct Traced(Infallible);

impl Trace {
    pub(crate) fn child(
        _parent: Arc<Call>,
        _rng: &mut OwnRng<'_>,
        _tracer: Option<&Tracer>,
    ) -> Self {
        Self
    }

    pub(crate) fn own(
        _told: &Told<'_>,
        _rng: &mut OwnRng<'_>,
        _tracer: Option<&Tracer>,
        _now: Instant,
    ) -> Self {
        Self
    }

    pub(crate) fn is_sampled(&self) -> bool {
        false
    }

    pub(crate) fn write(&self, _attempt: usize, _headers: &mut HeaderMap) {}

    pub(crate) fn answer(&self, _headers: &mut HeaderMap) {}
}

impl Traced {
    /// What is left of a call that has ended.
    pub(crate) fn of(_call: &Arc<Call>, _now: Instant, _tracer: Option<&Tracer>) -> Option<Self> {
        None
    }
}

impl Emitter {
    pub(crate) fn emit(&mut self, _traced: Traced, _wall: impl Fn(Instant) -> SystemTime) {
        match self.0 {}
    }

    pub(crate) fn counters(&self) -> Counted {
        match self.0 {}
    }
}

impl Counted {
    pub(crate) fn numbers(&self) -> [Number; 0] {
        match self.0 {}
    }
}
