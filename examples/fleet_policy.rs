//! A fleet's policy, tried before its deploy: the template as it is, its services as closures, and minutes of traffic in less
//! than a second.
//!
//! `cargo run -p mesh-examples --example fleet_policy`. Nothing listens anywhere: network and clock are simulated.

use std::{error::Error, fs, future::pending, time::Duration};

use clap::Parser;
use http::{Request, Response, StatusCode, Uri};
use mesh_core::{Config, fault::Share};
use mesh_tower::{
    Body, load, load_with,
    test_util::{Link, Simulation, SimulationBuilder, Tally},
};
use tokio::time::sleep;

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

    let split = traffic(&fleet()?.node(CANARY, well).start().await?, 60).await?;
    report("both versions are well", &split);
    let share = split.node(CANARY) * 100 / split.calls().len();
    expect(
        (7..=13).contains(&share),
        "not one call in ten is the canary's",
    )?;

    canary_fails(&fleet()?.node(CANARY, failing).start().await?, args.events).await?;

    let hung = traffic(&fleet()?.node(CANARY, hanging).start().await?, 60).await?;
    report("the canary hangs", &hung);
    let longest = Duration::from_secs(15);
    expect(hung.slowest() < longest, "a call outlived its limit")?;

    let breaks = Link::new().resets(Share::percent(1)?);
    let sim = fleet()?.link("service-a", "service-b-v1", breaks);
    let broken = traffic(&sim.node(CANARY, well).start().await?, 60).await?;
    report("1 in 100 requests breaks its connection", &broken);

    let deployed = deploy(&fleet()?.node(CANARY, well).start().await?).await?;
    report("deployed, then shifted to the canary", &deployed);
    expect(deployed.failures() == 0, "the deploy cost calls")?;

    seed_policy(args.seed).await?;

    let calls = deployed.calls().len();
    println!(
        "ok: {share} % of the calls went to the canary, a deploy under traffic lost 0 of {calls}"
    );
    Ok(())
}

/// Only its own calls fail, and each is tried four times before.
async fn canary_fails(sim: &Simulation, events: bool) -> Outcome<()> {
    let tally = traffic(sim, 60).await?;
    report("the canary answers 503", &tally);
    for call in tally.calls().iter().filter(|call| call.is_failure()) {
        expect(call.node.as_deref() == Some(CANARY), "another one failed")?;
        expect(call.attempts == 4, "a call was not tried four times")?;
    }
    for event in sim.events().iter().take(if events { 12 } else { 0 }) {
        println!("{event}");
    }
    Ok(())
}

/// The route of the first template is not in use, as its service is provided by the node itself: a call is tried as often as
/// nobody wrote. With the router as its provider the route counts.
async fn seed_policy(seed: u64) -> Outcome<()> {
    let as_written = fs::read_to_string(SEED)?;
    let routed = as_written.replace(
        "VirtualNode:\n            VirtualNodeName: !Ref VirtualNodeServiceB",
        "VirtualRouter:\n            VirtualRouterName: !Ref VirtualRouter",
    );
    for (scene, template, attempts) in [
        ("as written, and service B answers 503", &as_written, 3),
        ("through its router, and service B answers 503", &routed, 4),
    ] {
        let sim = Simulation::builder(seed).template(template);
        let tally = traffic(&sim.node("service-b", failing).start().await?, 10).await?;
        report(scene, &tally);
        let tried = |times| tally.calls().iter().all(|call| call.attempts == times);
        expect(tried(attempts), "a call was tried more or less often")?;
    }
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
            sleep(Duration::from_secs(5)).await;
            sim.stop(endpoint, Duration::from_secs(5)).await;
            sim.restart(endpoint).await?;
        }
        sleep(Duration::from_secs(5)).await;
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
    let lasting = Duration::from_secs(seconds);
    Ok(sim.traffic("service-a", 50, lasting, request).await?)
}

async fn well(_: Request<Body>) -> Response<String> {
    sleep(Duration::from_millis(20)).await;
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

const CANARY: &str = "service-b-v2";
const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/seed.yaml");
const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/canary.yaml");
