//! What a call costs with the mesh in the process, beside nothing, hyper-util's `Client`, and two Envoys.
//!
//! `cargo bench -p mesh-benches --bench sidecar [-- --quick] [--only PART] [--build] [--check]`. The parts are `latency`, `throughput` (with
//! processor time), `memory`, `allocations` and `instructions`; each has a page of its own that says how it measures. All arrangements
//! run in the same minutes, in turns, and what is printed of them is their difference from or ratio to the bare one of the same turn.
//! `--build` adds what the library weighs in a build; `--check` compares the allocations with `benches/allocations.txt`, and nothing else.
//! Envoy takes part once `benches/install-envoy.sh` has been run.

mod build;
mod instructions;
mod latency;
mod memory;
mod options;
mod throughput;

use std::process::{Command, Stdio};

use mesh_benches::{
    Error,
    arrangement::{Arrangement, Subject},
    envoy, figure,
    sink::Sink,
};

use self::options::{Options, Part};

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [mode, subject, calls] if mode == instructions::CHILD => {
            instructions::child(subject.parse()?, calls.parse()?)
        }
        [mode, subject, calls] if mode == memory::CHILD => {
            memory::child(subject.parse()?, calls.parse()?)
        }
        _ => measure(&Options::parse(arguments)?),
    }
}

fn measure(options: &Options) -> Result<(), Error> {
    figure::print_machine();
    let subjects = match envoy::available()? {
        true => Subject::ALL.to_vec(),
        false => Subject::ALL[..4].to_vec(),
    };
    if subjects.contains(&Subject::Envoy) {
        println!("peer: envoy = {}", envoy::version());
    }
    for part in options.parts() {
        match part {
            Part::Latency => latency::measure(&subjects, options.quick)?,
            Part::Throughput => throughput::measure(&subjects, options.quick)?,
            Part::Memory => memory::measure(&subjects, options.quick)?,
            Part::Allocations => allocations(options)?,
            Part::Instructions => instructions::measure(options.quick)?,
            Part::Build => build::measure()?,
        }
    }
    Ok(())
}

/// Allocations are counted by a program of their own: the allocator that counts them would slow everything else here.
fn allocations(options: &Options) -> Result<(), Error> {
    let output = Command::new(env!("CARGO_BIN_EXE_allocations"))
        .args(&options.table)
        .stdout(Stdio::inherit())
        .stderr(Stdio::piped())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said
        .lines()
        .filter(|line| !line.starts_with("dhat: "))
        .collect();
    match output.status.success() {
        true => Ok(()),
        false => Err(said.join("\n").into()),
    }
}

/// All arrangements, started side by side; their traces are read by the one sink.
async fn start(subjects: &[Subject], sink: &Sink) -> Result<Vec<Arrangement>, Error> {
    let mut started = Vec::new();
    for subject in subjects {
        started.push(Arrangement::start(*subject, sink.addr()).await?);
    }
    Ok(started)
}
