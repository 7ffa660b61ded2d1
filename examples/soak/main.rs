//! Requests by the hundred thousand over real sockets, while everything goes wrong that can: and each of them is accounted for.
//!
//! `cargo run --release -p mesh-examples --example soak -- --requests 1000000 --seed 7`. Callers leave, stop reading and send more
//! than is read; endpoints refuse, stall, break off, drain and crash; the configuration changes every second.

mod caller;
mod endpoints;
mod fate;
mod ledger;
mod policy;
mod resources;
mod run;

use std::{iter, process::ExitCode, time::Duration};

use clap::Parser;
use mesh_examples::Error;

use self::{
    ledger::{End, Sum},
    run::Ran,
};

/// Make many requests of all protocols under random faults, reloads and endpoint churn, and account for each of them: by its
/// caller, by the metrics and by the access log. Afterwards nothing may be left: requests, tasks, sockets, memory.
#[derive(Parser)]
#[command(name = "soak")]
struct Args {
    /// How many requests.
    #[arg(long, default_value_t = 20_000)]
    requests: u64,
    /// What chance follows from.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How many requests are made at a time.
    #[arg(long, default_value_t = 64)]
    callers: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    match soak(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            for cause in iter::successors(error.source(), |&cause| cause.source()) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn soak(args: &Args) -> Result<(), Error> {
    println!(
        "{} requests, {} at a time, in four protocols; seed {}\n",
        args.requests, args.callers, args.seed
    );
    let ran = run::run(args).await?;
    report(args, &ran);
    let wrong = wrong(args, &ran);
    if !wrong.is_empty() {
        return Err(format!(
            "{}; run it again with --seed {}",
            wrong.join("; "),
            args.seed
        )
        .into());
    }
    println!(
        "ok: {} requests, each accounted for once by its caller, the metrics and the access log; nothing is left of them",
        args.requests
    );
    Ok(())
}

fn report(args: &Args, ran: &Ran) {
    let Ran { sum, memory, .. } = ran;
    println!("how requests ended for their callers:");
    for (end, count) in &sum.ends {
        println!("  {:<9} {count:>9}", end.name());
    }
    println!("what the access log and the metrics say of them:");
    for (class, lines) in &sum.classes {
        let metered = ran.metered.get(class).copied().unwrap_or_default();
        println!("  {class:<9} {lines:>9} {metered:>9}");
    }
    println!(
        "meanwhile: {} reloads, {} endpoints drained, {} crashed, {} retries\n",
        ran.reloads, ran.drained, ran.crashed, ran.retries
    );
    let seconds = ran.took.as_secs_f64();
    let figure = |what: &str, number: String, unit: &str| {
        println!("figure: soak/mesh/{what} = {number} {unit}");
    };
    figure("requests", args.requests.to_string(), "requests");
    figure("time", format!("{seconds:.1}"), "s");
    figure(
        "rate",
        format!("{:.0}", args.requests as f64 / seconds),
        "requests/s",
    );
    figure(
        "served",
        format!("{:.2}", served(sum) * 100.0),
        "% of what could be",
    );
    figure("reloads", ran.reloads.to_string(), "reloads");
    figure("endpoints_drained", ran.drained.to_string(), "endpoints");
    figure("endpoints_crashed", ran.crashed.to_string(), "endpoints");
    figure("retries", ran.retries.to_string(), "retries");
    figure("in_flight_left", ran.in_flight.to_string(), "requests");
    figure("tasks_left", ran.left.tasks.to_string(), "tasks");
    figure("sockets_left", ran.left.sockets.to_string(), "sockets");
    for (share, memory) in [10, 50, 100].into_iter().zip(memory) {
        figure(
            &format!("memory_at_{share}_percent"),
            format!("{memory:.1}"),
            "MB",
        );
    }
    figure("memory_growth", format!("{:.2}", growth(ran)), "x");
}

/// What does not come out even, in sentences.
fn wrong(args: &Args, ran: &Ran) -> Vec<String> {
    let sum = &ran.sum;
    let mut wrong: Vec<_> = none_of(args, ran)
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if ran.dropped == 0 && sum.classes != ran.metered {
        wrong.push("the access log and the metrics tell of other statuses".to_owned());
    }
    if served(sum) < LEAST_SERVED {
        wrong.push(format!(
            "{:.1} % of the requests that nothing befell were served",
            served(sum) * 100.0
        ));
    }
    let events = [
        ran.reloads,
        ran.drained as u64,
        ran.crashed as u64,
        ran.retries,
    ];
    if ran.took > LONG && events.contains(&0) {
        wrong.push("not everything went wrong that was to".to_owned());
    }
    if growth(ran) > MOST_GROWTH {
        wrong.push(format!(
            "memory grew to {:.2} of what it was after half of the requests",
            growth(ran)
        ));
    }
    wrong
}

/// What there may be none of.
fn none_of(args: &Args, ran: &Ran) -> Vec<(u64, &'static str)> {
    let Ran { sum, .. } = ran;
    let hung = sum.ends.get(&End::Hung).copied().unwrap_or_default();
    let metered: u64 = ran.metered.values().sum();
    vec![
        (sum.open, "requests have not ended for their callers"),
        (sum.twice, "requests ended twice for their callers"),
        (hung, "requests hung"),
        (sum.impossible, "requests got an answer that nobody gave"),
        (
            sum.unlogged.saturating_sub(ran.dropped),
            "requests have no line in the access log",
        ),
        (
            sum.logged_twice,
            "requests have two lines in the access log",
        ),
        (
            sum.contradicted,
            "lines tell another status than the caller saw",
        ),
        (
            metered.abs_diff(args.requests),
            "requests more or fewer are in the metrics",
        ),
        (
            ran.in_flight as u64,
            "requests are still counted as in flight",
        ),
        (ran.left.tasks as u64, "tasks are left"),
        (ran.left.sockets as u64, "sockets are left"),
    ]
}

/// Which share of those requests got a good answer that could.
fn served(sum: &Sum) -> f64 {
    sum.served as f64 / sum.sound.max(1) as f64
}

/// How much larger the process is at the end than at half of it, when pools and rings have long been full.
fn growth(ran: &Ran) -> f64 {
    let [_, half, late] = ran.memory;
    late / half
}

/// The others met an endpoint that crashed, or a listener that had all it takes.
const LEAST_SERVED: f64 = 0.8;
/// By then each thing has happened that happens now and then.
const LONG: Duration = Duration::from_secs(4);
/// What the allocator's own reserves still come to.
const MOST_GROWTH: f64 = 1.25;
