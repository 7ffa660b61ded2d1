//! Instructions per call: this program under callgrind, with some calls and with three times as many.
//!
//! One thread and a connection inside the process, so that two runs agree to within a few instructions. The difference of the two
//! counts has no start in it. Callgrind counts a `rep movsb` once for each byte, so long copies weigh more here than they take.

use std::{env, process::Command};

use mesh_benches::{
    Error,
    arrangement::{self, Subject},
    figure,
    sink::Sink,
};

/// The argument that makes this program the one that is counted.
pub(crate) const CHILD: &str = "--counted";

/// Measures and prints.
pub(crate) fn measure(quick: bool) -> Result<(), Error> {
    if figure::first_line("valgrind", &["--version"]) == "unknown" {
        return figure::skipped("valgrind", "apt-get install valgrind");
    }
    let calls = if quick { 300 } else { 3_000 };
    println!("instructions: of {calls} calls and of three times as many, in memory, one thread");
    for subject in Subject::OURS {
        let per_call =
            (counted(subject, 3 * calls)? - counted(subject, calls)?) / (2.0 * f64::from(calls));
        let per_call = format!("{per_call:.0}");
        figure::print("sidecar", subject, "instructions", per_call, "per call");
    }
    Ok(())
}

fn counted(subject: Subject, calls: u32) -> Result<f64, Error> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args([CHILD, &subject.to_string(), &calls.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .filter(|_| output.status.success())
        .ok_or_else(|| format!("{subject} could not be counted: {said}"))?;
    Ok(collected.1.trim().parse()?)
}

/// Makes some calls; what callgrind watches.
pub(crate) fn child(subject: Subject, calls: u32) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let sink = Sink::start()?;
        let (mut caller, _mesh) = arrangement::in_memory(subject, sink.addr()).await?;
        for _ in 0..calls {
            caller.call().await?;
        }
        Ok(())
    })
}
