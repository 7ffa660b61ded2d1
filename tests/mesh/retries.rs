//! What is tried again, through the facade, on the in-memory network with the clock paused.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, http::StatusCode, routing::get};
use mesh_core::{
    config::{Mesh as Model, VirtualNode, VirtualService},
    metric::Outcome,
    unit::Protocol,
};
use mesh_tower::{Mesh, test_util::MemoryNetwork};

use crate::support::served;

#[tokio::test(start_paused = true)]
async fn an_answer_that_says_rate_limited_is_not_tried_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let limited = get(async move || {
        counted.fetch_add(1, Ordering::SeqCst);
        (
            StatusCode::SERVICE_UNAVAILABLE,
            [("x-envoy-ratelimited", "true")],
        )
    });
    let orders = VirtualNode::builder("orders").listener(8080, Protocol::Http);
    let model = Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(orders.dns("orders.local"))
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .expect("the model is valid");
    let network = MemoryNetwork::new();
    let app = Router::new().route("/", limited);
    let _orders = served(&network, &model, "orders", "10.0.0.1:8080", app).await;
    let web = Mesh::builder()
        .config(model)
        .virtual_node("web")
        .network(&network)
        .seed(7)
        .endpoint("orders", "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");

    let client = web.client_for("orders.local").expect("a backend");
    let answer = client.get("/").send().await.expect("an answer");

    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    let call = answer.call().expect("a call");
    let outcomes: Vec<_> = call.attempts().map(mesh_tower::Attempt::outcome).collect();
    assert_eq!(outcomes, [Some(Outcome::RateLimited(503))]);
}
