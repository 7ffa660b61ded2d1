//! Which endpoint takes an attempt: the mesh's choice beside tower's `Balance`, and a whole call beside tonic's `balance_list`.
//!
//! `cargo bench -p mesh-benches --bench pick [-- --quick]`. Operations take turns in blocks, and a figure is the median of its blocks;
//! `mesh_benches::pick` says what one is. tonic's choice is made by a task behind a queue, where it cannot be had alone: a whole call over
//! HTTP/2 on loopback stands for it, beside one of the mesh and of a bare connection; `added` is what comes on top of that one.

use mesh_benches::{
    Error, clients, counts,
    figure::{self, median},
    operation, pick, timing,
};

fn main() -> Result<(), Error> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (blocks, turns) = if quick { (100, 10) } else { (2_000, 100) };
    figure::print_machine();
    figure::print_peers(&["tower", "tonic"])?;
    println!(
        "pick: {blocks} turns of {} picks, {turns} of {CALLS} calls, one thread",
        operation::RUNS
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    picks(runtime.block_on(pick::operations())?, blocks);
    for endpoints in pick::CALLED {
        runtime.block_on(calls(endpoints, turns))?;
    }
    counts::print(env!("CARGO_BIN_EXE_counts"), "pick")
}

fn picks(mut operations: Vec<operation::Operation>, blocks: usize) {
    let measured = operation::turns(blocks, &mut operations);
    for (index, operation) in operations.iter().enumerate() {
        let taken = median(measured.iter().map(|turn| turn[index]).collect());
        let taken = format!("{taken:.1}");
        figure::print("pick", operation.subject, &operation.what, taken, "ns");
    }
}

async fn calls(endpoints: usize, turns: usize) -> Result<(), Error> {
    let (subjects, mut callers): (Vec<_>, Vec<_>) =
        clients::balanced(endpoints).await?.into_iter().unzip();
    let measured = timing::turns(turns, &mut callers, CALLS).await?;
    timing::print_added("pick", &format!("call_{endpoints}"), &subjects, &measured);
    Ok(())
}

const CALLS: usize = 500;
