//! Segment documents: what a service did for a request, as X-Ray reads it.
//!
//! A [`Segment`] is one request at one service, and holds a [`Subsegment`] for each call made for it. Both are plain data:
//! fill in what is known and encode it, or hand [`Segment::documents`] the whole for as many documents as it takes. Nothing
//! is refused. What X-Ray would not take is cut or replaced, so that a strange header never costs a trace.
//!
//! # Shape
//! One JSON object without spaces (broken here for reading):
//!
//! ```json
//! {"id":"f095c2b855dc760b","name":"colors/front","trace_id":"1-6b02ee96-70221ff12b4e49848a692eb2",
//!  "start_time":1795354262.998519,"end_time":1795354262.999690,
//!  "http":{"request":{"method":"GET","url":"http://front.local/"},"response":{"status":200}},
//!  "aws":{"xray":{"sdk":"mesh-xray","sdk_version":"0.1.0"}},
//!  "subsegments":[{"id":"31ddbd2671bde579","name":"colors/blue","start_time":1795354262.998800,"end_time":1795354262.999500,
//!   "namespace":"remote","http":{"request":{"method":"GET","url":"http://blue.local/","traced":true},"response":{"status":200}}}]}
//! ```
//!
//! # Source
//! X-Ray developer guide, "Segment documents", and its schema 1.0.0, which every document satisfies, but for a few letters
//! that a [`Name`] may have.

mod annotation;
mod aws;
mod cause;
mod documents;
mod flags;
mod http;
mod json;
mod name;
mod subsegment;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use self::annotation::{Annotations, Value};
pub use self::aws::{AppMesh, Aws};
pub use self::cause::{Cause, Exception};
pub use self::documents::{MAX_DOCUMENT, MAX_EMBEDDED};
pub use self::flags::Flags;
pub use self::http::Http;
pub use self::name::Name;
pub use self::subsegment::{Namespace, Subsegment};

use self::json::Object;
use crate::id::{SegmentId, TraceId};

/// One request at one service, finished.
///
/// # Source
/// X-Ray developer guide, "Segment documents".
///
/// # Examples
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use mesh_xray::{SegmentId, TraceId};
/// use mesh_xray::segment::{Flags, Http, Name, Segment};
/// # let mut random = || 7;
///
/// let start = UNIX_EPOCH + Duration::from_micros(1_795_354_262_998_519);
/// let trace = TraceId::generate(start, &mut random);
/// let mut segment = Segment::new(Name::new("colors/blue"), SegmentId::generate(&mut random), trace, start);
/// segment.elapsed = Duration::from_micros(1_171);
/// let mut http = Http::request("GET", "http://blue.local/missing");
/// http.status = Some(404);
/// segment.http = Some(http);
/// segment.flags = Flags::of_status(404);
///
/// let mut document = Vec::new();
/// segment.encode(&mut document);
/// assert!(document.starts_with(br#"{"id":"0000000000000007","name":"colors/blue","trace_id":"1-6b02ee96-"#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Segment {
    /// The service: a node on the map.
    pub name: Name,
    /// Unique in the trace.
    pub id: SegmentId,
    /// The trace.
    pub trace_id: TraceId,
    /// The caller's call, as its header named it; absent if the trace began here.
    pub parent: Option<SegmentId>,
    /// When the request arrived. What lies before 1970 is taken as 1970.
    pub start: SystemTime,
    /// How long it took, measured by a clock that does not jump.
    pub elapsed: Duration,
    /// The kind of machine, `AWS::ECS::Container` say: the type of the node on the map. Absent outside AWS.
    pub origin: Option<Cow<'static, str>>,
    /// What was asked and answered.
    pub http: Option<Http>,
    /// Whose fault a bad end was.
    pub flags: Flags,
    /// The error behind a fault.
    pub cause: Option<Cause>,
    /// What it can be found by.
    pub annotations: Annotations,
    /// Where the service runs.
    pub aws: Option<Arc<Aws>>,
    /// The service's own version.
    pub version: Option<Cow<'static, str>>,
    /// The calls made for it.
    pub subsegments: Vec<Subsegment>,
}

impl Segment {
    /// A request that arrived at `start` and took no time yet.
    #[must_use]
    pub fn new(name: Name, id: SegmentId, trace_id: TraceId, start: SystemTime) -> Self {
        Self {
            name,
            id,
            trace_id,
            parent: None,
            start,
            elapsed: Duration::ZERO,
            origin: None,
            http: None,
            flags: Flags::default(),
            cause: None,
            annotations: Annotations::default(),
            aws: None,
            version: None,
            subsegments: Vec::new(),
        }
    }

    /// Appends it to `out` as one document with all its calls, however long that gets.
    ///
    /// [`documents`](Self::documents) keeps to X-Ray's limits.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.encode_with(&self.subsegments, out);
    }

    /// The id comes first because the daemon looks for the first member of that name when it logs.
    fn encode_with(&self, subsegments: &[Subsegment], out: &mut Vec<u8>) {
        let start = since_epoch(self.start);
        Object::write(out, |object| {
            object.plain("id", &self.id.to_ascii());
            object.plain("name", self.name.as_str().as_bytes());
            object.plain("trace_id", &self.trace_id.to_ascii());
            if let Some(parent) = self.parent {
                object.plain("parent_id", &parent.to_ascii());
            }
            object.time("start_time", start);
            object.time("end_time", start.saturating_add(self.elapsed));
            if let Some(http) = &self.http {
                object.object("http", |http_object| http.write_segment(http_object));
            }
            self.flags.write(object);
            if let Some(cause) = &self.cause {
                object.object("cause", |object| cause.write(object));
            }
            self.annotations.write(object);
            self.write_process(object);
            object.array("subsegments", subsegments, |out, call| {
                call.encode_embedded(start, out);
            });
        });
    }

    fn write_process(&self, object: &mut Object<'_>) {
        if let Some(origin) = &self.origin {
            object.text("origin", origin, MAX_CHARS);
        }
        object.object("aws", |block| aws::write(self.aws.as_deref(), block));
        if let Some(version) = &self.version {
            object.object("service", |service| {
                service.text("version", version, MAX_CHARS)
            });
        }
    }
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

const MAX_CHARS: usize = 250;
