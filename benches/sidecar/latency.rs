//! The time that a call gains, over one connection that is kept open.
//!
//! Caller and called service run on one thread, in one runtime: then a call is the work it takes, and not the luck of waking a thread
//! on another core. What Envoy does happens in its own processes, as it would. The arrangements take turns in blocks; a block's median
//! (and 99th percentile) is compared with that of the bare block of the same turn, and the figure is the median of these differences.
//! Work that is done later, such as rendering a log, takes no part in a median; it does in the mean, which is why that stands beside it.

use mesh_benches::{
    Error,
    arrangement::Subject,
    figure::{self, median},
    sink::Sink,
    timing::{self, Block},
};

/// Measures and prints.
pub(crate) fn measure(subjects: &[Subject], quick: bool) -> Result<(), Error> {
    let turns = if quick { 10 } else { 60 };
    println!("latency: {turns} turns of {CALLS} calls, one connection, one thread");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let turns = runtime.block_on(run(subjects, turns))?;
    for (index, subject) in subjects.iter().enumerate() {
        report(*subject, &turns, index);
    }
    Ok(())
}

async fn run(subjects: &[Subject], turns: usize) -> Result<Vec<Vec<Block>>, Error> {
    let sink = Sink::start()?;
    let arrangements = crate::start(subjects, &sink).await?;
    let mut callers = Vec::new();
    for arrangement in &arrangements {
        callers.push(arrangement.caller().await?);
    }
    timing::turns(turns, &mut callers, CALLS).await
}

fn report(subject: Subject, turns: &[Vec<Block>], index: usize) {
    for (what, of) in [
        ("p50", (|block| block.p50) as fn(&Block) -> f64),
        ("p99", |block| block.p99),
        ("mean", |block| block.mean),
    ] {
        if subject == Subject::Bare {
            let times = turns.iter().map(|turn| of(&turn[0])).collect();
            print(subject, what, median(times));
        } else {
            let gained = turns.iter().map(|turn| of(&turn[index]) - of(&turn[0]));
            print(subject, &format!("added_{what}"), median(gained.collect()));
        }
    }
}

fn print(subject: Subject, what: &str, micros: f64) {
    figure::print("sidecar", subject, what, format_args!("{micros:.2}"), "us");
}

const CALLS: usize = 1_000;
