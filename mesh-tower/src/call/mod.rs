//! What is known about one request while it lives, shared by every service that sees it.

mod attempt;
mod request_end;

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, AtomicU16, Ordering},
    },
    time::Instant,
};

use http::{HeaderMap, StatusCode, header};
use mesh_core::{
    metric::{Flag, Flags, Outcome},
    name::VirtualNodeName,
    snapshot::Plan,
};

pub use attempt::Attempt;
pub(crate) use request_end::RequestEnd;

use crate::{conn_info::ConnInfo, error::Place, trace::Trace};

/// One request, outbound or inbound: what goes down to the services is set once, what comes back up is written as it
/// happens, and both stay readable when the request fails or is dropped half-way.
///
/// The caller of an outbound request finds it in the response's body ([`ResponseBody::call`](crate::ResponseBody::call)),
/// a handler of an inbound one in the request's extensions ([`CallContext`](crate::CallContext)).
pub struct Call {
    started: Instant,
    grpc: bool,
    trace: Trace,
    conn: Option<Arc<ConnInfo>>,
    plan: OnceLock<Arc<Plan>>,
    target: OnceLock<VirtualNodeName>,
    request_end: RequestEnd,
    attempts: OnceLock<Attempt>,
    flags: AtomicU16,
    status: OnceLock<StatusCode>,
    end: AtomicU8,
}

impl Call {
    pub(crate) fn new(
        now: Instant,
        headers: &HeaderMap,
        trace: Trace,
        conn: Option<Arc<ConnInfo>>,
    ) -> Self {
        Self {
            started: now,
            grpc: is_grpc(headers),
            trace,
            conn,
            plan: OnceLock::new(),
            target: OnceLock::new(),
            request_end: RequestEnd::new(now),
            attempts: OnceLock::new(),
            flags: AtomicU16::new(0),
            status: OnceLock::new(),
            end: AtomicU8::new(End::Running as u8),
        }
    }

    /// When the request came.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Whether its content type is gRPC's, so that refusals must be, too.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        self.grpc
    }

    /// The X-Ray trace it belongs to; an outbound call made while another is answered belongs to that one's.
    #[cfg(feature = "xray")]
    #[must_use]
    pub fn trace(&self) -> &mesh_xray::Trace {
        self.trace.xray()
    }

    /// Writes what the next hop is told of the trace.
    pub(crate) fn write_trace(&self, headers: &mut HeaderMap) {
        self.trace.write(headers);
    }

    /// The connection it came in on; `None` for outbound calls and where no acceptor handed one over.
    #[must_use]
    pub fn conn_info(&self) -> Option<&ConnInfo> {
        self.conn.as_deref()
    }

    /// The route that took it, with its policies.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.get().map(AsRef::as_ref)
    }

    /// The virtual node that was drawn.
    #[must_use]
    pub fn target(&self) -> Option<&VirtualNodeName> {
        self.target.get()
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
        self.status.get().copied()
    }

    /// Whether the response's body came to its end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.end.load(Ordering::Relaxed) == End::Complete as u8
    }

    pub(crate) fn routed(&self, plan: Arc<Plan>, target: VirtualNodeName) {
        // Only the first route counts: a call is routed once.
        let _ = self.plan.set(plan);
        let _ = self.target.set(target);
    }

    pub(crate) fn begin_attempt(&self, endpoint: SocketAddr, now: Instant) -> &Attempt {
        let attempt = || Attempt::new(endpoint, now);
        match self.attempts().last() {
            None => self.attempts.get_or_init(attempt),
            Some(last) => last.followed_by(attempt),
        }
    }

    pub(crate) fn flag(&self, flag: Flag) {
        self.flags
            .fetch_or(Flags::default().with(flag).bits(), Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, status: StatusCode) {
        let _ = self.status.set(status);
    }

    /// Its response came to its end.
    pub(crate) fn complete(&self) {
        self.end.store(End::Complete as u8, Ordering::Relaxed);
    }

    /// It came to an end of ours or of the peer's making, for this reason if there are letters for it.
    pub(crate) fn failed(&self, flag: Option<Flag>) {
        self.end.store(End::Failed as u8, Ordering::Relaxed);
        if let Some(flag) = flag {
            self.flag(flag);
        }
    }

    /// Whoever held it let it go. If nothing else ended it, that did: the one who waited for it went away.
    pub(crate) fn let_go(&self) {
        if self.end.load(Ordering::Relaxed) == End::Running as u8 {
            self.flag(Flag::DownstreamTermination);
        }
    }

    pub(crate) fn request_end(&self) -> &RequestEnd {
        &self.request_end
    }

    pub(crate) fn place(&self) -> Place {
        Place {
            virtual_service: self.plan.get().map(|plan| plan.virtual_service.clone()),
            virtual_node: self.target.get().cloned(),
            endpoint: self.attempts().last().map(Attempt::endpoint),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("target", &self.target.get())
            .field("attempts", &self.attempts().count())
            .field("flags", &self.flags())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// How far a call has come.
#[derive(Clone, Copy, Debug)]
enum End {
    Running,
    Complete,
    Failed,
}

/// Whether a peer that speaks gRPC will read the answer.
///
/// # Source
/// Envoy's `Grpc::Common::isGrpcRequestHeaders`: `application/grpc`, alone or followed by `+`.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    match value.as_bytes().strip_prefix(b"application/grpc") {
        Some(rest) => matches!(rest.first(), None | Some(b'+' | b';')),
        None => false,
    }
}
