//! What the innermost side of a subject does: nothing but what the test says, step by step.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use parking_lot::Mutex;
use tokio::{
    sync::{Mutex as AsyncMutex, mpsc},
    time,
};

use crate::{body::BoxError, context::CallContext};

/// The innermost side, from the test's end; a clone is the same.
#[derive(Clone)]
pub(super) struct Script(Arc<Shared>);

struct Shared {
    readiness: Mutex<(Readiness, Vec<Waker>)>,
    polls: AtomicUsize,
    /// Services that were polled ready and neither called nor dropped since.
    reserved: AtomicUsize,
    calls: Mutex<VecDeque<CallContext>>,
    arrive: mpsc::UnboundedSender<Exchange>,
    arrived: AsyncMutex<mpsc::UnboundedReceiver<Exchange>>,
    failing: AtomicBool,
    alive: Arc<()>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Readiness {
    Ready,
    Pending,
    Failed,
}

/// One request that has come to the innermost side; the test says what becomes of it.
#[derive(Debug)]
pub(super) struct Exchange {
    steps: mpsc::UnboundedSender<Step>,
    /// The call it belongs to, where the innermost side is told.
    pub(super) call: Option<CallContext>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Head,
    /// The head of an answer that makes the connection a tunnel.
    Switch,
    Frame,
    End,
    Break,
}

/// The innermost side's end of an exchange: first the future that waits for the head, then the body.
#[derive(Debug)]
pub(super) struct Part {
    steps: mpsc::UnboundedReceiver<Step>,
    over: bool,
    // Counted: what is inside of a subject must be dropped with it.
    _alive: Arc<()>,
}

impl Script {
    pub(super) fn new() -> Self {
        let (arrive, arrived) = mpsc::unbounded_channel();
        Self(Arc::new(Shared {
            readiness: Mutex::new((Readiness::Ready, Vec::new())),
            polls: AtomicUsize::new(0),
            reserved: AtomicUsize::new(0),
            calls: Mutex::default(),
            arrive,
            arrived: AsyncMutex::new(arrived),
            failing: AtomicBool::new(false),
            alive: Arc::default(),
        }))
    }

    pub(super) fn set(&self, readiness: Readiness) {
        let mut state = self.0.readiness.lock();
        state.0 = readiness;
        let waiting = std::mem::take(&mut state.1);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(super) fn poll_readiness(&self, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        self.0.polls.fetch_add(1, Ordering::Relaxed);
        let mut state = self.0.readiness.lock();
        match state.0 {
            Readiness::Ready => Poll::Ready(Ok(())),
            Readiness::Failed => Poll::Ready(Err(())),
            Readiness::Pending => {
                state.1.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// How often anybody asked whether the innermost service is ready.
    pub(super) fn polls(&self) -> usize {
        self.0.polls.load(Ordering::Relaxed)
    }

    pub(super) fn reserve(&self) {
        self.0.reserved.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn unreserve(&self) {
        self.0.reserved.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn reserved(&self) -> usize {
        self.0.reserved.load(Ordering::Relaxed)
    }

    /// Futures and bodies of the innermost side that were not dropped yet.
    pub(super) fn alive(&self) -> usize {
        Arc::strong_count(&self.0.alive) - 1
    }

    /// Says to which call the request belongs that will arrive next.
    pub(super) fn announce(&self, call: CallContext) {
        self.0.calls.lock().push_back(call);
    }

    /// A request arrived; `None` where all that arrive are to fail.
    pub(super) fn arrive(&self) -> Option<Part> {
        let call = self.0.calls.lock().pop_front();
        if self.0.failing.load(Ordering::Relaxed) {
            return None;
        }
        let (sender, steps) = mpsc::unbounded_channel();
        let told = self.0.arrive.send(Exchange {
            steps: sender,
            call,
        });
        told.expect("the script holds the receiver");
        Some(Part {
            steps,
            over: false,
            _alive: self.0.alive.clone(),
        })
    }

    /// The request that arrived, once one has.
    pub(super) async fn next(&self) -> Exchange {
        let mut arrived = self.0.arrived.lock().await;
        let next = time::timeout(PATIENCE, arrived.recv()).await;
        next.expect("no request reached the innermost side")
            .expect("the script holds the sender")
    }

    /// From now on everything that arrives fails before its head.
    pub(super) fn fail_all(&self) {
        self.0.failing.store(true, Ordering::Relaxed);
    }

    pub(super) fn fail_none(&self) {
        self.0.failing.store(false, Ordering::Relaxed);
    }
}

impl Exchange {
    pub(super) fn say(&self, step: Step) {
        // Whoever was to play it may be gone by now.
        let _ = self.steps.send(step);
    }
}

impl Part {
    pub(super) async fn next(&mut self) -> Option<Step> {
        self.steps.recv().await
    }

    /// A body of nothing, of an answer that the script knows nothing of.
    pub(super) fn nothing() -> Self {
        Self {
            steps: mpsc::unbounded_channel().1,
            over: true,
            _alive: Arc::default(),
        }
    }

    /// No body comes after this head.
    pub(super) fn over(mut self) -> Self {
        self.over = true;
        self
    }
}

impl HttpBody for Part {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.over {
            return Poll::Ready(None);
        }
        self.steps.poll_recv(cx).map(|step| match step {
            Some(Step::Frame) => Some(Ok(Frame::data(Bytes::from_static(FRAME)))),
            Some(Step::Break) => Some(Err(BROKEN.into())),
            Some(Step::Head | Step::Switch) => panic!("the head was said already"),
            Some(Step::End) | None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.over
    }
}

/// Lets everything run that can, until all wait.
pub(super) async fn settle() {
    // The clock is paused: it moves when nothing else can.
    time::sleep(Duration::from_millis(1)).await;
}

pub(super) const FRAME: &[u8] = b"frame";
pub(super) const BROKEN: &str = "the innermost side broke off";

/// Of paused time; shorter than any limit that a subject has.
const PATIENCE: Duration = Duration::from_secs(5);
