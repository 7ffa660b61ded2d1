//! Who is told how far a body has come.

use std::{mem, sync::Arc, task::Waker};

use bytes::Bytes;
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;

use super::{Body, Kind};
use crate::{
    call::{Call, RequestEnd},
    runtime::clock,
};

/// Who is told when a body was taken whole, or dropped.
pub(super) struct Report {
    pub(super) to: ReportTo,
    /// How many bytes are still to come, where that was said: whoever sends so many does not ask whether they were all.
    pub(super) left: Option<u64>,
    /// Whether its bytes were counted when it was handed over: a copy of it may be sent in its place.
    pub(super) counted: bool,
}

/// Who keeps how far a body has come: a call, or a layer that stands alone.
pub(super) enum ReportTo {
    Call(Arc<Call>),
    Alone(Arc<RequestEnd>),
}

impl Body {
    /// Tells the call when this body was taken whole; `length` is what the request's head says about that.
    pub(crate) fn report_to(&mut self, call: &Arc<Call>, length: Option<u64>) {
        if self.is_over(length) {
            call.request_end().reached_at_once();
        } else {
            self.report(ReportTo::Call(call.clone()), length);
        }
    }

    /// The same where there is no call.
    pub(crate) fn reporting_end_to(
        mut self,
        request_end: Arc<RequestEnd>,
        length: Option<u64>,
    ) -> Self {
        if self.is_over(length) {
            request_end.reached_at_once();
        } else {
            self.report(ReportTo::Alone(request_end), length);
        }
        self
    }

    /// Whether nothing will come of it.
    fn is_over(&self, length: Option<u64>) -> bool {
        self.is_end_stream() || length.or_else(|| self.size_hint().exact()) == Some(0)
    }

    fn report(&mut self, to: ReportTo, length: Option<u64>) {
        let left = length.or_else(|| self.size_hint().exact());
        // A request that is passed on ends for the call it came by and for the one it goes out by.
        if self.report.is_some() {
            *self = Kind::Boxed(mem::take(self).boxed_unsync()).into();
        }
        let counted = match (&self.kind, &to) {
            (Kind::Full(bytes), ReportTo::Call(call)) => {
                call.received(bytes.len());
                true
            }
            _ => false,
        };
        self.report = Some(Report { to, left, counted });
    }

    pub(super) fn ended(&mut self) {
        if let Some(report) = self.report.take() {
            report.to.request_end().reached(clock::now());
        }
    }

    /// Whether nobody wants the rest; wakes `sender`, if there is one, when that comes to be.
    pub(super) fn is_abandoned(&self, sender: Option<&Waker>) -> bool {
        let Some(Report { to, .. }) = &self.report else {
            return false;
        };
        match sender {
            Some(sender) => to.request_end().watch_abandoned(sender),
            None => to.request_end().is_abandoned(),
        }
    }
}

impl Report {
    /// Whether nothing comes after this frame.
    pub(super) fn is_last(&mut self, frame: &Frame<Bytes>) -> bool {
        if let Some(data) = frame.data_ref() {
            if let (ReportTo::Call(call), false) = (&self.to, self.counted) {
                call.received(data.len());
            }
            self.left = self.left.map(|left| left.saturating_sub(data.len() as u64));
        }
        self.left == Some(0) || frame.is_trailers()
    }
}

impl ReportTo {
    pub(super) fn request_end(&self) -> &RequestEnd {
        match self {
            Self::Call(call) => call.request_end(),
            Self::Alone(request_end) => request_end,
        }
    }
}
