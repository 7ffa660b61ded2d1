//! What is known about one request while it lives, shared by every service that sees it.

mod attempt;
mod deadline;
mod ending;
mod head;
mod request_end;
#[cfg(test)]
pub(crate) mod testing;
mod told;

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI32, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering},
    },
    time::Instant,
};

use http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use mesh_core::{
    metric::{Flags, Outcome},
    name::VirtualNodeName,
    snapshot::Plan,
};

pub use self::attempt::Attempt;
use self::ending::End;
pub(crate) use self::{
    deadline::{CallersTime, tell},
    ending::grpc_status,
    head::{Carried, REQUEST_ID, RequestHead},
    request_end::RequestEnd,
    told::Told,
};

use crate::{conn_info::ConnInfo, error::Place, runtime::way::Way, trace::Trace};

/// One request, outbound or inbound: what goes down to the services is set once, what comes back up is written as it
/// happens, and both stay readable when the request fails or is dropped half-way.
///
/// The caller of an outbound request finds it in the response's body ([`ResponseBody::call`](crate::ResponseBody::call)),
/// a handler of an inbound one in the request's extensions ([`CallContext`](crate::CallContext)).
pub struct Call {
    began: Began,
    way: OnceLock<Arc<Way>>,
    request_end: RequestEnd,
    attempts: OnceLock<Attempt>,
    flags: AtomicU32,
    /// 0 until there was a head.
    status: AtomicU16,
    /// None until it is known.
    grpc_status: AtomicI32,
    /// What a sidecar would have answered in place of an error.
    refused: AtomicU16,
    /// In nanoseconds after the start; none before there was a head.
    head_after: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    end: AtomicU8,
}

/// What is known of a call when it begins.
pub(crate) struct Began {
    pub(crate) at: Instant,
    pub(crate) grpc: bool,
    /// Whether it came in, and is not sent on this node's own account.
    pub(crate) inbound: bool,
    pub(crate) version: Version,
    pub(crate) trace: Trace,
    /// What its caller says of the time there is.
    pub(crate) time: CallersTime,
    /// The connection that it came in on.
    pub(crate) conn: Option<Arc<ConnInfo>>,
    /// Its name in the logs of every service that it causes work in.
    pub(crate) request_id: Option<HeaderValue>,
    /// What the calls that it causes take along.
    pub(crate) carried: Carried,
    /// What of its head a record shows; `None` where nobody reads records.
    pub(crate) head: Option<RequestHead>,
}

impl Call {
    pub(crate) fn new(began: Began) -> Self {
        Self {
            way: OnceLock::new(),
            request_end: RequestEnd::new(began.at),
            attempts: OnceLock::new(),
            flags: AtomicU32::new(0),
            status: AtomicU16::new(0),
            grpc_status: AtomicI32::new(i32::MIN),
            refused: AtomicU16::new(0),
            head_after: AtomicU64::new(u64::MAX),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            end: AtomicU8::new(End::Running as u8),
            began,
        }
    }

    /// When the request came.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.began.at
    }

    /// Whether this node is asked, and not the one that asks.
    #[must_use]
    pub fn is_inbound(&self) -> bool {
        self.began.inbound
    }

    /// Whether its content type is gRPC's, so that refusals must be, too.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        self.began.grpc
    }

    /// The X-Ray trace it belongs to; an outbound call made while another is answered belongs to that one's.
    #[cfg(feature = "xray")]
    #[must_use]
    pub fn trace(&self) -> &mesh_xray::Trace {
        self.began.trace.xray()
    }

    /// What the rooms of this crate know of its trace.
    pub(crate) fn own_trace(&self) -> &Trace {
        &self.began.trace
    }

    /// Writes what the next hop is told by the latest attempt of where this call belongs: its trace, and its name in logs.
    pub(crate) fn write_belonging(&self, headers: &mut HeaderMap) {
        let attempt = self.attempts().count().saturating_sub(1);
        self.began.trace.write(attempt, headers);
        if let Some(request_id) = &self.began.request_id {
            headers.insert(REQUEST_ID, request_id.clone());
        }
    }

    /// What its head said; `None` where nobody reads records.
    pub(crate) fn head(&self) -> Option<&RequestHead> {
        self.began.head.as_ref()
    }

    /// Its name in the logs of every service that it causes work in.
    pub(crate) fn request_id(&self) -> Option<&HeaderValue> {
        self.began.request_id.as_ref()
    }

    /// The headers that it takes along into the calls that it causes.
    pub(crate) fn carried(&self) -> &Carried {
        &self.began.carried
    }

    /// The connection it came in on; `None` for outbound calls and where no acceptor handed one over.
    #[must_use]
    pub fn conn_info(&self) -> Option<&ConnInfo> {
        self.began.conn.as_deref()
    }

    /// The route that took it, with its policies.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        self.way().map(|way| &*way.plan)
    }

    /// The virtual node that was drawn.
    #[must_use]
    pub fn target(&self) -> Option<&VirtualNodeName> {
        self.way()
            .map(|way| &way.destination.cluster.spec().virtual_node)
    }

    /// Every attempt that was made, in order.
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        std::iter::successors(self.attempts.get(), |attempt| attempt.next())
    }

    /// How many attempts were made, and whether none of them is known to have reached the peer's application. How the last
    /// one ended may be known to its error alone.
    pub(crate) fn tries(&self) -> (u32, bool) {
        self.attempts().fold((0, true), |(tries, unsent), attempt| {
            (
                tries + 1,
                unsent && attempt.outcome().is_none_or(Outcome::is_unsent),
            )
        })
    }

    /// Why it did not simply succeed.
    #[must_use]
    pub fn flags(&self) -> Flags {
        Flags::from_bits(self.flags.load(Ordering::Relaxed))
    }

    /// The status of the response's head, once there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.status.load(Ordering::Relaxed)).ok()
    }

    /// Whether the response's body came to its end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.end.load(Ordering::Relaxed) == End::Complete as u8
    }

    pub(crate) fn routed(&self, way: Arc<Way>) {
        // Only the first route counts: a call is routed once.
        let _ = self.way.set(way);
    }

    /// Where it goes, once it was routed.
    pub(crate) fn way(&self) -> Option<&Arc<Way>> {
        self.way.get()
    }

    pub(crate) fn begin_attempt(&self, endpoint: SocketAddr, now: Instant) -> &Attempt {
        let attempt = || Attempt::new(endpoint, now);
        match self.attempts().last() {
            None => self.attempts.get_or_init(attempt),
            Some(last) => last.followed_by(attempt),
        }
    }

    pub(crate) fn request_end(&self) -> &RequestEnd {
        &self.request_end
    }

    pub(crate) fn place(&self) -> Place {
        Place {
            virtual_service: self.plan().map(|plan| plan.virtual_service.clone()),
            virtual_node: self.target().cloned(),
            endpoint: self.attempts().last().map(Attempt::endpoint),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("target", &self.target())
            .field("attempts", &self.attempts().count())
            .field("flags", &self.flags())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// Whether a peer that speaks gRPC will read the answer.
///
/// # Source
/// Envoy's `Grpc::Common::isGrpcRequestHeaders`: `application/grpc`, alone or followed by `+`.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(is_grpc_type)
}

fn is_grpc_type(content_type: &HeaderValue) -> bool {
    match content_type.as_bytes().strip_prefix(b"application/grpc") {
        Some(rest) => matches!(rest.first(), None | Some(b'+' | b';')),
        None => false,
    }
}
