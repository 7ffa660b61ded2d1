//! A task that ends with whoever holds it.

use std::future::Future;

use tokio_util::task::AbortOnDropHandle;

/// Runs until it is done or dropped.
#[derive(Debug)]
pub(crate) struct Task(
    #[expect(dead_code, reason = "it is held, and that is all")] AbortOnDropHandle<()>,
);

impl Task {
    pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(AbortOnDropHandle::new(tokio::spawn(task)))
    }
}
