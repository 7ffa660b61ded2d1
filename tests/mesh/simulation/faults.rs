//! Faults that a mesh injects into its calls, and those of a layer around an application, in a simulation.

use std::time::Duration;

use axum::{
    Router,
    routing::{get, post},
};
use http::{HeaderMap, Request, StatusCode};
use mesh_core::{
    Seed,
    config::{
        HttpRetryEvent, Listener, Mesh as Model, RetryPolicy, Route, VirtualNode, VirtualRouter,
        VirtualService,
    },
    fault::{Fault, Faults, Share},
    metric::Flag,
    outlier::OutlierDetection,
    unit::Protocol,
};
use mesh_tower::{
    Error, ErrorKind, FaultLayer, FaultSwitch,
    test_util::{EventKind, Simulation, Tally},
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
    let carries =
        |kind: &EventKind| matches!(kind, EventKind::Call { flags, .. } if flags.contains(flag));
    sim.events()
        .iter()
        .filter(|event| carries(&event.kind))
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
async fn a_delay_adds_to_the_call_within_its_limit_and_what_has_no_time_left_is_not_sent()
-> Result<(), Error> {
    let limit = Duration::from_secs(1);
    for ms in [200, 1_000, 600_000] {
        let delay = Duration::from_millis(ms);
        let sim = meeting(Fault::delay(delay), FaultSwitch::On).await?;
        let orders = sim.caller("web").await?.client_for("orders.local")?;
        let answer = orders.get("/").timeout(limit).send().await;
        let in_time = delay < limit;
        match answer {
            Ok(answer) => assert!(in_time && answer.status() == StatusCode::OK, "{delay:?}"),
            Err(error) => assert_eq!(
                (error.kind(), error.flag(), error.attempts(), in_time),
                (ErrorKind::Timeout, Some(Flag::UpstreamTimeout), 0, false),
                "{delay:?}"
            ),
        }
        assert_eq!(sim.elapsed(), delay.min(limit));
        assert_eq!(flagged(&sim, Flag::DelayInjected), 1);
    }
    Ok(())
}

/// The shop behind a route that lets no try last longer than 100 ms, and whose endpoint is out at its first failure.
fn hasty_shop() -> Model {
    let (ms, second) = (Duration::from_millis, Duration::from_secs(1));
    let detection = OutlierDetection::new(1, second, second, 100).expect("in range");
    let orders = Listener::builder(8080, Protocol::Http).outlier_detection(detection);
    let policy = RetryPolicy::new(2, ms(100)).on(HttpRetryEvent::ServerError);
    let route = Route::http("all").prefix("/").target("orders", 1);
    let router = VirtualRouter::builder("orders").listener(8080, Protocol::Http);
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(
            VirtualNode::builder("orders")
                .listener_with(orders)
                .dns("orders.local"),
        )
        .virtual_router(router.route(route.retry(policy)))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid")
}

#[tokio::test(start_paused = true)]
async fn a_delay_costs_neither_the_first_try_nor_the_endpoint() -> Result<(), Error> {
    let told = async |headers: HeaderMap| {
        let told = headers.get("x-envoy-expected-rq-timeout-ms").cloned();
        told.expect("every request is told")
            .to_str()
            .expect("text")
            .to_owned()
    };
    let delays = [
        // The limit of a try begins with it; less than that is left of the limit on the whole.
        (950, 1_000, "50"),
        (200, 1_000, "100"),
        (600_000, 1_000, ""),
    ];
    for (delay, limit, left) in delays {
        let delay = Fault::delay(Duration::from_millis(delay));
        let sim = Simulation::builder(7)
            .config(hasty_shop())
            .app("orders", move |_mesh| {
                Ok(Router::new().route("/", post(told)))
            })
            .options(move |mesh| mesh.faults(delay.clone(), FaultSwitch::On))
            .start()
            .await?;
        let web = sim.caller("web").await?;
        for _ in 0..3 {
            let order = web.client_for("orders.local")?.post("/");
            let answer = order.timeout(Duration::from_millis(limit)).send().await;
            match answer {
                Ok(answer) => {
                    let attempts = answer.call().map(|call| call.attempts().count());
                    assert_eq!((attempts, &*answer.text().await?), (Some(1), left));
                }
                Err(error) => assert_eq!((error.attempts(), ""), (0, left), "{error:?}"),
            }
        }
        let out = web
            .endpoints("orders")
            .iter()
            .any(|one| one.ejected.is_some());
        assert!(!out, "nobody was asked for too much");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_http_status_that_a_grpc_call_is_given_is_the_code_that_it_stands_for()
-> Result<(), Error> {
    for (status, code) in [
        (400, "13"),
        (401, "16"),
        (403, "7"),
        (404, "12"),
        (418, "2"),
        (429, "14"),
        (500, "2"),
        (502, "14"),
        (503, "14"),
        (504, "14"),
    ] {
        let status = StatusCode::from_u16(status).expect("a status");
        let sim = meeting(Fault::abort(status), FaultSwitch::On).await?;
        let asked = Request::post("http://orders.local:8080/shop.Orders/List")
            .header("content-type", "application/grpc")
            .body(String::new())
            .expect("a request");
        let answer = sim.call("web", asked).await?;
        assert_eq!(answer.headers()["grpc-status"], code, "{status}");
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
        FaultLayer::new(some, FaultSwitch::On).seed(Seed(7))
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
