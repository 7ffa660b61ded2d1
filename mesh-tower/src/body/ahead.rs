//! Reading a body before it can be sent: a request whose giver is done with it has ended, and its limits run.

use std::{
    future::{Future, poll_fn},
    mem,
    pin::pin,
    task::{Context, Poll},
};

use super::{Body, Kind, replay::Replayed};

impl Body {
    /// Whether what is read of it is recorded, so that reading ahead costs nothing more.
    pub(crate) fn is_recorded(&self) -> bool {
        matches!(self.kind, Kind::Replayed(_))
    }

    /// Takes what is there of it, within bounds, and keeps it for who sends it.
    ///
    /// # Source
    /// Envoy reads a request while it connects, as far as its buffers reach.
    pub(crate) fn read_ahead(&mut self, cx: &mut Context<'_>) {
        if matches!(self.kind, Kind::Incoming(_) | Kind::Boxed(_)) {
            self.kind = Kind::Replayed(Replayed::of(mem::take(self)));
        }
        if let Kind::Replayed(body) = &self.kind {
            body.read_ahead(cx);
        }
    }

    /// Reads ahead, and waits for nothing.
    pub(crate) async fn read_ahead_now(&mut self) {
        poll_fn(|cx| {
            self.read_ahead(cx);
            Poll::Ready(())
        })
        .await;
    }

    /// What the future gives, reading ahead until it does.
    pub(crate) async fn read_ahead_during<F: Future>(&mut self, waiting: F) -> F::Output {
        let mut waiting = pin!(waiting);
        poll_fn(|cx| {
            let polled = waiting.as_mut().poll(cx);
            if polled.is_pending() {
                self.read_ahead(cx);
            }
            polled
        })
        .await
    }
}
