//! [`Trace`]: what goes to the next hop and back to the caller.

use crate::buffer::HeaderBuffer;
use crate::decision::Decision;
use crate::header::TraceHeader;
use crate::id::{SegmentId, TraceId};

/// The trace one request belongs to at this hop, kept for as long as the request lives.
///
/// Made from the inbound header by [`TraceHeader::into_trace`], or by [`Trace::new`] where a call starts without one.
/// Each value to send is written to the stack. The trace id is kept whether the request is recorded or not, so it can
/// always be logged.
///
/// # Shape
///
/// | this hop | to the next hop | back to a caller that sent `Sampled=?` |
/// |---|---|---|
/// | records | `Root=R;Parent=<this attempt>;Sampled=1` + lineage + foreign fields | `Root=R;Sampled=1` |
/// | does not record | `Root=R;Parent=<as it came>;Sampled=0` + lineage + foreign fields | `Root=R;Sampled=0` |
/// | takes no part | as it came, without `Self`; `Root=R` if nothing came | nothing |
///
/// When a value would pass [`HeaderBuffer::MAX_LEN`], foreign fields are left out, the last first.
///
/// # Source
/// X-Ray developer guide, "Tracing header". Differs from Envoy, which drops the lineage and foreign fields, makes up a
/// parent for what it does not record, and never answers `?`; and from the Python SDK, which sends zeros for what it
/// does not record.
///
/// # Examples
/// ```
/// use mesh_xray::{SegmentId, TraceHeader, TraceId};
/// # let new_id = || TraceId::parse(b"1-00000000-000000000000000000000001").unwrap();
///
/// let inbound = b"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=?";
/// let trace = TraceHeader::parse(inbound).into_trace(new_id);
/// assert_eq!(
///     trace.upstream_not_sampled().as_bytes(),
///     b"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
/// );
/// assert_eq!(
///     trace.response(false).unwrap().as_bytes(),
///     b"Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    id: TraceId,
    decision: Decision,
    header: TraceHeader,
}

impl Trace {
    /// Starts a trace at this hop.
    #[must_use]
    pub fn new(id: TraceId) -> Self {
        Self {
            id,
            decision: Decision::Undecided,
            header: TraceHeader::default(),
        }
    }

    /// The trace's id.
    #[must_use]
    pub fn id(&self) -> TraceId {
        self.id
    }

    /// The caller's call, under which this hop's segment hangs; `None` if this hop is the first to record.
    #[must_use]
    pub fn parent(&self) -> Option<SegmentId> {
        self.header.parent()
    }

    /// The decision that came in; [`Decision::Requested`] and [`Decision::Undecided`] leave it to this hop.
    #[must_use]
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// Whether this hop records: as the caller decided, or as `ask` does if that is left to this hop.
    ///
    /// # Examples
    /// ```
    /// use mesh_xray::{Sampler, TraceHeader, TraceId};
    /// # let new_id = || TraceId::parse(b"1-00000000-000000000000000000000001").unwrap();
    /// # let (second, random) = (7, || u64::MAX);
    ///
    /// let sampler = Sampler::default();
    /// let trace = TraceHeader::parse(b"Sampled=0").into_trace(new_id);
    /// assert!(!trace.decide(|| sampler.sample(second, random())));
    /// ```
    pub fn decide(&self, ask: impl FnOnce() -> bool) -> bool {
        match self.decision {
            Decision::Sampled => true,
            Decision::NotSampled => false,
            Decision::Requested | Decision::Undecided => ask(),
        }
    }

    /// The header the trace came with; empty if there was none.
    #[must_use]
    pub fn header(&self) -> &TraceHeader {
        &self.header
    }

    /// The header of one recorded attempt, whose callee will hang under `subsegment`.
    #[must_use]
    pub fn upstream_sampled(&self, subsegment: SegmentId) -> HeaderBuffer {
        self.upstream(Some(subsegment), Decision::Sampled)
    }

    /// The header of every attempt of a request that is not recorded.
    #[must_use]
    pub fn upstream_not_sampled(&self) -> HeaderBuffer {
        self.upstream(self.parent(), Decision::NotSampled)
    }

    /// The header of every attempt when this hop takes no part in the trace.
    ///
    /// The fields keep their order and spelling. `Self`, empty fields, whitespace around fields and fields that cannot be
    /// read go, for some SDKs throw away a header that has them. A new trace is passed on as a load balancer would: its
    /// `Root`, and nothing decided that was not decided before.
    ///
    /// # Examples
    /// ```
    /// # use mesh_xray::{Trace, TraceId};
    /// let id = TraceId::parse(b"1-5759e988-bd862e3fe1be46a994272793")?;
    /// assert_eq!(
    ///     Trace::new(id).upstream_passthrough().as_bytes(),
    ///     b"Root=1-5759e988-bd862e3fe1be46a994272793",
    /// );
    /// # Ok::<(), mesh_xray::InvalidId>(())
    /// ```
    #[must_use]
    pub fn upstream_passthrough(&self) -> HeaderBuffer {
        let inbound = self.header.root().and_then(|_| self.header.text());
        inbound
            .and_then(|text| HeaderBuffer::verbatim(text.as_bytes()))
            .unwrap_or_else(|| self.upstream(self.parent(), self.decision))
    }

    /// The response header owed to a caller that asked with `Sampled=?`; `None` if it did not ask.
    ///
    /// `sampled` is what this hop decided. A hop that takes no part answers nothing.
    #[must_use]
    pub fn response(&self, sampled: bool) -> Option<HeaderBuffer> {
        let decision = if sampled {
            Decision::Sampled
        } else {
            Decision::NotSampled
        };
        let asked = self.decision == Decision::Requested;
        asked.then(|| HeaderBuffer::canonical(Some(self.id), None, decision))
    }

    /// The response header that only tells the caller the trace's id: optional, for those who want it in their logs.
    #[must_use]
    pub fn response_root(&self) -> HeaderBuffer {
        HeaderBuffer::canonical(Some(self.id), None, Decision::Undecided)
    }

    fn upstream(&self, parent: Option<SegmentId>, decision: Decision) -> HeaderBuffer {
        let mut buffer = HeaderBuffer::canonical(Some(self.id), parent, decision);
        if self.header.text().is_none() {
            return buffer;
        }
        if let Some(lineage) = self.header.lineage() {
            buffer.push_field(b"Lineage", lineage.as_bytes());
        }
        for (name, value) in self.header.foreign() {
            if !buffer.push_field(name.as_bytes(), value.as_bytes()) {
                break;
            }
        }
        buffer
    }
}

impl TraceHeader {
    /// Settles which trace the request belongs to: the one it came with, or a new one named by `new_id`.
    ///
    /// Without a trace id a caller may forbid recording, but not force it: [`Decision::Sampled`] then becomes
    /// [`Decision::Undecided`].
    #[must_use]
    pub fn into_trace(self, new_id: impl FnOnce() -> TraceId) -> Trace {
        let decision = match (self.root(), self.sampled()) {
            (None, Decision::Sampled) => Decision::Undecided,
            (_, said) => said,
        };
        Trace {
            id: self.root().unwrap_or_else(new_id),
            decision,
            header: self,
        }
    }
}
