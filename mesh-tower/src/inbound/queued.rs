//! A request that waits until the listener has room for it.

use std::task::{Context, Poll};

use mesh_core::timeout::Timeouts;

use super::InboundState;
use crate::{
    call::Call,
    conn_info::ConnInfo,
    error::Cause,
    gate::{Permit, Place},
    limits::Limits,
};

/// A place in a listener's queue; dropped, it is free at once.
///
/// # Source
/// Measured on Envoy 1.40: the time in the queue counts for the limit of the whole request.
#[derive(Debug)]
pub(super) struct Queued {
    place: Place,
    state: InboundState,
    timeouts: Timeouts,
    limits: Limits,
}

impl Queued {
    pub(super) fn new(place: Place, state: InboundState, call: &Call, timeouts: Timeouts) -> Self {
        Self {
            place,
            state,
            timeouts,
            limits: Limits::of(call, timeouts),
        }
    }

    /// Gives up the place, which others may have from now on; what the listener said of time is kept.
    pub(super) fn leave(self) -> Timeouts {
        self.timeouts
    }

    /// Ready when it is this request's turn, with its permit unless the limit has gone meanwhile; or with the time limit that
    /// has passed.
    pub(super) fn poll_entry(
        &mut self,
        call: &Call,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Permit>, Cause>> {
        let terms = self.state.terms(call.conn_info().map(ConnInfo::port));
        let Some(limit) = terms.and_then(|terms| terms.limit) else {
            self.place.lift();
            return Poll::Ready(Ok(None));
        };
        if let Poll::Ready(permit) = self.place.poll_permit(limit, cx) {
            return Poll::Ready(Ok(Some(permit)));
        }
        self.limits.poll_expired(call.request_end(), cx).map(Err)
    }
}
