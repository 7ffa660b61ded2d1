//! Stand-ins that loom can explore; each promises what the original documents, and no more.

use std::{
    collections::VecDeque,
    fmt,
    ops::Deref,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use arc_swap::Guard;
use loom::{
    sync::{
        MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

/// Runs the model in every order of events in which no more than three times a thread is interrupted that could go on: enough
/// for every bug that these models were shown, and done in seconds.
pub(crate) fn explore(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(model);
}

/// Waits for all of them.
pub(crate) fn join<T, const N: usize>(threads: [JoinHandle<T>; N]) -> [T; N] {
    threads.map(|thread| thread.join().expect("a model ends with its first panic"))
}

/// A lock that does not know poison.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().expect("a model ends with its first panic")
    }
}

/// What `notify_waiters` is called for wakes whoever called `notified` before, polled or not. What `notify_one` is called for
/// wakes the one who was polled first, or is stored for the next who asks; dropped unheard, it goes to another.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    calls: AtomicUsize,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    stored: bool,
    waiting: VecDeque<(usize, Waker)>,
    called: Vec<usize>,
    tickets: usize,
}

impl Notify {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn notified(&self) -> Notified<'_> {
        Waits::on(self)
    }

    pub(crate) fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        Waits::on(self)
    }

    pub(crate) fn notify_waiters(&self) {
        let mut queue = self.queue.lock();
        self.calls.fetch_add(1, Ordering::SeqCst);
        let woken = std::mem::take(&mut queue.waiting);
        drop(queue);
        woken.into_iter().for_each(|(_, waker)| waker.wake());
    }

    pub(crate) fn notify_one(&self) {
        let mut queue = self.queue.lock();
        let Some((ticket, waker)) = queue.waiting.pop_front() else {
            queue.stored = true;
            return;
        };
        queue.called.push(ticket);
        drop(queue);
        waker.wake();
    }
}

impl Queue {
    /// Whether this one was called; he is not any more.
    fn leave(&mut self, ticket: usize) -> bool {
        let before = self.called.len();
        self.called.retain(|one| *one != ticket);
        self.waiting.retain(|(one, _)| *one != ticket);
        before > self.called.len()
    }
}

pub(crate) type Notified<'a> = Waits<&'a Notify>;
pub(crate) type OwnedNotified = Waits<Arc<Notify>>;

#[derive(Debug)]
pub(crate) struct Waits<N: Deref<Target = Notify>> {
    notify: N,
    before: usize,
    ticket: Option<usize>,
}

impl<N: Deref<Target = Notify>> Waits<N> {
    fn on(notify: N) -> Self {
        let before = notify.calls.load(Ordering::SeqCst);
        Self {
            notify,
            before,
            ticket: None,
        }
    }
}

impl<N: Deref<Target = Notify> + Unpin> Future for Waits<N> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut queue = this.notify.queue.lock();
        if this.notify.calls.load(Ordering::SeqCst) != this.before {
            return Poll::Ready(());
        }
        let called = match this.ticket.take() {
            Some(ticket) => queue.leave(ticket),
            None => std::mem::take(&mut queue.stored),
        };
        if called {
            return Poll::Ready(());
        }
        // Whoever polls again loses his turn, which is no more than what is promised.
        queue.tickets += 1;
        let ticket = queue.tickets;
        this.ticket = Some(ticket);
        queue.waiting.push_back((ticket, cx.waker().clone()));
        Poll::Pending
    }
}

impl<N: Deref<Target = Notify>> Drop for Waits<N> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let unheard = self.notify.queue.lock().leave(ticket);
        if unheard {
            self.notify.notify_one();
        }
    }
}

/// A count whose every reader sees its last value: loom takes `SeqCst` for less than it is, but for what reads and writes at
/// once.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn fetch_add(&self, one: usize, order: Ordering) -> usize {
        self.0.fetch_add(one, order)
    }

    pub(crate) fn load(&self, order: Ordering) -> usize {
        self.0.fetch_add(0, order)
    }

    pub(crate) fn fetch_sub(&self, one: usize, order: Ordering) -> usize {
        self.0.fetch_sub(one, order)
    }

    pub(crate) fn fetch_update(
        &self,
        success: Ordering,
        failure: Ordering,
        update: impl Fn(usize) -> Option<usize>,
    ) -> Result<usize, usize> {
        let mut before = self.load(failure);
        while let Some(after) = update(before) {
            match self.0.compare_exchange(before, after, success, failure) {
                Ok(before) => return Ok(before),
                Err(now) => before = now,
            }
        }
        Err(before)
    }
}

/// A task that is not polled before it is dropped.
pub(crate) struct Task(#[expect(dead_code, reason = "it is held, and that is all")] BoxFuture);

type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Task {
    pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Box::pin(task))
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}

/// A value that is read and replaced whole.
#[derive(Debug, Default)]
pub(crate) struct ArcSwap<T>(Mutex<Arc<T>>);

impl<T> ArcSwap<T> {
    pub(crate) fn load(&self) -> Guard<Arc<T>> {
        Guard::from_inner(self.load_full())
    }

    pub(crate) fn load_full(&self) -> Arc<T> {
        self.0.lock().clone()
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        let before = std::mem::replace(&mut *self.0.lock(), value);
        drop(before);
    }
}
