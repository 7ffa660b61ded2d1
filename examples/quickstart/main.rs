//! App Mesh without a sidecar, in one run: the template as users wrote it, then a canary release under traffic, and
//! what its nodes recorded.
//!
//! `cargo run -p mesh-examples --example quickstart`. Everything listens on loopback and ends with the process.

mod access_log;
mod as_written;
mod canary;
mod daemon;
mod report;
mod running;
mod services;
mod telemetry;
mod template;
mod trace;
mod traffic;

use std::{error::Error, iter, process::ExitCode};

use clap::Parser;

/// Run two services as a mesh: first by the template as users wrote it, then as a canary release under traffic, and look
/// at what its nodes recorded.
#[derive(Parser)]
#[command(name = "quickstart")]
struct Args {
    /// Keep the services of the canary release up, and print commands to try, until Ctrl-C.
    #[arg(long)]
    serve: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
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

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    println!(
        "service-a calls service-b. Both are axum servers; the mesh is a library inside them, and no sidecar runs.\n"
    );
    let as_written = as_written::run().await?;

    let release = canary::Release::start().await?;
    let mut replies = release.shift_under_traffic().await?;
    replies.extend(release.send_in_turn().await?);
    let recorded = release.show_records(&replies).await?;
    let requests = as_written + replies.len();
    if args.serve {
        release.print_commands();
        tokio::signal::ctrl_c().await?;
        println!();
    }
    release.stop().await?;
    println!(
        "ok: 0 of {requests} requests lost, every trace id seen by both services; {} X-Ray segments received, {} traces joined",
        recorded.segments, recorded.joined
    );
    Ok(())
}
