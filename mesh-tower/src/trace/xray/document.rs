//! From a call that has ended to what X-Ray is sent of it.

use std::{
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use mesh_xray::{
    SegmentId, TraceId,
    segment::{Http, Segment, Subsegment},
};

use super::{Trace, attempts::attempts, ended, tracer::Tracer};
use crate::call::{Call, RequestHead};

/// What is left of a sampled call, for the thread that writes. It holds no call: with that would stay the whole of its head,
/// and peers send heads of hundreds of kilobytes.
#[derive(Debug)]
pub(crate) enum Traced {
    /// The call was the segment's own, so that is closed. The time of day of its start is still to be set.
    Segment {
        segment: Box<Segment>,
        began: Instant,
    },
    /// Attempts that their segment does not hold: it was closed already, or full.
    Late {
        trace: TraceId,
        segment: SegmentId,
        began: Instant,
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
            Trace::Own { .. } => {
                let mut segment = segment(call, recording.id(), tracer);
                segment.elapsed = ended.saturating_duration_since(call.started());
                segment.subsegments = recording.close();
                segment.subsegments.extend(late);
                Some(Self::Segment {
                    segment: Box::new(segment),
                    began: call.started(),
                })
            }
            Trace::Child { parent, .. } if !late.is_empty() => Some(Self::Late {
                trace: call.trace().id(),
                segment: recording.id(),
                began: parent.started(),
                attempts: late,
            }),
            Trace::Child { .. } => None,
        }
    }

    /// Gives each document to `send`; says how many were too large for that.
    pub(super) fn documents(
        self,
        wall: impl Fn(Instant) -> SystemTime,
        buffer: &mut Vec<u8>,
        mut send: impl FnMut(&[u8]),
    ) -> usize {
        match self {
            Self::Segment { mut segment, began } => {
                segment.start = wall(began);
                segment.documents(buffer, send)
            }
            Self::Late {
                trace,
                segment,
                began,
                attempts,
            } => {
                let start = wall(began);
                for attempt in attempts {
                    buffer.clear();
                    attempt.encode_alone(trace, segment, start, buffer);
                    send(buffer);
                }
                0
            }
        }
    }
}

fn segment(call: &Call, id: SegmentId, tracer: &Tracer) -> Segment {
    let trace = call.trace();
    let mut segment = Segment::new(tracer.name.clone(), id, trace.id(), UNIX_EPOCH);
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
    segment
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
    format!("http://{authority}{}", lossy(head.path_only().as_bytes()))
}

/// As much of a text as a document could show.
pub(super) fn lossy(bytes: &[u8]) -> String {
    let shown = bytes.get(..LONGEST).unwrap_or(bytes);
    String::from_utf8_lossy(shown).into_owned()
}

/// The 250 characters that X-Ray takes, should each have the most bytes that one can have.
const LONGEST: usize = 1000;

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
        XRay,
        record::{Readers, Scope, testing},
        runtime::clock,
    };

    #[test]
    fn what_waits_to_be_sent_holds_neither_the_call_nor_more_of_its_head_than_is_shown() {
        let mesh = Mesh::builder("shop").virtual_node(VirtualNode::builder("web"));
        let model = mesh.build().expect("a valid mesh");
        let snapshot = compile(&model, "web", Defaults::Safe).expect("a node of the mesh");
        let xray = || XRay::daemon("127.0.0.1:2000").sampling(1, 1.0);
        let readers = Readers {
            tracer: Some(xray().start(&snapshot).expect("a socket")),
            ..Readers::default()
        };
        let scope = Scope::new(Direction::Inbound, &testing::recorder(&snapshot, readers));
        let long = "u".repeat(100_000);
        let mut request = Request::get(format!("/{}", &long[..50_000]))
            .header("user-agent", &long)
            .body(())
            .expect("a request");
        let call = scope.begin_inbound(&mut request, None);
        let (tracer, _) = xray().start(&snapshot).expect("a socket");
        let traced = Traced::of(&call, clock::now(), Some(&tracer)).expect("it is sampled");
        assert_eq!(Arc::strong_count(&call), 1);
        let Traced::Segment { segment, .. } = traced else {
            panic!("{traced:?}")
        };
        let http = segment.http.expect("a request");
        let agent = http.user_agent.expect("an agent").len();
        assert!(agent.max(http.url.len()) < 2 * LONGEST);
    }
}
