//! From a call that has ended to what X-Ray is sent of it.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use mesh_xray::segment::{Http, Segment, Subsegment};

use super::{Trace, attempts::attempts, ended, tracer::Tracer};
use crate::call::{Call, RequestHead};

/// What is left of a sampled call, for the thread that writes.
#[derive(Debug)]
pub(crate) enum Traced {
    /// The call was the segment's own, so that is closed.
    Segment {
        call: Arc<Call>,
        ended: Instant,
        attempts: Vec<Subsegment>,
    },
    /// Attempts that ended when the segment they belong to was closed already.
    Late {
        parent: Arc<Call>,
        attempts: Vec<Subsegment>,
    },
}

impl Traced {
    /// Notes the attempts of a call that has ended in their segment. What cannot wait there comes back.
    pub(crate) fn of(call: &Arc<Call>, ended: Instant, tracer: Option<&Tracer>) -> Option<Self> {
        let (trace, tracer) = (call.own_trace(), tracer?);
        let recording = trace.recording()?;
        let late: Vec<_> = attempts(call, ended, tracer)
            .into_iter()
            .filter_map(|attempt| recording.add(attempt).err())
            .collect();
        match trace {
            Trace::Own { .. } => Some(Self::Segment {
                call: call.clone(),
                ended,
                attempts: recording.close(),
            }),
            Trace::Child { parent, .. } if !late.is_empty() => Some(Self::Late {
                parent: parent.clone(),
                attempts: late,
            }),
            Trace::Child { .. } => None,
        }
    }

    /// Gives each document to `send`; says how many were too large for that.
    pub(super) fn documents(
        self,
        tracer: &Tracer,
        wall: impl Fn(Instant) -> SystemTime,
        buffer: &mut Vec<u8>,
        mut send: impl FnMut(&[u8]),
    ) -> usize {
        match self {
            Self::Segment {
                call,
                ended,
                attempts,
            } => {
                let Some(mut segment) = segment(&call, tracer, wall(call.started())) else {
                    return 0;
                };
                segment.elapsed = ended.saturating_duration_since(call.started());
                segment.subsegments = attempts;
                segment.documents(buffer, send)
            }
            Self::Late { parent, attempts } => {
                let Some(segment) = segment(&parent, tracer, wall(parent.started())) else {
                    return 0;
                };
                for attempt in attempts {
                    buffer.clear();
                    attempt.encode_alone(segment.trace_id, segment.id, segment.start, buffer);
                    send(buffer);
                }
                0
            }
        }
    }
}

fn segment(call: &Call, tracer: &Tracer, start: SystemTime) -> Option<Segment> {
    let recording = call.own_trace().recording()?;
    let trace = call.trace();
    let mut segment = Segment::new(tracer.name.clone(), recording.id(), trace.id(), start);
    segment.parent = trace.parent();
    segment.flags = ended::flags(call);
    segment.aws = Some(tracer.aws.clone());
    // A call that came from nowhere is not a request that this node was sent.
    let served = call.head().filter(|_| call.is_inbound());
    segment.http = served.map(|head| request(head, call));
    if !call.flags().is_empty() {
        let letters = call.flags().to_string();
        segment.annotations.set("response_flags", letters);
    }
    Some(segment)
}

fn request(head: &RequestHead, call: &Call) -> Http {
    let mut http = Http::request(head.method.to_string(), url(head));
    http.user_agent = head.user_agent().map(|text| lossy(text).into());
    match head.forwarded_for() {
        Some(list) => http.forwarded_for(&lossy(list)),
        None => {
            let peer = call.conn_info().map(|conn| conn.peer_addr().ip());
            http.client_ip = peer.map(|ip| ip.to_string().into());
        }
    }
    http.status = Some(call.code()).filter(|code| *code != 0);
    http.content_length = http.status.map(|_| call.bytes().1);
    http
}

/// Without the query, which may hold secrets.
pub(super) fn url(head: &RequestHead) -> String {
    let authority = head.authority().map(lossy).unwrap_or_default();
    format!("http://{authority}{}", head.path_only())
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
