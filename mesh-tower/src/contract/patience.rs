//! An end for tests of what does not come to rest.

use std::{sync::mpsc, thread, time::Duration};

use tokio::sync::oneshot;

/// Runs a test, and fails it where it would never end: what wakes itself keeps the paused clock from moving, and what is never
/// woken waits for ever.
pub(super) async fn within_reason(test: impl Future<Output = ()>) {
    let (over, watched) = mpsc::channel::<()>();
    let (give_up, given_up) = oneshot::channel();
    thread::spawn(move || {
        if watched.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _ = give_up.send(());
        }
    });
    tokio::select! {
        () = test => drop(over),
        _ = given_up => panic!("it does not come to rest: it wakes itself without end, or nothing wakes it"),
    }
}

/// Of real time; a test takes some milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);
