//! Connects that nobody's request waits for: to an endpoint that could not be connected to, or lost its connection.

use std::{
    error::Error as StdError,
    fmt::Write as _,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use mesh_core::health;
use parking_lot::Mutex;
use tokio::{sync::watch, time};
use tokio_util::task::AbortOnDropHandle;

use crate::{error::ConnectError, runtime::rng::SharedRng};

/// The one who connects to an endpoint again and again, so that not every request does; at rest while connects succeed.
#[derive(Debug)]
pub(super) struct Redial {
    state: watch::Sender<State>,
    /// Whether requests had better go elsewhere: somebody tries, and has not succeeded.
    failing: AtomicBool,
    task: Mutex<Option<AbortOnDropHandle<()>>>,
}

#[derive(Debug, Default)]
struct State {
    running: bool,
    /// Whether the endpoint has left.
    closed: bool,
    /// How many connects failed since one succeeded.
    failures: u32,
    last: Arc<str>,
}

/// What is done to connect, until it is done; asked again for each try.
pub(super) trait Attempt: Send + 'static {
    /// One try; `None`: there is nothing to be done any more.
    fn connect(&self) -> impl Future<Output = Option<Result<(), ConnectError>>> + Send;

    /// The last try failed.
    fn failed(&self, error: &ConnectError);

    /// There will be no further try.
    fn rest(&self);
}

impl Redial {
    pub(super) fn new() -> Self {
        Self {
            state: watch::Sender::default(),
            failing: AtomicBool::new(false),
            task: Mutex::default(),
        }
    }

    /// Whether connects fail at the moment; for each request, so it costs one look.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// How many connects had failed in a row when a request came.
    pub(super) fn failures(&self) -> u32 {
        self.state.borrow().failures
    }

    /// Resolves when a request may connect by itself that came when `before` connects had failed. While connects fail, it
    /// shares the first failure after its coming instead. `again` is called where it has to wait for that, and perhaps nobody
    /// tries any more.
    pub(super) async fn settled(
        &self,
        before: u32,
        again: impl FnOnce(),
    ) -> Result<(), ConnectError> {
        let mut state = self.state.subscribe();
        let now = state.borrow_and_update().failures;
        if now == 0 {
            return Ok(());
        }
        if now == before {
            again();
        }
        match state.wait_for(|state| state.failures != before).await {
            Ok(state) if state.failures > 0 => Err(ConnectError::StillFailing {
                failures: state.failures,
                last: state.last.clone(),
            }),
            // It succeeded, or the endpoint has left.
            _ => Ok(()),
        }
    }

    /// A connect has succeeded.
    pub(super) fn succeeded(&self) {
        if self.state.borrow().failures > 0 {
            self.failing.store(false, Ordering::Relaxed);
            self.state.send_modify(|state| state.failures = 0);
        }
    }

    /// A connect has failed.
    pub(super) fn failed(&self, error: &ConnectError) {
        self.state.send_modify(|state| {
            state.failures = state.failures.saturating_add(1);
            state.last = report(error);
            self.failing.store(state.running, Ordering::Relaxed);
        });
    }

    /// Begins to connect, unless somebody does. `tried` is how many connects have failed already.
    pub(super) fn start(&self, attempt: impl Attempt, tried: u32, rng: &Arc<SharedRng>) {
        let begun = self.state.send_if_modified(|state| {
            let begun = !state.running && !state.closed;
            if begun {
                state.running = true;
                self.failing.store(state.failures > 0, Ordering::Relaxed);
            }
            begun
        });
        if begun {
            let task = tokio::spawn(run(attempt, tried, rng.clone()));
            *self.task.lock() = Some(AbortOnDropHandle::new(task));
        }
    }

    /// Nobody tries any more: done, given up, or not needed.
    pub(super) fn rest(&self) {
        self.failing.store(false, Ordering::Relaxed);
        self.state.send_modify(|state| state.running = false);
    }

    /// The endpoint has left: who waits may try by itself.
    pub(super) fn close(&self) {
        let task = self.task.lock().take();
        drop(task);
        self.failing.store(false, Ordering::Relaxed);
        self.state.send_replace(State {
            closed: true,
            ..State::default()
        });
    }
}

async fn run(attempt: impl Attempt, mut tried: u32, rng: Arc<SharedRng>) {
    while let Some(wait) = health::redial(tried, &mut &*rng) {
        time::sleep(wait).await;
        match attempt.connect().await {
            Some(Err(error)) => attempt.failed(&error),
            Some(Ok(())) | None => break,
        }
        tried += 1;
    }
    attempt.rest();
}

/// An error and its causes in one line: those who share it cannot share its value.
fn report(error: &ConnectError) -> Arc<str> {
    let mut report = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // A string takes everything.
        let _ = write!(report, ": {cause}");
        source = cause.source();
    }
    report.into()
}
