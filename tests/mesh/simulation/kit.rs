//! What a simulation promises: time, chance, links, crashes, and a list of events that the seed decides.

use std::time::Duration;

use http::Response;
use mesh_core::{fault::Share, unit::Protocol};
use mesh_tower::{
    Error, ErrorKind,
    test_util::{Event, EventKind, Link, Simulation},
};
use tokio::time;

use super::{count, ms, orders, shop, two_endpoints};

#[tokio::test(start_paused = true)]
async fn latency_adds_up_exactly_each_way_and_to_connect() -> Result<(), Error> {
    // There and back, twice: to connect, and for the request. HTTP/2 waits for the peer's settings in between.
    for (protocol, first) in [(Protocol::Http, 34), (Protocol::Http2, 51)] {
        let sim = Simulation::builder(7)
            .config(shop(protocol))
            .node("orders", async |_| Response::new("hello".to_owned()))
            .link("web", ("orders", 0), Link::new().latency(ms(12)))
            .link(("orders", 0), "web", Link::new().latency(ms(5)))
            .start()
            .await?;
        let tally = sim.traffic("web", 10, ms(300), orders).await?;
        let took: Vec<_> = tally.calls().iter().map(|call| call.took).collect();
        assert_eq!(took, [ms(first), ms(17), ms(17)], "{protocol:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_given_up_at_the_connect_timeout_and_tried_again() -> Result<(), Error>
{
    let one_in_ten = Share::percent(10).expect("a share");
    let sim = two_endpoints(7, Protocol::Http)
        .link("web", "orders", Link::new().loss(one_in_ten))
        .start()
        .await?;
    // All at once, so that each needs a connection of its own.
    let tally = sim.traffic("web", 1_000_000, ms(1) / 5, orders).await?;
    let lost = count(&sim, |kind| matches!(kind, EventKind::Lost { .. }));
    assert!((10..30).contains(&lost), "{lost} of 200");
    assert_eq!((tally.calls().len(), tally.failures()), (200, 0));
    assert_eq!(tally.attempts(), 200 + lost as u64, "{tally}");
    assert!(tally.slowest() > Duration::from_secs(1), "{tally}");

    sim.link("web", "orders", Link::new().loss(Share::ALL));
    sim.crash("orders").await;
    sim.restart("orders").await?;
    let tally = sim.traffic("web", 10, ms(500), orders).await?;
    assert_eq!(tally.errors(ErrorKind::Unavailable), 5, "{tally}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_partition_stalls_goes_on_when_it_is_healed() -> Result<(), Error> {
    let sim = two_endpoints(7, Protocol::Http).start().await?;
    sim.partition("web", "orders");
    let calling = sim.traffic("web", 10, ms(200), orders);
    let healing = async {
        time::sleep(ms(700)).await;
        sim.heal("web", "orders");
    };
    let (tally, ()) = tokio::join!(calling, healing);
    let tally = tally?;
    let took: Vec<_> = tally.calls().iter().map(|call| call.took).collect();
    assert_eq!(took, [ms(700), ms(600)]);
    assert_eq!(tally.failures(), 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_crash_during_traffic_costs_no_call_where_there_are_retries() -> Result<(), Error> {
    let slow = async |_| {
        time::sleep(ms(30)).await;
        Response::new("hello".to_owned())
    };
    let sim = Simulation::builder(7).config(shop(Protocol::Http));
    let sim = sim
        .node("orders", slow)
        .node("orders", slow)
        .start()
        .await?;
    let calling = sim.traffic("web", 500, Duration::from_secs(4), orders);
    let crashing = async {
        for endpoint in [0, 1, 0, 1] {
            time::sleep(ms(500)).await;
            sim.crash(("orders", endpoint)).await;
            time::sleep(ms(300)).await;
            sim.restart(("orders", endpoint)).await?;
        }
        Ok::<_, Error>(())
    };
    let (tally, crashed) = tokio::join!(calling, crashing);
    let tally = tally?;
    crashed?;
    assert_eq!(
        (tally.calls().len(), tally.failures()),
        (2_000, 0),
        "{tally}"
    );
    assert!(tally.attempts() > 2_000, "some were tried again: {tally}");
    assert_eq!(count(&sim, |kind| matches!(kind, EventKind::Crashed(_))), 4);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_deploy_with_drain_costs_no_call_and_no_retry() -> Result<(), Error> {
    let sim = two_endpoints(7, Protocol::Http).start().await?;
    let calling = sim.traffic("web", 200, Duration::from_secs(2), orders);
    let deploying = async {
        time::sleep(ms(500)).await;
        sim.stop(("orders", 0), Duration::from_secs(1)).await;
        sim.restart(("orders", 0)).await
    };
    let (tally, deployed) = tokio::join!(calling, deploying);
    deployed?;
    let tally = tally?;
    assert_eq!((tally.calls().len(), tally.failures()), (400, 0), "{tally}");
    assert_eq!(count(&sim, |kind| matches!(kind, EventKind::Stopped(_))), 1);
    Ok(())
}

/// Everything at once: bad links, a crash, a partition, a reload.
async fn eventful(seed: u64, protocol: Protocol) -> Result<Vec<Event>, Error> {
    let some = |percent| Share::percent(percent).expect("a share");
    let sim = two_endpoints(seed, protocol)
        .link("web", "orders", Link::new().latency(ms(3)).resets(some(5)))
        .link(("orders", 1), "web", Link::new().latency(ms(20)))
        .start()
        .await?;
    let calling = sim.traffic("web", 100, Duration::from_secs(3), orders);
    let happening = async {
        time::sleep(ms(400)).await;
        sim.crash(("orders", 0)).await;
        time::sleep(ms(400)).await;
        sim.restart(("orders", 0)).await?;
        sim.partition("web", ("orders", 1));
        time::sleep(ms(400)).await;
        sim.heal("web", "orders");
        sim.apply(shop(protocol)).await?;
        sim.stop(("orders", 1), ms(100)).await;
        sim.restart(("orders", 1)).await
    };
    let (tally, happened) = tokio::join!(calling, happening);
    tally?;
    happened?;
    Ok(sim.events())
}

#[test]
fn the_same_seed_gives_the_same_events_to_the_byte() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let run = |seed| {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().start_paused(true).build();
            let events = runtime
                .expect("a runtime")
                .block_on(eventful(seed, protocol));
            let lines = events
                .expect("it runs")
                .into_iter()
                .map(|event| event.to_string());
            lines.collect::<Vec<_>>()
        };
        let first = run(7);
        assert!(first.len() > 600, "{} events", first.len());
        for _ in 0..3 {
            let again = run(7);
            let differing = first.iter().zip(&again).find(|(a, b)| a != b);
            assert_eq!(differing, None);
            assert_eq!(first.len(), again.len());
        }
        assert_ne!(first, run(8), "another seed");
    }
}

#[tokio::test]
async fn a_clock_that_runs_is_refused_with_what_to_do() {
    let refused = two_endpoints(7, Protocol::Http).start().await;
    let error = refused.expect_err("the clock runs").to_string();
    assert!(error.contains("start_paused = true"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_no_simulation_can_be_made_of_is_refused_with_its_reason() {
    let hello = async |_| Response::new(String::new());
    for (builder, reason) in [
        (Simulation::builder(7), "needs a configuration"),
        (
            Simulation::builder(7).template("Resources: []"),
            "configuration is not valid",
        ),
        (
            two_endpoints(7, Protocol::Http).node("stock", hello),
            "\"stock\"",
        ),
        (
            two_endpoints(7, Protocol::Http).node("web", hello),
            "no listener",
        ),
    ] {
        let error = builder.start().await.expect_err(reason);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn traffic_of_no_request_is_refused_for_every_claim_about_it_would_hold() -> Result<(), Error>
{
    let sim = two_endpoints(7, Protocol::Http).start().await?;
    for (per_second, lasting) in [(0, ms(1_000)), (10, ms(0))] {
        let refused = sim.traffic("web", per_second, lasting, orders).await;
        let error = refused.expect_err("nothing would be sent").to_string();
        assert!(error.contains("are none"), "{error}");
    }
    Ok(())
}
