//! What it costs that a request which succeeds could have been tried again: `RetryLayer` beside tower's `Retry`.
//!
//! `cargo bench -p mesh-benches --bench retry [-- --quick]`. Operations take turns in blocks; `mesh_benches::retry` says what they are.
//! What a layer adds is the median difference from the bare call of the same turn, and `beyond_clone` what is left of that without
//! the copy of the head that every retry needs. The mesh's own retry room is in `--bench stack`, as `retry_policy`.

use mesh_benches::{
    Error, counts,
    figure::{self, median},
    operation, retry,
};

fn main() -> Result<(), Error> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let blocks = if quick { 300 } else { 5_000 };
    figure::print_machine();
    figure::print_peers(&["tower"])?;
    println!(
        "retry: {blocks} turns of {} calls, one thread",
        operation::RUNS
    );
    let mut operations = retry::operations();
    let measured = operation::turns(blocks, &mut operations);
    let of = |index: usize, less: usize| {
        median(
            measured
                .iter()
                .map(|turn| turn[index] - turn[less])
                .collect(),
        )
    };
    let call = median(measured.iter().map(|turn| turn[BARE]).collect());
    print("bare", "call", call);
    for (index, operation) in operations.iter().enumerate().skip(1) {
        print(operation.subject, &operation.what, of(index, BARE));
        if operation.what == "policy" {
            print(operation.subject, "policy_beyond_clone", of(index, CLONE));
        }
    }
    counts::print(env!("CARGO_BIN_EXE_counts"), "retry")
}

fn print(subject: &str, what: &str, nanoseconds: f64) {
    figure::print("retry", subject, what, format!("{nanoseconds:.1}"), "ns");
}

/// The positions of the two that others are compared with.
const BARE: usize = 0;
const CLONE: usize = 1;
