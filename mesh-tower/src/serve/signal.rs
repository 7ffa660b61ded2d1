//! The signals that ask a process to end.

use std::{io, time::Duration};

use futures::{Stream, StreamExt as _, stream};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// An item for each SIGTERM and Ctrl-C: how long it leaves for being heard. Who presses keys is not kept waiting; a
/// supervisor has told others, or is about to. The handlers stay installed: Tokio does not restore the process's own.
pub(crate) fn terminations(heard: Duration) -> impl Stream<Item = Duration> + Send {
    // Begun by the first look: a handler that is installed stays.
    stream::once(async move { stream::select(interrupts(), terminates(heard)) }).flatten()
}

/// Also one that comes while nobody looks: who listens is made once, for a listener sees only what comes after it was made.
#[cfg(unix)]
fn asks(kind: SignalKind, window: Duration) -> impl Stream<Item = Duration> + Send {
    let listener = signal(kind).inspect_err(never_comes).ok();
    stream::unfold(listener, move |listener: Option<Signal>| async move {
        let mut listener = listener?;
        listener.recv().await?;
        Some((window, Some(listener)))
    })
}

#[cfg(unix)]
fn interrupts() -> impl Stream<Item = Duration> + Send {
    asks(SignalKind::interrupt(), Duration::ZERO)
}

#[cfg(unix)]
fn terminates(heard: Duration) -> impl Stream<Item = Duration> + Send {
    asks(SignalKind::terminate(), heard)
}

#[cfg(not(unix))]
fn interrupts() -> impl Stream<Item = Duration> + Send {
    stream::unfold((), |()| async {
        let heard = tokio::signal::ctrl_c().await;
        heard.inspect_err(never_comes).ok()?;
        Some((Duration::ZERO, ()))
    })
}

#[cfg(not(unix))]
fn terminates(_heard: Duration) -> impl Stream<Item = Duration> + Send {
    stream::pending()
}

fn never_comes(error: &io::Error) {
    tracing::warn!(%error, "cannot listen to a signal; the process will not drain by it");
}

#[cfg(all(test, unix))]
mod tests {
    use std::{pin::pin, process::Command};

    use futures::FutureExt as _;
    use tokio::time;

    use super::*;

    fn terminate() {
        let this = std::process::id().to_string();
        let kill = Command::new("kill").args(["-TERM", &this]).status();
        assert!(kill.expect("kill is here").success());
    }

    #[tokio::test]
    async fn a_signal_that_comes_while_nobody_looks_is_not_lost() {
        let heard = Duration::from_secs(5);
        let mut terminations = pin!(terminations(heard));
        // From here on, signals do not end this process.
        assert_eq!(terminations.next().now_or_never(), None);
        for _ in 0..2 {
            terminate();
            // For the signal to reach the runtime; nobody looks meanwhile.
            time::sleep(Duration::from_millis(100)).await;
            let signal = time::timeout(Duration::from_secs(10), terminations.next()).await;
            assert_eq!(signal.expect("it is not lost"), Some(heard));
        }
    }
}
