//! A deploy under traffic: four endpoints in processes of their own are replaced one after the other, twice, while they are
//! called in four protocols; by drain, and by crash. What users would have instead of the mesh meets the same deploy.
//!
//! `cargo run --release -p mesh-examples --example rolling_deploy`. Everything listens on loopback and ends with the process.

mod peers;
mod report;
mod scenes;

use std::{iter, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use mesh_examples::{Error, endpoint, fleet::Way};

use self::scenes::Load;

/// Replace four endpoints twice under traffic in four protocols, and count what is lost: by the mesh, by tonic's channels and
/// by reqwest, in the same run.
#[derive(Parser)]
#[command(name = "rolling_deploy")]
struct Args {
    /// Calls a second in each protocol, of the mesh and of each that it is compared with.
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// How long the scenes with a slow endpoint take; a deploy takes as long as it takes.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The same in less than a minute: some 500 calls a second of the mesh in all protocols together, fewer of those that it is
    /// compared with, and 3 s with a slow endpoint.
    #[arg(long)]
    quick: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Be an endpoint: what the example starts. Serves until SIGTERM, or until nobody holds its input open.
    #[command(hide = true)]
    Serve {
        /// How long each answer takes, in milliseconds.
        work: u64,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.role {
        Some(Role::Serve { work }) => endpoint::serve(Duration::from_millis(work)).await,
        None => run(&args).await,
    };
    match done {
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

async fn run(args: &Args) -> Result<(), Error> {
    let load = match args.quick {
        true => Load {
            rate: 160,
            peers: 25,
            seconds: Duration::from_secs(3),
        },
        false => Load {
            rate: args.rate,
            peers: args.rate,
            seconds: Duration::from_secs(args.seconds),
        },
    };
    println!(
        "Four endpoints, each with HTTP/1.1, HTTP/2 and gRPC, are replaced one after the other, twice, while the mesh makes {} calls\n\
         a second in each of four protocols, and each that it is compared with makes {}. Those lose what they lose as they come:\n\
         without retries of the application's own.",
        load.rate, load.peers
    );
    let drained = scenes::deploy(Way::Drain, load).await?;
    report::deploy("drain", &drained);
    let crashed = scenes::deploy(Way::Crash, load).await?;
    report::deploy("crash", &crashed);
    let slowed = scenes::one_slow(load).await?;
    report::one_slow(&slowed);

    let calls = drained.of_mesh().calls() + crashed.of_mesh().calls();
    let lost = drained.of_mesh().lost() + crashed.of_mesh().lost();
    let connections = drained.connections.min(crashed.connections);
    if connections < 8 {
        return Err(format!(
            "the calls came over {connections} connections, fewer than 8: give a higher --rate"
        )
        .into());
    }
    let rate = drained.rate().min(crashed.rate());
    if rate < 500.0 && !args.quick {
        return Err(format!(
            "{rate:.0} calls were made in a second, fewer than 500: give a higher --rate, or a machine with less to do"
        )
        .into());
    }
    if lost > 0 {
        return Err(format!("the mesh lost {lost} of {calls} calls: the reasons stand above; report them with this output").into());
    }
    println!(
        "ok: the mesh lost 0 of {calls} calls at {rate:.0} a second over at least {connections} connections, while {} endpoints were drained and {} crashed",
        drained.replaced, crashed.replaced
    );
    Ok(())
}
