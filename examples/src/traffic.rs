//! Calls at a steady rate, whether or not those before them have been answered.

use std::{future::Future, pin::pin, time::Duration};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{self, Instant, MissedTickBehavior},
};

use crate::tally::Tally;

/// What a call gives: the connection that its answer came over, or why there was no right one.
pub type Outcome = Result<String, String>;

/// Makes calls until a future resolves, and waits for the last of them.
///
/// Latencies are counted from when a call was made, not from when it was due: on a machine with too much to do they would tell
/// how busy that is. A call without an answer after [`PATIENCE`] has failed. Where as many calls are open as are due in half a
/// second, the next one waits: a machine that cannot keep up shall be slower, not drown in a backlog.
///
/// # Units
/// `rate` in calls a second.
pub async fn drive<F>(rate: u32, until: impl Future<Output = ()>, call: impl Fn(u64) -> F) -> Tally
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let mut tally = Tally::default();
    let mut due = time::interval(Duration::from_secs(1) / rate.max(1));
    // What was due while the machine was busy is made up for, up to a point: the rate is a promise.
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut running, mut until) = (JoinSet::new(), pin!(until));
    let most = rate.div_ceil(2) as usize;
    for number in 0.. {
        tokio::select! {
            biased;
            () = &mut until => break,
            _ = due.tick(), if running.len() < most => {}
            Some(ended) = running.join_next(), if running.len() >= most => {
                count(&mut tally, ended);
                continue;
            }
        }
        running.spawn(timed(call(number)));
        while let Some(ended) = running.try_join_next() {
            count(&mut tally, ended);
        }
    }
    while let Some(ended) = running.join_next().await {
        count(&mut tally, ended);
    }
    tally
}

/// Resolves when whoever could say something is gone: one end for many drives.
pub async fn ended(mut over: watch::Receiver<()>) {
    while over.changed().await.is_ok() {}
}

type Ended = (Outcome, Duration);

async fn timed(call: impl Future<Output = Outcome>) -> Ended {
    let begun = Instant::now();
    let outcome = match time::timeout(PATIENCE, call).await {
        Ok(outcome) => outcome,
        Err(_) => Err(format!("no answer after {} s", PATIENCE.as_secs())),
    };
    (outcome, begun.elapsed())
}

fn count(tally: &mut Tally, ended: Result<Ended, tokio::task::JoinError>) {
    match ended {
        Ok((Ok(connection), took)) => tally.answered(connection, took),
        Ok((Err(why), _)) => tally.failed(&why),
        Err(panicked) => tally.failed(&panicked.to_string()),
    }
}

/// How long a call may take before it counts as lost.
pub const PATIENCE: Duration = Duration::from_secs(20);
