//! Faults that a mesh injects into its calls, and those of a layer around an application, in a simulation.

use std::time::Duration;

use axum::{Router, routing::get};
use http::{Request, StatusCode};
use mesh_core::{
    Seed,
    fault::{Fault, Faults, Share},
    metric::Flag,
    unit::Protocol,
};
use mesh_tower::{
    Error, ErrorKind, FaultLayer, FaultSwitch,
    test_util::{Simulation, Tally, What},
};

use super::shop;

const DOWN: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

fn app() -> Router {
    Router::new().route("/", get(async || "hello"))
}

fn percent(percent: i64) -> Share {
    Share::percent(percent).expect("a share")
}

/// The shop, whose calls meet these faults.
async fn meeting(faults: impl Into<Faults>, switch: FaultSwitch) -> Result<Simulation, Error> {
    let faults = faults.into();
    let sim = Simulation::builder(7).config(shop(Protocol::Http));
    sim.app("orders", |_mesh| Ok(app()))
        .options(move |mesh| mesh.faults(faults.clone(), switch))
        .start()
        .await
}

async fn traffic(sim: &Simulation) -> Result<Tally, Error> {
    let request = |_| Request::get("http://orders.local:8080/").body(String::new());
    sim.traffic("web", 100, Duration::from_secs(10), |n| {
        request(n).expect("a request")
    })
    .await
}

/// How many calls carry the flag.
fn flagged(sim: &Simulation, flag: Flag) -> usize {
    let carries = |what: &What| matches!(what, What::Call { flags, .. } if flags.contains(flag));
    sim.events()
        .iter()
        .filter(|event| carries(&event.what))
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_share_of_the_calls_is_answered_on_purpose_once_and_is_recorded_so() -> Result<(), Error>
{
    let some = Fault::abort(DOWN)
        .virtual_service("orders.local")
        .share(percent(20));
    let sim = meeting(some, FaultSwitch::On).await?;
    let tally = traffic(&sim).await?;
    let down = tally.status(503);
    assert!((150..250).contains(&down), "{tally}");
    assert_eq!(tally.status(200), 1_000 - down);
    assert_eq!(
        tally.attempts(),
        1_000 - down as u64,
        "nothing was sent for them, nor again"
    );
    assert_eq!(flagged(&sim, Flag::FaultInjected), down);
    let metrics = sim.caller("web").await?.metrics();
    assert!(
        metrics.lines().any(|line| line.contains("\"FI\"")),
        "{metrics}"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_delay_adds_to_the_call_and_counts_against_its_limit() -> Result<(), Error> {
    let delays = [(200, StatusCode::OK.as_u16()), (600_000, 504)];
    for (ms, status) in delays {
        let delay = Duration::from_millis(ms);
        let sim = meeting(Fault::delay(delay), FaultSwitch::On).await?;
        let orders = sim.caller("web").await?.client_for("orders.local")?;
        let answer = orders.get("/").timeout(Duration::from_secs(1)).send().await;
        match answer {
            Ok(answer) => assert_eq!(answer.status(), status),
            Err(error) => assert_eq!((error.kind(), status), (ErrorKind::Timeout, 504)),
        }
        assert_eq!(sim.elapsed(), delay);
        assert_eq!(flagged(&sim, Flag::DelayInjected), 1);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn switched_off_nothing_is_injected() -> Result<(), Error> {
    let sim = meeting(Fault::abort(DOWN), FaultSwitch::Off).await?;
    assert_eq!(traffic(&sim).await?.status(200), 1_000);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_application_that_fails_now_and_then_is_made_up_for_by_retries() -> Result<(), Error> {
    let refuses = || {
        let some = Fault::abort(StatusCode::BAD_GATEWAY).share(percent(5));
        FaultLayer::seeded(some, FaultSwitch::On, Seed(7))
    };
    let template = mesh_tower::load(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/config/canary.yaml"
    ))?;
    let sim = Simulation::builder(7)
        .config(template)
        .app("service-b-v1", move |_mesh| Ok(app().layer(refuses())))
        .app("service-b-v2", |_mesh| Ok(app()))
        .start()
        .await?;
    let request =
        |_| Request::get("http://service-b.default.svc.cluster.local:8080/").body(String::new());
    let request = |n| request(n).expect("a request");
    let tally = sim
        .traffic("service-a", 100, Duration::from_secs(10), request)
        .await?;
    assert_eq!(tally.status(200), 1_000, "{tally}");
    assert!(tally.attempts() > 1_020, "{tally}");
    Ok(())
}
