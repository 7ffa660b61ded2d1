//! What drives an HTTP/2 connection: both halves of it in one task.

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use futures::{FutureExt, future::BoxFuture};
use hyper::{client::conn::http2, rt::Executor};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{
    paced::{Bell, Paced},
    streams::Shared,
};
use crate::body::Body;

/// Carries a connection until its last sender and its last stream are gone.
///
/// The library drives a connection by two futures, one that takes requests and one that moves frames. Here they are one task:
/// so what the peer says (its limit of streams, its goodbye) is known before the next request is taken, and nobody has to be
/// woken for it.
///
/// A goodbye that came in between while a request is handed over would cost it: the library drops it, and the peer may execute
/// it all the same. So nothing is read then. A request that fails with a goodbye is therefore known to be above the last stream
/// that the peer has looked at: [`outcome`](crate::connect::outcome) relies on it.
pub(super) struct Driver {
    pub(super) requests: Option<http2::Connection<TokioIo<Paced>, Body, Tasks>>,
    pub(super) wire: Option<BoxFuture<'static, ()>>,
    pub(super) bell: Arc<Bell>,
    pub(super) shared: Weak<Shared>,
    pub(super) max: usize,
    pub(super) settled: Option<oneshot::Sender<()>>,
    pub(super) lost: Option<Box<dyn FnOnce() + Send>>,
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let bell = self.bell.clone();
        let waker = Waker::from(bell.clone());
        let mut ours = Context::from_waker(&waker);
        bell.listen(cx.waker());
        self.move_frames(&mut ours);
        self.take_requests(&mut ours);
        // A request that was taken rings, and has to be written before anything else is read.
        bell.hold(true);
        for _ in 0..ROUNDS {
            if !bell.was_rung() {
                break;
            }
            self.move_frames(&mut ours);
            self.take_requests(&mut ours);
        }
        bell.hold(false);
        if let (None, None) = (&self.requests, &self.wire) {
            return Poll::Ready(());
        }
        bell.rest(cx.waker());
        Poll::Pending
    }
}

impl Driver {
    fn move_frames(&mut self, cx: &mut Context<'_>) {
        if let Some(wire) = &mut self.wire
            && wire.as_mut().poll(cx).is_ready()
        {
            self.wire = None;
        }
    }

    fn take_requests(&mut self, cx: &mut Context<'_>) {
        let Some(requests) = &mut self.requests else {
            return;
        };
        // How it ended is told to each request that was open.
        if Pin::new(&mut *requests).poll(cx).is_ready() {
            self.requests = None;
            self.lose();
            return;
        }
        let max = requests.current_max_send_streams();
        if max != self.max {
            self.max = max;
            self.publish();
        }
    }

    fn lose(&mut self) {
        let shared = self.shared.upgrade();
        if let Some(lost) = self.lost.take()
            && shared.is_some_and(|shared| shared.was_used())
        {
            lost();
        }
    }

    fn publish(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.limit(self.max);
        }
        if let Some(settled) = self.settled.take() {
            // Nobody listens if the request that dialled was dropped.
            let _ = settled.send(());
        }
    }
}

/// Runs the tasks of one connection, which end with it; the first one is the connection's own, and its driver's.
#[derive(Clone, Default)]
pub(super) struct Tasks(Arc<Mutex<Wire>>);

#[derive(Default)]
enum Wire {
    #[default]
    Awaited,
    Here(BoxFuture<'static, ()>),
    Taken,
}

impl Tasks {
    pub(super) fn take_wire(&self) -> Option<BoxFuture<'static, ()>> {
        match mem::replace(&mut *self.0.lock(), Wire::Taken) {
            Wire::Here(wire) => Some(wire),
            Wire::Awaited | Wire::Taken => None,
        }
    }
}

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        let mut wire = self.0.lock();
        match *wire {
            Wire::Awaited => *wire = Wire::Here(task.map(drop).boxed()),
            Wire::Here(_) | Wire::Taken => drop(tokio::spawn(task)),
        }
    }
}

/// How many requests are taken in one go: then others get their turn on the processor.
const ROUNDS: usize = 64;
