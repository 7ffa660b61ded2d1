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
    call::{Call, Told},
    runtime::{clock, rng::OwnRng},
};

/// What a call knows of its trace.
#[derive(Debug)]
pub(crate) enum Trace {
    /// It began the trace, or brought it along.
    Own { trace: mesh_xray::Trace, part: Part },
    /// It belongs to the call that is being answered, and so to that one's trace.
    Child {
        parent: Arc<Call>,
        /// `None` where its attempts are not recorded.
        ids: Option<Ids>,
    },
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
    fn new(rng: &mut OwnRng<'_>) -> Self {
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
    pub(crate) fn child(parent: Arc<Call>, rng: &mut OwnRng<'_>, tracer: Option<&Tracer>) -> Self {
        // What came in by one mesh may be sent on by another, in the same process, that does not record.
        let is_recorded = tracer.is_some() && parent.own_trace().is_sampled();
        let ids = is_recorded.then(|| Ids::new(rng));
        Self::Child { parent, ids }
    }

    /// Of a call that came in, or of the first one: what its headers say, or a new trace.
    pub(crate) fn own(
        told: &Told<'_>,
        rng: &mut OwnRng<'_>,
        tracer: Option<&Tracer>,
        now: Instant,
    ) -> Self {
        let new = || TraceId::generate(clock::wall(), || rng.next_u64());
        let trace = TraceHeader::from_lines(told.traces()).into_trace(new);
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

    /// `None` where the attempts of the call are not recorded.
    fn ids(&self) -> Option<Ids> {
        match self {
            Self::Child { ids, .. } => *ids,
            Self::Own { part, .. } => match part {
                Part::Sampled { ids, .. } => Some(*ids),
                Part::Bystander | Part::Unsampled => None,
            },
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
                Part::Sampled { recording, .. } => {
                    let attempt = self.ids().map(|ids| ids.of(attempt));
                    trace.upstream_sampled(attempt.unwrap_or_else(|| recording.id()))
                }
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

#[cfg(test)]
mod tests {
    use http::Request;
    use mesh_core::{
        Defaults,
        compile::compile,
        config::{Mesh, VirtualNode},
        metric::Direction,
    };

    use super::*;
    use crate::{
        context::CallContext,
        record::{Readers, Scope, testing},
    };

    #[test]
    fn a_call_that_leaves_by_a_mesh_that_does_not_record_belongs_to_the_segment_itself() {
        let mesh = Mesh::builder("shop").virtual_node(VirtualNode::builder("web"));
        let model = mesh.build().expect("a valid mesh");
        let snapshot = compile(&model, "web", Defaults::Safe).expect("a node of the mesh");
        let recorder = |xray: Option<XRay>| {
            let tracer = xray.map(|xray| xray.start(&snapshot).expect("a socket"));
            let readers = Readers {
                tracer,
                ..Readers::default()
            };
            testing::recorder(&snapshot, readers)
        };
        let recording = recorder(Some(XRay::daemon("127.0.0.1:2000").sampling(1, 1.0)));
        let served = Scope::new(Direction::Inbound, &recording);
        let served = served.begin_inbound(&mut Request::new(()), None);
        let segment = served.own_trace().recording().expect("it is sampled").id();
        for (other, is_parent) in [(recording, false), (recorder(None), true)] {
            let mut request = Request::new(());
            let context = CallContext::new(served.clone());
            request.extensions_mut().insert(context);
            let sent = Scope::new(Direction::Outbound, &other).begin_outbound(&mut request);
            let mut headers = HeaderMap::new();
            sent.write_belonging(&mut headers);
            let told = headers[NAME].to_str().expect("text");
            let parent = format!("Parent={segment};Sampled=1");
            assert_eq!(told.ends_with(&parent), is_parent, "{told}");
        }
    }
}
