//! A fleet's policy, tested as a user would: the template that is deployed, its services as closures, and traffic.

use std::{future::pending, time::Duration};

use http::{Request, Response};
use mesh_core::Config;
use mesh_tower::{
    Body, Error, ErrorKind,
    test_util::{EventKind, Simulation, SimulationBuilder, Tally},
};

const TEMPLATE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/config/canary.yaml"
);

/// service-a calls service-b, of whose calls the template sends nine in ten to version 1.
fn fleet() -> Result<SimulationBuilder, Error> {
    Ok(Simulation::builder(7).config(mesh_tower::load(TEMPLATE)?))
}

fn shifted() -> Result<Config, Error> {
    mesh_tower::load_with(TEMPLATE, [("V1Weight", "0"), ("V2Weight", "100")])
}

async fn healthy(_: Request<Body>) -> Response<String> {
    Response::new("hello".to_owned())
}

async fn failing(_: Request<Body>) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    response
}

async fn hanging(_: Request<Body>) -> Response<String> {
    pending().await
}

async fn traffic(sim: &Simulation, lasting: Duration) -> Result<Tally, Error> {
    let request = |_| {
        Request::get("http://service-b.default.svc.cluster.local:8080/")
            .body(String::new())
            .expect("a request")
    };
    sim.traffic("service-a", 100, lasting, request).await
}

#[tokio::test(start_paused = true)]
async fn one_call_in_ten_goes_to_the_new_version() -> Result<(), Error> {
    let sim = fleet()?
        .node("service-b-v1", healthy)
        .node("service-b-v2", healthy);
    let tally = traffic(&sim.start().await?, Duration::from_secs(10)).await?;
    assert_eq!(tally.status(200), 1_000, "{tally}");
    let canary = tally.node("service-b-v2");
    assert!((80..120).contains(&canary), "{tally}");
    assert_eq!(tally.node("service-b-v1"), 1_000 - canary);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_version_that_fails_is_tried_four_times_and_keeps_its_calls() -> Result<(), Error> {
    let sim = fleet()?
        .node("service-b-v1", healthy)
        .node("service-b-v2", failing);
    let tally = traffic(&sim.start().await?, Duration::from_secs(5)).await?;
    assert!(tally.failures() > 0, "{tally}");
    for call in tally.calls() {
        let (node, attempts) = match call.is_failure() {
            true => ("service-b-v2", 4),
            false => ("service-b-v1", 1),
        };
        assert_eq!(
            (call.node.as_deref(), call.attempts),
            (Some(node), attempts)
        );
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_version_that_hangs_costs_four_tries_of_two_seconds() -> Result<(), Error> {
    let sim = fleet()?
        .node("service-b-v1", healthy)
        .node("service-b-v2", hanging);
    let tally = traffic(&sim.start().await?, Duration::from_secs(5)).await?;
    let hung = tally.calls().iter().filter(|call| call.is_failure());
    for call in hung {
        assert_eq!((call.attempts, call.result), (4, Err(ErrorKind::Timeout)));
        assert!(
            call.took >= Duration::from_secs(8) && call.took < Duration::from_secs(9),
            "{call:?}"
        );
    }
    assert!(tally.errors(ErrorKind::Timeout) > 0, "{tally}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_shift_to_the_new_version_under_traffic_costs_no_call() -> Result<(), Error> {
    let sim = fleet()?
        .node("service-b-v1", healthy)
        .node("service-b-v2", healthy);
    let sim = sim.start().await?;
    let shifting = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        sim.apply(shifted()?).await
    };
    let (tally, shift) = tokio::join!(traffic(&sim, Duration::from_secs(2)), shifting);
    shift?;
    let tally = tally?;
    assert_eq!(tally.failures(), 0, "{tally}");
    let after = &tally.calls()[101..];
    assert!(
        after
            .iter()
            .all(|call| call.node.as_deref() == Some("service-b-v2")),
        "{tally}"
    );
    assert!(
        sim.events()
            .iter()
            .any(|event| event.kind == EventKind::Applied(1))
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_is_no_backend_of_a_node_cannot_be_called_from_it() -> Result<(), Error> {
    let sim = fleet()?.node("service-b-v1", healthy).start().await?;
    let request = Request::get("http://elsewhere.local/")
        .body(String::new())
        .expect("a request");
    let refused = sim.call("service-a", request).await;
    assert_eq!(
        refused.map_err(|error| error.kind()).err(),
        Some(ErrorKind::NoRoute)
    );
    Ok(())
}
