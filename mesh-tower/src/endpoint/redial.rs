//! Connects that nobody's request waits for: to an endpoint that could not be connected to, or lost its connection.

use std::{
    error::Error as StdError,
    fmt::Write as _,
    future::Future,
    sync::{Arc, Weak},
};

use mesh_core::health;
use tokio::time;

use crate::{
    error::ConnectError,
    runtime::rng::SharedRng,
    sync::{AtomicBool, Mutex, Notify, Ordering, Task},
};

/// The one who connects to an endpoint again and again, so that not every request does; at rest while connects succeed.
#[derive(Debug, Default)]
pub(super) struct Redial {
    state: Mutex<State>,
    changed: Notify,
    /// Whether requests had better go elsewhere: somebody tries, and has not succeeded. Written under the lock of the state, or
    /// it could stay when nobody tries any more, and the endpoint would be lost for good.
    failing: AtomicBool,
    /// Taken before the state's lock, and not by the task itself: where its runtime has ended, it ends while it is spawned.
    task: Mutex<Option<Task>>,
}

#[derive(Debug, Default)]
struct State {
    running: bool,
    /// Whether the endpoint has left.
    closed: bool,
    /// How many connects failed since one succeeded.
    failures: u32,
    last: Arc<str>,
    /// Whether that was for want of any answer.
    elapsed: bool,
}

/// What is done to connect, until it is done; asked again for each try.
pub(super) trait Attempt: Send + 'static {
    /// One try; `None`: there is nothing to be done any more.
    fn connect(&self) -> impl Future<Output = Option<Result<(), ConnectError>>> + Send;

    /// The last try failed.
    fn failed(&self, error: &ConnectError);
}

impl Redial {
    /// Whether connects fail at the moment; for each request, so it costs one look.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// How many connects had failed in a row when a request came.
    pub(super) fn failures(&self) -> u32 {
        self.state.lock().failures
    }

    /// Resolves when a request may connect by itself that came when `before` connects had failed. While connects fail, it
    /// shares the first failure after its coming instead. `again` is called where it has to wait for that, and perhaps nobody
    /// tries any more; where nobody can, it may connect by itself, too.
    pub(super) async fn settled(&self, before: u32, again: impl Fn()) -> Result<(), ConnectError> {
        loop {
            let changed = self.changed.notified();
            if let Some(settled) = self.state.lock().settled(before) {
                return settled;
            }
            again();
            if !self.state.lock().running {
                return Ok(());
            }
            changed.await;
        }
    }

    /// A connect has succeeded.
    pub(super) fn succeeded(&self) {
        let told = self.change(|state| std::mem::take(&mut state.failures) > 0);
        if told {
            self.changed.notify_waiters();
        }
    }

    /// A connect has failed.
    pub(super) fn failed(&self, error: &ConnectError) {
        let last = report(error);
        self.change(|state| {
            state.failures = state.failures.saturating_add(1);
            state.last = last;
            state.elapsed = error.is_elapsed();
        });
        self.changed.notify_waiters();
    }

    /// Begins to connect, unless somebody does. `tried` is how many connects have failed already.
    pub(super) fn start(self: &Arc<Self>, attempt: impl Attempt, tried: u32, rng: &Arc<SharedRng>) {
        if !self.state.lock().is_at_rest() {
            return;
        }
        // Held until the task is there to be found by whoever retires the endpoint.
        let mut task = self.task.lock();
        let begun = self.change(|state| {
            let begun = state.is_at_rest();
            state.running |= begun;
            begun
        });
        if begun {
            let rest = Rest(Arc::downgrade(self));
            *task = Some(Task::spawn(run(attempt, tried, rng.clone(), rest)));
        }
    }

    /// The endpoint has left: who waits may try by itself.
    pub(super) fn close(&self) {
        self.change(|state| {
            *state = State {
                closed: true,
                ..State::default()
            };
        });
        self.changed.notify_waiters();
        let task = self.task.lock().take();
        drop(task);
    }

    /// The one way to change the state, for whether it is failing follows from it.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let told = change(&mut state);
        let failing = state.running && state.failures > 0;
        self.failing.store(failing, Ordering::Relaxed);
        told
    }
}

impl State {
    /// Whether somebody may begin to try.
    fn is_at_rest(&self) -> bool {
        !self.running && !self.closed
    }

    /// What a request is told that came when `before` connects had failed; `None`: it has to wait.
    fn settled(&self, before: u32) -> Option<Result<(), ConnectError>> {
        match self.failures {
            // It succeeded, or the endpoint has left, or nothing was wrong at all.
            0 => Some(Ok(())),
            failures if failures == before => None,
            failures => Some(Err(ConnectError::StillFailing {
                failures,
                last: self.last.clone(),
                elapsed: self.elapsed,
            })),
        }
    }
}

/// Says that nobody tries any more when the task ends, also with its runtime: another may serve the same mesh.
struct Rest(Weak<Redial>);

impl Rest {
    /// A connection that nobody needs is none that failed: the next request that needs one tries by itself.
    fn not_needed(&self) {
        if let Some(redial) = self.0.upgrade() {
            redial.change(|state| state.failures = 0);
        }
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if let Some(redial) = self.0.upgrade() {
            redial.change(|state| state.running = false);
            redial.changed.notify_waiters();
        }
    }
}

async fn run(attempt: impl Attempt, mut tried: u32, rng: Arc<SharedRng>, rest: Rest) {
    while let Some(wait) = health::redial(tried, &mut &*rng) {
        time::sleep(wait).await;
        match attempt.connect().await {
            Some(Err(error)) => attempt.failed(&error),
            Some(Ok(())) => return,
            None => return rest.not_needed(),
        }
        tried += 1;
    }
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

#[cfg(test)]
mod tests {
    use tokio::runtime;

    use super::*;

    /// Never fails and never succeeds, for it is not asked.
    struct Unasked;

    impl Attempt for Unasked {
        async fn connect(&self) -> Option<Result<(), ConnectError>> {
            None
        }

        fn failed(&self, _: &ConnectError) {}
    }

    #[test]
    fn an_endpoint_is_not_shunned_when_the_runtime_of_the_one_who_tried_has_ended() {
        let (redial, rng) = (Arc::new(Redial::default()), Arc::new(SharedRng::new(7)));
        let tries = || {
            redial.start(Unasked, 1, &rng);
            redial.is_failing()
        };
        redial.failed(&ConnectError::Closed);
        for _ in 0..2 {
            let runtime = runtime::Builder::new_current_thread().enable_time().build();
            let runtime = runtime.expect("a runtime");
            assert!(runtime.block_on(async { tries() }), "somebody tries");
            let handle = runtime.handle().clone();
            drop(runtime);
            assert!(!redial.is_failing(), "nobody does");
            let _ended = handle.enter();
            assert!(!tries(), "nobody can");
        }
    }
}

#[cfg(all(test, mesh_loom))]
mod loom_models {
    use loom::{future::block_on, thread};

    use super::*;
    use crate::sync::{AtomicUsize, explore, join};

    /// Is dropped with the task that makes it.
    struct Held(Arc<AtomicUsize>);

    impl Attempt for Held {
        async fn connect(&self) -> Option<Result<(), ConnectError>> {
            None
        }

        fn failed(&self, _: &ConnectError) {}
    }

    impl Drop for Held {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn start(redial: &Arc<Redial>, rng: &Arc<SharedRng>, held: &Arc<AtomicUsize>) {
        held.fetch_add(1, Ordering::Relaxed);
        redial.start(Held(held.clone()), 1, rng);
    }

    #[test]
    fn nobody_tries_who_began_while_the_endpoint_retired() {
        let rng = Arc::new(SharedRng::new(7));
        explore(move || {
            let (redial, held) = (Arc::new(Redial::default()), Arc::default());
            redial.failed(&ConnectError::Closed);
            let (retiring, rng) = (redial.clone(), rng.clone());
            let retires = thread::spawn(move || retiring.close());
            start(&redial, &rng, &held);
            join([retires]);
            assert_eq!(held.load(Ordering::Relaxed), 0, "whoever tries");
            assert!(!redial.is_failing());
        });
    }

    #[test]
    fn an_endpoint_is_shunned_while_somebody_tries_and_no_longer() {
        let rng = Arc::new(SharedRng::new(7));
        explore(move || {
            let (redial, held) = (Arc::new(Redial::default()), Arc::default());
            redial.failed(&ConnectError::Closed);
            start(&redial, &rng, &held);
            assert!(redial.is_failing());
            let giving_up = redial.clone();
            let ends = thread::spawn(move || {
                let task = giving_up.task.lock().take();
                drop(task);
            });
            redial.failed(&ConnectError::Closed);
            start(&redial, &rng, &held);
            join([ends]);
            let tries = held.load(Ordering::Relaxed) > 0;
            assert_eq!(redial.is_failing(), tries);
        });
    }

    #[test]
    fn who_shares_the_next_failure_is_woken_by_it_and_by_the_end_of_whoever_tries() {
        let rng = Arc::new(SharedRng::new(7));
        for (what, may_connect) in [("fails", false), ("retires", true), ("ends", true)] {
            let rng = rng.clone();
            explore(move || {
                let (redial, held) = (Arc::new(Redial::default()), Arc::default());
                redial.failed(&ConnectError::Closed);
                start(&redial, &rng, &held);
                let waiting = redial.clone();
                let waiter = thread::spawn(move || block_on(waiting.settled(1, || ())).is_ok());
                match what {
                    "fails" => redial.failed(&ConnectError::Closed),
                    "retires" => redial.close(),
                    _ => {
                        let task = redial.task.lock().take();
                        drop(task);
                    }
                }
                assert_eq!(join([waiter]), [may_connect], "{what}");
            });
        }
    }
}
