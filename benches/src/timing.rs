//! How long calls take, one after the other.

use std::time::{Duration, Instant};

use crate::{
    Error,
    caller::Caller,
    figure::{self, median},
};

/// What the calls of one block took, in microseconds a call.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The middle one.
    pub p50: f64,
    /// The one that a hundredth of the calls exceed.
    pub p99: f64,
    /// The whole block by the number of its calls.
    pub mean: f64,
}

/// Makes some calls, at least one.
///
/// # Errors
/// A call fails.
///
/// # Panics
/// The block has no calls.
pub async fn block(caller: &mut Caller, calls: usize) -> Result<Block, Error> {
    let mut times = Vec::with_capacity(calls);
    let begin = now();
    for _ in 0..calls {
        let start = now();
        caller.call().await?;
        times.push(start.elapsed());
    }
    let whole = begin.elapsed();
    times.sort_unstable();
    Ok(Block {
        p50: micros(times[calls / 2]),
        p99: micros(times[calls * 99 / 100]),
        mean: micros(whole) / calls as f64,
    })
}

/// Lets callers take turns in blocks: the blocks of each turn, in the order of the callers.
///
/// # Errors
/// A call fails.
pub async fn turns(
    turns: usize,
    callers: &mut [Caller],
    calls: usize,
) -> Result<Vec<Vec<Block>>, Error> {
    let mut measured = Vec::with_capacity(turns);
    // The first turn opens what is opened lazily, and counts for nothing.
    for turn in 0..=turns {
        let mut blocks = Vec::with_capacity(callers.len());
        for caller in &mut *callers {
            blocks.push(block(caller, calls).await?);
        }
        if turn > 0 {
            measured.push(blocks);
        }
    }
    Ok(measured)
}

/// Prints the median call of the first caller, and what the others add to it: medians of what the turns' blocks say.
pub fn print_added(bench: &str, what: &str, subjects: &[&str], measured: &[Vec<Block>]) {
    for (index, subject) in subjects.iter().enumerate() {
        let of = |turn: &Vec<Block>| match index {
            0 => turn[0].p50,
            _ => turn[index].p50 - turn[0].p50,
        };
        let what = match index {
            0 => format!("{what}_p50"),
            _ => format!("{what}_added_p50"),
        };
        let micros = median(measured.iter().map(of).collect());
        figure::print(bench, subject, &what, format_args!("{micros:.2}"), "us");
    }
}

/// The time, as the machine has it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub fn now() -> Instant {
    Instant::now()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
