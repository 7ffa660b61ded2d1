//! [`Subsegment`]: one call that a service made for a request.

use std::time::{Duration, SystemTime};

use super::json::{self, Object};
use super::{Annotations, Cause, Flags, Http, Name, since_epoch};
use crate::id::{SegmentId, TraceId};

/// One finished call to another service: an attempt, where calls are retried.
///
/// Its id is the `Parent` that the attempt sent, so the callee's segment hangs under it.
///
/// # Source
/// X-Ray developer guide, "Subsegments".
///
/// # Examples
/// ```
/// use std::time::{Duration, SystemTime};
/// use mesh_xray::{SegmentId, TraceId};
/// use mesh_xray::segment::{Http, Name, Namespace, Subsegment};
/// # let mut random = || 7;
/// # let (trace, parent) = (TraceId::generate(SystemTime::UNIX_EPOCH, || 5), SegmentId::generate(|| 6));
///
/// let mut call = Subsegment::new(Name::new("colors/blue"), SegmentId::generate(&mut random), Duration::ZERO);
/// call.elapsed = Duration::from_millis(3);
/// call.namespace = Some(Namespace::Remote);
/// call.http = Some(Http::request("GET", "http://blue.local/"));
///
/// // Embedded in a segment as a rule; alone if the segment is closed already.
/// let mut document = Vec::new();
/// call.encode_alone(trace, parent, SystemTime::UNIX_EPOCH, &mut document);
/// assert!(document.starts_with(br#"{"id":"0000000000000007","name":"colors/blue","type":"subsegment","#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subsegment {
    /// The callee: the name of its own segment, if it records one.
    pub name: Name,
    /// Unique in the trace.
    pub id: SegmentId,
    /// How long after the segment's start it began.
    pub start: Duration,
    /// How long it took.
    pub elapsed: Duration,
    /// What kind of callee it is; absent for work within the service.
    pub namespace: Option<Namespace>,
    /// What was asked and answered.
    pub http: Option<Http>,
    /// Whose fault a bad end was.
    pub flags: Flags,
    /// The error behind a fault.
    pub cause: Option<Cause>,
    /// What it can be found by.
    pub annotations: Annotations,
    /// The calls of the same segment that ended before and led to it: for a retry, the earlier attempts.
    pub precursor_ids: Vec<SegmentId>,
}

/// What kind of callee a [`Subsegment`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Namespace {
    /// Another service, a node on the map.
    Remote,
}

impl Subsegment {
    /// A call that began `start` after its segment and took no time yet.
    #[must_use]
    pub fn new(name: Name, id: SegmentId, start: Duration) -> Self {
        Self {
            name,
            id,
            start,
            elapsed: Duration::ZERO,
            namespace: None,
            http: None,
            flags: Flags::default(),
            cause: None,
            annotations: Annotations::default(),
            precursor_ids: Vec::new(),
        }
    }

    /// Appends it to `out` as a document of its own, which joins the segment `parent_id` that began at `segment_start`.
    ///
    /// A document may arrive before or after its segment's. It is not held to [`MAX_DOCUMENT`](super::MAX_DOCUMENT).
    pub fn encode_alone(
        &self,
        trace_id: TraceId,
        parent_id: SegmentId,
        segment_start: SystemTime,
        out: &mut Vec<u8>,
    ) {
        let join = |object: &mut Object<'_>| {
            object.plain("type", b"subsegment");
            object.plain("trace_id", &trace_id.to_ascii());
            object.plain("parent_id", &parent_id.to_ascii());
        };
        self.write(since_epoch(segment_start), join, out);
    }

    pub(super) fn encode_embedded(&self, segment_start: Duration, out: &mut Vec<u8>) {
        self.write(segment_start, |_| (), out);
    }

    fn write(&self, base: Duration, join: impl FnOnce(&mut Object<'_>), out: &mut Vec<u8>) {
        let start = base.saturating_add(self.start);
        Object::write(out, |object| {
            object.plain("id", &self.id.to_ascii());
            object.plain("name", self.name.as_str().as_bytes());
            join(object);
            object.time("start_time", start);
            object.time("end_time", start.saturating_add(self.elapsed));
            if let Some(Namespace::Remote) = self.namespace {
                object.plain("namespace", b"remote");
            }
            if let Some(http) = &self.http {
                object.object("http", |http_object| http.write_subsegment(http_object));
            }
            self.write_end(object);
        });
    }

    fn write_end(&self, object: &mut Object<'_>) {
        self.flags.write(object);
        if let Some(cause) = &self.cause {
            object.object("cause", |object| cause.write(object));
        }
        self.annotations.write(object);
        object.array("precursor_ids", &self.precursor_ids, |out, id| {
            json::plain(out, &id.to_ascii());
        });
    }
}
