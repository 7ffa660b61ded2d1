//! A fleet's policy, tried before its deploy: the template as it is, its services as closures, and minutes of traffic in less
//! than a second.
//!
//! `cargo run -p mesh-examples --example fleet_policy`. Nothing listens anywhere: network and clock are simulated.

use std::{error::Error, future::pending, time::Duration};

use clap::Parser;
use http::{Request, Response, StatusCode, Uri};
use mesh_core::{Config, fault::Share};
use mesh_tower::{
    Body, load, load_with,
    test_util::{Link, Simulation, SimulationBuilder, Tally},
};

/// Try what a template's route policy makes of a canary that is well, fails, hangs or is far away, and of a deploy.
#[derive(Parser)]
#[command(name = "fleet_policy")]
struct Args {
    /// What chance follows from: the same seed, the same events.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Print what happened in the first moments of the canary that fails.
    #[arg(long)]
    events: bool,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

// What `#[tokio::test(start_paused = true)]` gives a test.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Outcome<()> {
    let args = Args::parse();
    let fleet = || fleet(args.seed);

    let sim = fleet()?.node("service-b-v2", well).start().await?;
    let split = traffic(&sim, 60).await?;
    report("both versions are well", &split);
    expect(split.failures() == 0, "calls failed where nothing does")?;
    let share = split.node("service-b-v2") * 100 / split.calls().len();
    expect(
        (7..=13).contains(&share),
        "the canary did not get about one call in ten",
    )?;

    let sim = fleet()?.node("service-b-v2", failing).start().await?;
    let tally = traffic(&sim, 60).await?;
    report("the canary answers 503", &tally);
    expect(
        tally.failures() == tally.node("service-b-v2"),
        "failures went beyond the canary",
    )?;
    let tries = tally
        .calls()
        .iter()
        .filter(|call| call.is_failure())
        .map(|call| call.attempts);
    expect(
        tries.clone().all(|tries| tries == 4),
        "a failing call was not tried four times",
    )?;
    let first = sim.events().into_iter().take(12);
    first
        .filter(|_| args.events)
        .for_each(|event| println!("{event}"));

    let sim = fleet()?.node("service-b-v2", hanging).start().await?;
    let tally = traffic(&sim, 60).await?;
    report("the canary hangs", &tally);
    expect(
        tally.slowest() < Duration::from_secs(15),
        "a call hung longer than its limit",
    )?;

    let bad = Link::new()
        .latency(Duration::from_millis(15))
        .resets(Share::percent(1)?);
    let sim = fleet()?
        .node("service-b-v2", well)
        .link("service-a", "service-b-v1", bad);
    let sim = sim.start().await?;
    let tally = traffic(&sim, 60).await?;
    report("1 in 100 requests breaks its connection", &tally);

    let deployed = deploy(&fleet()?.node("service-b-v2", well).start().await?).await?;
    report("deployed, then shifted to the canary", &deployed);
    expect(deployed.failures() == 0, "the deploy cost calls")?;

    println!(
        "ok: {share} % of the calls went to the canary, and a deploy under traffic lost 0 of {}",
        deployed.calls().len()
    );
    Ok(())
}

/// Two endpoints of the version that is in use; the canary is added by each scene.
fn fleet(seed: u64) -> Outcome<SimulationBuilder> {
    let fleet = Simulation::builder(seed).config(load(TEMPLATE)?);
    Ok(fleet.node("service-b-v1", well).node("service-b-v1", well))
}

/// Each endpoint is drained and started again; then the weights are turned round.
async fn deploy(sim: &Simulation) -> Outcome<Tally> {
    let deploying = async {
        for endpoint in [("service-b-v1", 0), ("service-b-v1", 1)] {
            sim.stop(endpoint, Duration::from_secs(5)).await;
            sim.restart(endpoint).await?;
        }
        let shifted: Config = load_with(TEMPLATE, [("V1Weight", "0"), ("V2Weight", "100")])?;
        sim.apply(shifted).await
    };
    let (tally, deployed) = tokio::join!(traffic(sim, 20), deploying);
    deployed?;
    tally
}

async fn traffic(sim: &Simulation, seconds: u64) -> Outcome<Tally> {
    let service_b: Uri = "http://service-b.default.svc.cluster.local:8080/".parse()?;
    let request = |_| {
        let mut request = Request::new(String::new());
        *request.uri_mut() = service_b.clone();
        request
    };
    Ok(sim
        .traffic("service-a", 50, Duration::from_secs(seconds), request)
        .await?)
}

async fn well(_: Request<Body>) -> Response<String> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    Response::new("hello".to_owned())
}

async fn failing(_: Request<Body>) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

async fn hanging(_: Request<Body>) -> Response<String> {
    pending().await
}

fn report(scene: &str, tally: &Tally) {
    println!("{scene}:\n    {tally}");
}

fn expect(is: bool, else_: &str) -> Result<(), String> {
    match is {
        true => Ok(()),
        false => Err(format!(
            "{else_}: look at the template's route, or report it with this output"
        )),
    }
}

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/canary.yaml");
