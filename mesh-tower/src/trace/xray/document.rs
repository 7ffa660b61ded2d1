//! From a call that has ended to what X-Ray is sent of it.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Instant, SystemTime},
};

use mesh_xray::{
    SegmentId,
    segment::{Cause, Http, Namespace, Segment, Subsegment},
};

use super::{
    Ids, Trace,
    ended::{self, Ended, Reason},
    tracer::Tracer,
};
use crate::call::{Attempt, Call, RequestHead};

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
        let (recording, ids) = (trace.recording()?, trace.ids());
        let late: Vec<_> = attempts(call, ids, ended, tracer)
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

/// A subsegment for each attempt of a call that has ended.
fn attempts(call: &Call, ids: Ids, ended: Instant, tracer: &Tracer) -> Vec<Subsegment> {
    let Some(target) = call.target() else {
        return Vec::new();
    };
    let (name, begun) = (tracer.name_of(target), call.own_trace().began(call));
    let count = call.attempts().count();
    let of = |(number, attempt): (usize, &Attempt)| {
        let start = attempt.started().saturating_duration_since(begun);
        let mut subsegment = Subsegment::new(name.clone(), ids.of(number), start);
        subsegment.namespace = Some(Namespace::Remote);
        subsegment.precursor_ids = (0..number).map(|before| ids.of(before)).collect();
        // The one that was answered lasts as long as its answer.
        let answered = number + 1 == count && call.status().is_some();
        let over = attempt.ended_at().filter(|_| !answered).unwrap_or(ended);
        subsegment.elapsed = over.saturating_duration_since(attempt.started());
        let ended = Ended::of(call, attempt, number + 1 == count);
        conclude(&mut subsegment, call, ended, ids.of(usize::MAX - number));
        annotate(&mut subsegment, call, number, attempt.endpoint());
        subsegment
    };
    call.attempts().enumerate().map(of).collect()
}

/// What an attempt asked for, and how it ended.
fn conclude(subsegment: &mut Subsegment, call: &Call, ended: Ended, exception: SegmentId) {
    let mut http = call
        .head()
        .map(|head| Http::request(head.method.to_string(), url(head)))
        .unwrap_or_default();
    http.status = ended.status;
    subsegment.http = Some(http);
    subsegment.flags = ended.flags;
    subsegment.cause = ended
        .reason
        .map(|Reason { kind, message }| Cause::new(exception, kind, message));
}

fn annotate(subsegment: &mut Subsegment, call: &Call, number: usize, endpoint: SocketAddr) {
    let annotations = &mut subsegment.annotations;
    if let Some(plan) = call.plan() {
        annotations.set("virtual_service", plan.virtual_service.to_string());
        if let Some(route) = &plan.route {
            annotations.set("route", route.to_string());
        }
    }
    annotations.set("attempt", i64::try_from(number + 1).unwrap_or(i64::MAX));
    annotations.set("upstream_address", endpoint.to_string());
}

/// Without the query, which may hold secrets.
fn url(head: &RequestHead) -> String {
    let authority = head.authority().map(lossy).unwrap_or_default();
    format!("http://{authority}{}", head.path_only())
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
