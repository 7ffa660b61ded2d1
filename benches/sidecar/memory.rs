//! Resident memory after many requests: `VmRSS` of a process that holds one arrangement and nothing else.
//!
//! Each arrangement runs in a process of its own, with both services in it and 16 callers at once, so what the mesh adds is that of
//! both ends. To Envoy's side belong both Envoys.

use std::{env, process::Command};

use mesh_benches::{
    Error,
    arrangement::{Arrangement, Subject},
    caller::Caller,
    figure,
    sink::Sink,
};

/// The argument that makes this program one that is looked at.
pub(crate) const CHILD: &str = "--resident";

/// Measures and prints.
pub(crate) fn measure(subjects: &[Subject], quick: bool) -> Result<(), Error> {
    let calls = if quick { 10_000 } else { 100_000 };
    println!("memory: after {calls} requests, 16 connections, a process for each arrangement");
    let mut bare = 0.0;
    for subject in subjects {
        let resident = resident(*subject, calls)?;
        let print = |what, megabytes: f64| {
            let megabytes = format!("{megabytes:.2}");
            figure::print("sidecar", subject, what, megabytes, "MB");
        };
        match subject {
            Subject::Bare => {
                bare = resident;
                print("resident", resident);
            }
            _ => print("added_resident", resident - bare),
        }
    }
    Ok(())
}

fn resident(subject: Subject, calls: usize) -> Result<f64, Error> {
    let output = Command::new(env::current_exe()?)
        .args([CHILD, &subject.to_string(), &calls.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().map_err(|_| {
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("{subject} could not be looked at: {said}{errors}").into()
    })
}

/// Makes the calls and prints the resident memory.
pub(crate) fn child(subject: Subject, calls: usize) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let sink = Sink::start()?;
        let arrangement = Arrangement::start(subject, sink.addr()).await?;
        let mut calling = Vec::new();
        for _ in 0..CALLERS {
            calling.push(tokio::spawn(call(
                arrangement.caller().await?,
                calls / CALLERS,
            )));
        }
        for calls in calling {
            calls.await??;
        }
        println!("{}", arrangement.resident()?);
        Ok(())
    })
}

async fn call(mut caller: Caller, calls: usize) -> Result<(), Error> {
    for _ in 0..calls {
        caller.call().await?;
    }
    Ok(())
}

const CALLERS: usize = 16;
