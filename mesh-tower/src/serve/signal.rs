//! The signals that ask a process to end.

use std::{future::pending, io};

use tokio::signal;

/// Resolves with SIGTERM or Ctrl-C. Their handlers stay installed: Tokio does not restore the process's own.
pub(crate) async fn terminated() {
    tokio::select! {
        () = installed(interrupt()) => {}
        () = installed(terminate()) => {}
    }
}

/// A signal that cannot be listened to never comes.
async fn installed(signal: impl Future<Output = io::Result<()>>) {
    if let Err(error) = signal.await {
        tracing::warn!(%error, "cannot listen to a signal; the process will not drain by it");
        pending::<()>().await;
    }
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
    pending().await
}
