//! Weighted targets, through the facade, on the in-memory network.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get};
use mesh_core::{
    Config,
    config::{
        HttpRetryEvent, Mesh as Model, RetryPolicy, Route, VirtualNode, VirtualRouter,
        VirtualService,
    },
    unit::Protocol,
};
use mesh_tower::{Client, Mesh, test_util::MemoryNetwork};

use crate::support::served;

/// `web` calls `orders.local`, which two versions share by these weights.
fn model(v1: i64, v2: i64) -> Model {
    let version = |name: &str| {
        VirtualNode::builder(name)
            .listener(8080, Protocol::Http)
            .dns(name)
    };
    let policy = RetryPolicy::new(3, Duration::from_secs(1)).on(HttpRetryEvent::ServerError);
    let route = Route::http("all")
        .prefix("/")
        .target("orders-v1", v1)
        .target("orders-v2", v2)
        .retry(policy);
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(version("orders-v1"))
        .virtual_node(version("orders-v2"))
        .virtual_router(
            VirtualRouter::builder("orders")
                .listener(8080, Protocol::Http)
                .route(route),
        )
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid")
}

/// Starts both versions and the node that calls them.
async fn shop(model: &Model, v1: Router, v2: Router) -> (Mesh, [Mesh; 2]) {
    let network = MemoryNetwork::new();
    let versions = [
        served(&network, model, "orders-v1", "10.0.0.1:8080", v1).await,
        served(&network, model, "orders-v2", "10.0.0.2:8080", v2).await,
    ];
    let web = Mesh::builder()
        .config(model.clone())
        .virtual_node("web")
        .network(&network)
        .endpoint("orders-v1", "10.0.0.1:8080")
        .endpoint("orders-v2", "10.0.0.2:8080")
        .seed(7);
    (web.start().await.expect("the mesh starts"), versions)
}

fn answering(text: &'static str) -> Router {
    Router::new().route("/", get(async move || text))
}

async fn count(client: &Client, requests: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for _ in 0..requests {
        let answer = client
            .get("/")
            .send()
            .await
            .expect("an answer")
            .text()
            .await
            .expect("a body");
        *counts.entry(answer).or_default() += 1;
    }
    counts
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_each_target_its_exact_share() {
    let expected = {
        let (mesh, _versions) = shop(&model(90, 10), answering("v1"), answering("v2")).await;
        count(&mesh.client_for("orders.local").expect("a backend"), 1000).await
    };
    let (v1, v2) = (expected["v1"], expected["v2"]);
    assert!((870..=930).contains(&v1) && v1 + v2 == 1000, "{expected:?}");
    let (mesh, _versions) = shop(&model(90, 10), answering("v1"), answering("v2")).await;
    assert_eq!(
        count(&mesh.client_for("orders.local").expect("a backend"), 1000).await,
        expected
    );
}

#[tokio::test(start_paused = true)]
async fn retries_stay_in_the_target_that_was_drawn() {
    let failures = Arc::new(AtomicUsize::new(0));
    let failing = {
        let failures = failures.clone();
        Router::new().route(
            "/",
            get(async move || {
                failures.fetch_add(1, Ordering::SeqCst);
                (StatusCode::SERVICE_UNAVAILABLE, "v2")
            }),
        )
    };
    let (mesh, _versions) = shop(&model(50, 50), answering("v1"), failing).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    let mut drawn = 0;
    for request in 0..40 {
        let answer = client.get("/").send().await.expect("an answer");
        let call = answer.call().expect("an upstream answer has a call");
        let target = call.target().expect("a target was drawn").to_string();
        let attempts = call.attempts().count();
        match target.as_str() {
            "orders-v2" => {
                drawn += 1;
                assert_eq!(
                    (answer.status(), attempts),
                    (StatusCode::SERVICE_UNAVAILABLE, 4),
                    "request {request}"
                );
                assert_eq!(call.flags().to_string(), "URX", "request {request}");
            }
            _ => assert_eq!(
                (answer.status(), attempts),
                (StatusCode::OK, 1),
                "request {request}"
            ),
        }
    }
    assert!(drawn > 0, "no request drew the failing target");
    assert_eq!(
        failures.load(Ordering::SeqCst),
        drawn * 4,
        "every retry went where the first attempt went"
    );
}

#[tokio::test(start_paused = true)]
async fn weights_that_are_shifted_while_requests_run_lose_none() {
    let (mesh, _versions) = shop(&model(90, 10), answering("v1"), answering("v2")).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    let traffic = tokio::spawn(async move { count(&client, 500).await });
    tokio::task::yield_now().await;
    mesh.apply(&Config::from(model(0, 100)))
        .await
        .expect("the new weights fit");
    let counts = traffic.await.expect("no request was lost");
    assert_eq!(counts.values().sum::<usize>(), 500);
    let after = count(&mesh.client_for("orders.local").expect("a backend"), 100).await;
    assert_eq!(after, BTreeMap::from([("v2".to_owned(), 100)]));
}
