//! The signals that ask a process to end.

use std::{io, time::Duration};

use futures::{Stream, stream};
use tokio::signal;

/// An item for each SIGTERM and Ctrl-C: how long it leaves for being heard. Who presses keys is not kept waiting; a
/// supervisor has told others, or is about to. The handlers stay installed: Tokio does not restore the process's own.
pub(crate) fn terminations(heard: Duration) -> impl Stream<Item = Duration> + Send {
    let interrupts = asks(interrupt, Duration::ZERO);
    let terminates = asks(terminate, heard);
    stream::select(interrupts, terminates)
}

/// A signal that cannot be listened to never comes.
fn asks<F>(
    signal: impl Fn() -> F + Copy + Send,
    window: Duration,
) -> impl Stream<Item = Duration> + Send
where
    F: Future<Output = io::Result<()>> + Send,
{
    let heard = move |()| async move {
        match signal().await {
            Ok(()) => Some((window, ())),
            Err(error) => {
                tracing::warn!(%error, "cannot listen to a signal; the process will not drain by it");
                None
            }
        }
    };
    Box::pin(stream::unfold((), heard))
}

async fn interrupt() -> io::Result<()> {
    signal::ctrl_c().await
}

#[cfg(unix)]
async fn terminate() -> io::Result<()> {
    signal::unix::signal(signal::unix::SignalKind::terminate())?
        .recv()
        .await;
    Ok(())
}

#[cfg(not(unix))]
async fn terminate() -> io::Result<()> {
    std::future::pending().await
}
