//! Requests that wait for a connection each, and the connects that are under way for them.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::sync::oneshot;

use super::idle::{Exclusive, Idle};
use crate::{error::ConnectError, sync::Mutex};

/// Requests that wait, first come, first served. There is a connect under way for each; that of a request that has gone is
/// the next one's, and what comes when nobody waits any more lies idle.
#[derive(Debug)]
pub(super) struct Queue<C: Exclusive + Send + 'static> {
    state: Mutex<State<C>>,
    idle: Arc<Idle<C>>,
}

#[derive(Debug)]
struct State<C> {
    waiting: VecDeque<oneshot::Sender<Made<C>>>,
    dialling: usize,
}

type Made<C> = Result<C, ConnectError>;

impl<C: Exclusive + Send + 'static> Queue<C> {
    pub(super) fn new(idle: &Arc<Idle<C>>) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            dialling: 0,
        };
        Self {
            state: Mutex::new(state),
            idle: idle.clone(),
        }
    }

    /// A place in the queue, and a connect to be made, if fewer are under way than requests wait.
    pub(super) fn join(self: &Arc<Self>) -> (Place<C>, Option<Dialling<C>>) {
        let (made, comes) = oneshot::channel();
        let mut state = self.state.lock();
        state.waiting.retain(|waiting| !waiting.is_closed());
        state.waiting.push_back(made);
        let is_missing = state.dialling < state.waiting.len();
        state.dialling += usize::from(is_missing);
        drop(state);
        let place = Place {
            queue: self.clone(),
            comes,
        };
        (place, is_missing.then(|| Dialling(Some(self.clone()))))
    }

    /// Gives it to who waits longest.
    fn serve(&self, mut made: Made<C>) {
        while let Some(first) = self.next() {
            match first.send(made) {
                Ok(()) => return,
                Err(back) => made = back,
            }
        }
        if let Ok(connection) = made {
            self.idle.keep(connection);
        }
    }

    fn next(&self) -> Option<oneshot::Sender<Made<C>>> {
        self.state.lock().waiting.pop_front()
    }
}

/// A place in the queue, given up when dropped. Nothing comes of it where nobody connects for others any more.
#[derive(Debug)]
pub(super) struct Place<C: Exclusive + Send + 'static> {
    queue: Arc<Queue<C>>,
    comes: oneshot::Receiver<Made<C>>,
}

impl<C: Exclusive + Send + 'static> Future for Place<C> {
    type Output = Option<Made<C>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.comes).poll(cx)).ok())
    }
}

impl<C: Exclusive + Send + 'static> Drop for Place<C> {
    fn drop(&mut self) {
        self.comes.close();
        if let Ok(Ok(connection)) = self.comes.try_recv() {
            self.queue.serve(Ok(connection));
        }
    }
}

/// A connect under way.
#[derive(Debug)]
pub(super) struct Dialling<C: Exclusive + Send + 'static>(Option<Arc<Queue<C>>>);

impl<C: Exclusive + Send + 'static> Dialling<C> {
    pub(super) fn ended(mut self, made: Made<C>) {
        if let Some(queue) = self.0.take() {
            queue.state.lock().dialling -= 1;
            queue.serve(made);
        }
    }
}

impl<C: Exclusive + Send + 'static> Drop for Dialling<C> {
    /// It was cut short: by the endpoint's leaving, or by its runtime's end. Who waits for it hears that nobody connects.
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.state.lock().dialling -= 1;
            drop(queue.next());
        }
    }
}
