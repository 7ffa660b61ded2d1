//! Requests per second, and the processor time they take, with 16 callers at once.
//!
//! The callers and the called service share a runtime with two threads; the bare callers, and those of Envoy, have a connection each,
//! hyper-util's `Client` and the mesh's are shared by all. Throughput is the median of the ratios to the bare block of the same turn.
//! The processor time is that of all processes together, the Envoys' and the reader of the traces included.

use mesh_benches::{
    Error,
    arrangement::{Arrangement, Subject},
    caller::Caller,
    figure::{self, median},
    sink::Sink,
    timing::now,
};

/// Measures and prints.
pub(crate) fn measure(subjects: &[Subject], quick: bool) -> Result<(), Error> {
    let turns = if quick { 5 } else { 25 };
    println!(
        "throughput: {turns} turns of {} calls, {CALLERS} connections, two threads",
        CALLERS * CALLS
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let turns = runtime.block_on(async {
        let sink = Sink::start()?;
        let arrangements = crate::start(subjects, &sink).await?;
        for arrangement in &arrangements {
            block(arrangement).await?;
        }
        let mut measured = Vec::with_capacity(turns);
        for _ in 0..turns {
            let mut turn = Vec::with_capacity(arrangements.len());
            for arrangement in &arrangements {
                turn.push(block(arrangement).await?);
            }
            measured.push(turn);
        }
        Ok::<_, Error>(measured)
    })?;
    for (index, subject) in subjects.iter().enumerate() {
        report(*subject, &turns, index);
    }
    Ok(())
}

/// What one block of calls came to.
struct Block {
    per_second: f64,
    cpu_seconds: f64,
}

async fn block(arrangement: &Arrangement) -> Result<Block, Error> {
    let mut callers = Vec::with_capacity(CALLERS);
    for _ in 0..CALLERS {
        callers.push(arrangement.caller().await?);
    }
    let (start, cpu) = (now(), arrangement.cpu_seconds()?);
    let calling: Vec<_> = callers
        .into_iter()
        .map(|caller| tokio::spawn(calls(caller)))
        .collect();
    for calls in calling {
        calls.await??;
    }
    let total = (CALLERS * CALLS) as f64;
    Ok(Block {
        per_second: total / start.elapsed().as_secs_f64(),
        cpu_seconds: (arrangement.cpu_seconds()? - cpu) / total * 10_000.0,
    })
}

async fn calls(mut caller: Caller) -> Result<(), Error> {
    for _ in 0..CALLS {
        caller.call().await?;
    }
    Ok(())
}

fn report(subject: Subject, turns: &[Vec<Block>], index: usize) {
    let per_second = turns.iter().map(|turn| turn[index].per_second).collect();
    let per_second = format!("{:.0}", median(per_second));
    figure::print("sidecar", subject, "throughput", per_second, "requests/s");
    let ratios = turns
        .iter()
        .map(|turn| turn[index].per_second / turn[0].per_second);
    let ratio = format!("{:.3}", median(ratios.collect()));
    figure::print("sidecar", subject, "throughput_ratio", ratio, "of bare");
    let cpu = turns
        .iter()
        .map(|turn| turn[index].cpu_seconds)
        .sum::<f64>()
        / turns.len() as f64;
    let cpu = format!("{cpu:.3}");
    figure::print("sidecar", subject, "cpu", cpu, "s per 10,000 requests");
}

const CALLERS: usize = 16;
const CALLS: usize = 500;
