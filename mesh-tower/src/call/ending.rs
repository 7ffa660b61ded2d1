//! What comes back up to a call: its answer, what of it went by, and how it ended.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response, StatusCode};
use http_body::Frame;
use mesh_core::metric::{Flag, Flags, StatusClass};

use super::Call;
use crate::{error::Error, runtime::meter::Sum};

impl Call {
    pub(crate) fn flag(&self, flag: Flag) {
        self.flags
            .fetch_or(Flags::default().with(flag).bits(), Ordering::Relaxed);
    }

    pub(crate) fn answered<B>(&self, response: &Response<B>) {
        self.note_grpc_status(response.headers());
        self.status
            .store(response.status().as_u16(), Ordering::Relaxed);
    }

    /// The response's head has come.
    pub(crate) fn head_came(&self, now: Instant) {
        let after = now.saturating_duration_since(self.began.at).as_nanos();
        let after = u64::try_from(after).unwrap_or(u64::MAX);
        self.head_after.store(after, Ordering::Relaxed);
    }

    /// When the response's head came.
    pub(crate) fn head_at(&self) -> Option<Instant> {
        let after = self.head_after.load(Ordering::Relaxed);
        (after != u64::MAX).then(|| self.began.at + Duration::from_nanos(after))
    }

    /// It ended in an error, for which a sidecar would have answered with this status and so many bytes, and to a gRPC call
    /// with that status of its own.
    pub(crate) fn refused(&self, status: StatusCode, length: usize, grpc: Option<i32>) {
        if let Some(grpc) = grpc {
            self.grpc_status.store(grpc, Ordering::Relaxed);
        }
        self.refused.store(status.as_u16(), Ordering::Relaxed);
        self.sent.store(length as u64, Ordering::Relaxed);
    }

    /// The status that the caller of a sidecar saw; 0 if it saw none.
    pub(crate) fn code(&self) -> u16 {
        match self.status.load(Ordering::Relaxed) {
            0 => self.refused.load(Ordering::Relaxed),
            status => status,
        }
    }

    /// So many bytes of the request's body went by.
    pub(crate) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A frame of the response's body went by.
    pub(crate) fn saw(&self, frame: &Frame<Bytes>) {
        if let Some(data) = frame.data_ref() {
            self.sent.fetch_add(data.len() as u64, Ordering::Relaxed);
        } else if let Some(trailers) = frame.trailers_ref() {
            self.note_grpc_status(trailers);
        }
    }

    /// How many bytes of bodies went by: of the request's, and of the response's.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (read(&self.received), read(&self.sent))
    }

    /// Its response came to its end.
    pub(crate) fn complete(&self) {
        self.end.store(End::Complete as u8, Ordering::Relaxed);
    }

    /// Notes how a gRPC call ended, which its response's head or trailers tell.
    fn note_grpc_status(&self, headers: &HeaderMap) {
        if self.began.grpc
            && let Some(status) = grpc_status(headers)
        {
            self.grpc_status.store(status, Ordering::Relaxed);
        }
    }

    /// The `grpc-status` of the response, once it is known.
    #[cfg(any(feature = "xray", feature = "test-util", test))]
    pub(crate) fn grpc_status(&self) -> Option<i32> {
        let status = self.grpc_status.load(Ordering::Relaxed);
        (status != i32::MIN).then_some(status)
    }

    /// It came to an end of ours or of the peer's making, for this reason if there are letters for it.
    pub(crate) fn failed(&self, flag: Option<Flag>) {
        self.end.store(End::Failed as u8, Ordering::Relaxed);
        if let Some(flag) = flag {
            self.flag(flag);
        }
    }

    /// It is answered in place of whoever should have: the reason, if there are letters for it.
    pub(crate) fn refused_for(&self, error: &Error) {
        if let Some(flag) = error.flag() {
            self.flag(flag);
        }
    }

    /// Whoever held it let it go. If nothing else ended it, that did: this process, if it `cut` what was open, or else the
    /// one who waited for the call and went away.
    pub(crate) fn let_go(&self, cut: bool) {
        if self.end.load(Ordering::Relaxed) != End::Running as u8 {
            return;
        }
        self.flag(match cut {
            true => Flag::LocalReset,
            false => Flag::caller_gone(self.began.version),
        });
    }

    /// What is counted of it, now that it has ended.
    pub(crate) fn sum(&self, now: Instant) -> Sum {
        Sum {
            class: StatusClass::of(self.code()),
            flags: self.flags(),
            attempts: self.attempts().count().try_into().unwrap_or(u32::MAX),
            duration: now.saturating_duration_since(self.began.at),
        }
    }
}

/// How far a call has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Running,
    Complete,
    Failed,
}

/// What a response says about how a gRPC call ended.
pub(crate) fn grpc_status(headers: &HeaderMap) -> Option<i32> {
    headers.get(GRPC_STATUS)?.to_str().ok()?.parse().ok()
}

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
