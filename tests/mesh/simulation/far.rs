//! Peers that are far away, so that a connection takes longer than the limit of one try.

use std::time::Duration;

use axum::{Router, http::StatusCode, routing::get};
use mesh_core::{
    config::{
        HttpRetryEvent, Listener, Mesh as Model, RetryPolicy, Route, VirtualNode, VirtualRouter,
        VirtualService,
    },
    outlier::OutlierDetection,
    unit::Protocol,
};
use mesh_tower::{
    Error, ErrorKind, Mesh,
    test_util::{EventKind, Link, Simulation},
};
use tokio::time::{self, Instant};

const MILLI: Duration = Duration::from_millis(1);

/// There and back takes 80 ms, and one try may take 100 ms; the first failure puts the endpoint out.
fn far(protocol: Protocol) -> Model {
    let ejecting = OutlierDetection::new(1, 1_000 * MILLI, 60_000 * MILLI, 100);
    let listener = Listener::builder(8080, protocol);
    let listener = listener.outlier_detection(ejecting.expect("in range"));
    let retry = RetryPolicy::new(1, 100 * MILLI).on(HttpRetryEvent::ServerError);
    let route = match protocol {
        Protocol::Http2 => Route::http2("all"),
        _ => Route::http("all"),
    };
    let route = route.prefix("/").target("orders", 1).retry(retry);
    let route = route.timeout(1_000 * MILLI);
    let router = VirtualRouter::builder("orders").listener(8080, protocol);
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(
            VirtualNode::builder("orders")
                .listener_with(listener)
                .dns("orders.local"),
        )
        .virtual_router(router.route(route))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid")
}

/// The caller, and the simulation that it lives in.
async fn calling(protocol: Protocol) -> Result<(Mesh, Simulation), Error> {
    let app = || {
        Router::new()
            .route("/", get(async || "hello"))
            .route("/never", get(std::future::pending::<StatusCode>))
    };
    let sim = Simulation::builder(7)
        .config(far(protocol))
        .app("orders", move |_mesh| Ok(app()))
        .link("web", "orders", Link::new().latency(40 * MILLI))
        .link("orders", "web", Link::new().latency(40 * MILLI))
        .start()
        .await?;
    Ok((sim.caller("web").await?, sim))
}

fn connections(sim: &Simulation) -> usize {
    let made = |kind: &EventKind| matches!(kind, EventKind::Connected { .. });
    sim.events()
        .iter()
        .filter(|event| made(&event.kind))
        .count()
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_one_try_begins_when_it_has_its_connection() -> Result<(), Error> {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let (web, sim) = calling(protocol).await?;
        let client = web.client_for("orders.local:8080")?;
        let begun = Instant::now();
        let answer = client.get("/").send().await?;
        assert!(begun.elapsed() > 100 * MILLI, "{protocol}");
        let attempts = answer.call().map(|call| call.attempts().count());
        assert_eq!((answer.status(), attempts), (StatusCode::OK, Some(1)));
        assert!(
            web.endpoints("orders")
                .iter()
                .all(|one| one.ejected.is_none())
        );
        // And it has a limit then.
        let begun = Instant::now();
        let error = client.get("/never").send().await.expect_err("no answer");
        assert_eq!(error.kind(), ErrorKind::Timeout, "{protocol}: {error}");
        assert!(begun.elapsed() < 500 * MILLI, "{protocol}");
        assert!(connections(&sim) >= 1);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn callers_who_give_up_before_the_connection_stands_leave_it_to_the_next() -> Result<(), Error>
{
    let (web, sim) = calling(Protocol::Http2).await?;
    let client = web.client_for("orders.local:8080")?;
    let hurried = || time::timeout(100 * MILLI, client.get("/").send());
    while hurried().await.is_err() {
        assert!(sim.elapsed() < 1_000 * MILLI, "it is never connected");
    }
    assert_eq!(connections(&sim), 1);
    assert!(
        web.endpoints("orders")
            .iter()
            .all(|one| one.ejected.is_none())
    );
    Ok(())
}
