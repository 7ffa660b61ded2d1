//! Traces as `x-amzn-trace-id` tells them and segments record them.

mod attempts;
mod document;
mod ended;
mod settings;
mod tracer;

use std::{sync::Arc, time::Instant};

use http::{HeaderMap, HeaderName, HeaderValue};
use mesh_core::rng::{Rng, SplitMix};
use mesh_xray::{HeaderBuffer, Recording, SegmentId, TraceHeader, TraceId};

pub use self::settings::XRay;
pub(crate) use self::{
    document::Traced,
    tracer::{Counted, Emitter, Tracer},
};
use crate::{
    call::Call,
    runtime::{clock, rng::SharedRng},
};

/// What a call knows of its trace.
#[derive(Debug)]
pub(crate) enum Trace {
    /// It began the trace, or brought it along.
    Own { trace: mesh_xray::Trace, part: Part },
    /// It belongs to the call that is being answered, and so to that one's trace.
    Child { parent: Arc<Call>, ids: Ids },
}

/// What this process does for a trace.
#[derive(Debug)]
pub(crate) enum Part {
    /// It does not record: the header passes through.
    Bystander,
    /// Somebody, this process or one before it, decided that nobody records.
    Unsampled,
    /// It takes a segment, which holds the attempts of all calls that are made meanwhile.
    Sampled { recording: Recording, ids: Ids },
}

/// The ids of a call's attempts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids(u64);

impl Ids {
    /// Another start, another sequence.
    fn new(mut rng: &SharedRng) -> Self {
        Self(rng.next_u64())
    }

    /// The same each time it is asked for, so that it need not be kept.
    fn of(self, attempt: usize) -> SegmentId {
        let mut rng = SplitMix::new(self.0.wrapping_add(attempt as u64));
        SegmentId::generate(|| rng.next_u64())
    }
}

impl Trace {
    /// Of a call that is made for another.
    pub(crate) fn child(parent: Arc<Call>, rng: &SharedRng) -> Self {
        let ids = match parent.own_trace().recording() {
            Some(_) => Ids::new(rng),
            None => Ids(0),
        };
        Self::Child { parent, ids }
    }

    /// Of a call that came in, or of the first one: what its headers say, or a new trace.
    pub(crate) fn own(
        headers: &HeaderMap,
        mut rng: &SharedRng,
        tracer: Option<&Tracer>,
        now: Instant,
    ) -> Self {
        let lines = headers.get_all(NAME).iter().map(HeaderValue::as_bytes);
        let new = || TraceId::generate(clock::wall(), || rng.next_u64());
        let trace = TraceHeader::from_lines(lines).into_trace(new);
        let part = match tracer {
            None => Part::Bystander,
            Some(tracer) if tracer.samples(&trace, now, rng) => Part::Sampled {
                recording: Recording::new(SegmentId::generate(|| rng.next_u64())),
                ids: Ids::new(rng),
            },
            Some(_) => Part::Unsampled,
        };
        Self::Own { trace, part }
    }

    pub(crate) fn xray(&self) -> &mesh_xray::Trace {
        match self {
            Self::Own { trace, .. } => trace,
            Self::Child { parent, .. } => parent.trace(),
        }
    }

    pub(crate) fn is_sampled(&self) -> bool {
        self.recording().is_some()
    }

    fn part(&self) -> &Part {
        match self {
            Self::Own { part, .. } => part,
            Self::Child { parent, .. } => parent.own_trace().part(),
        }
    }

    /// The segment that the call's attempts belong to.
    fn recording(&self) -> Option<&Recording> {
        match self.part() {
            Part::Sampled { recording, .. } => Some(recording),
            Part::Bystander | Part::Unsampled => None,
        }
    }

    /// When the segment began that the attempts of this call belong to.
    fn began(&self, call: &Call) -> Instant {
        match self {
            Self::Own { .. } => call.started(),
            Self::Child { parent, .. } => parent.started(),
        }
    }

    fn ids(&self) -> Ids {
        match self {
            Self::Child { ids, .. }
            | Self::Own {
                part: Part::Sampled { ids, .. },
                ..
            } => *ids,
            Self::Own { .. } => Ids(0),
        }
    }

    /// Writes the header of one attempt.
    pub(crate) fn write(&self, attempt: usize, headers: &mut HeaderMap) {
        let trace = self.xray();
        put(
            headers,
            &match self.part() {
                Part::Bystander => trace.upstream_passthrough(),
                Part::Unsampled => trace.upstream_not_sampled(),
                Part::Sampled { .. } => trace.upstream_sampled(self.ids().of(attempt)),
            },
        );
    }

    /// Tells a caller that asked whether this trace is recorded.
    pub(crate) fn answer(&self, headers: &mut HeaderMap) {
        let told = match self.part() {
            Part::Bystander => None,
            part => self.xray().response(matches!(part, Part::Sampled { .. })),
        };
        if let Some(told) = told {
            put(headers, &told);
        }
    }
}

fn put(headers: &mut HeaderMap, value: &HeaderBuffer) {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        headers.insert(NAME, value);
    }
}

const NAME: HeaderName = HeaderName::from_static(mesh_xray::HEADER_NAME);
