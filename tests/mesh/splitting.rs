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
    for run in 0..2 {
        let (mesh, _versions) = shop(&model(90, 10), answering("v1"), answering("v2")).await;
        let counts = count(&mesh.client_for("orders.local").expect("a backend"), 1000).await;
        let exact = BTreeMap::from([("v1".to_owned(), 905), ("v2".to_owned(), 95)]);
        assert_eq!(counts, exact, "run {run}");
    }
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
    let sent = Arc::new(AtomicUsize::new(0));
    let traffic: Vec<_> = (0..8)
        .map(|_| {
            let (client, sent) = (client.clone(), sent.clone());
            tokio::spawn(async move {
                for _ in 0..100 {
                    sent.fetch_add(1, Ordering::SeqCst);
                    count(&client, 1).await;
                }
            })
        })
        .collect();
    while sent.load(Ordering::SeqCst) < 200 {
        tokio::task::yield_now().await;
    }
    assert!(mesh.in_flight().0 > 0, "the shift comes while requests run");
    mesh.apply(&Config::from(model(0, 100)))
        .await
        .expect("the new weights fit");
    assert!(
        sent.load(Ordering::SeqCst) < 800,
        "the shift comes while requests are sent"
    );
    let after = count(&client, 100).await;
    assert_eq!(after, BTreeMap::from([("v2".to_owned(), 100)]));
    for worker in traffic {
        worker.await.expect("no request was lost");
    }
}
