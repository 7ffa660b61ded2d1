//! An axum application as people write them: extractors, nested routers, state, errors, events.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{ConnectInfo, Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures::{StreamExt, future};
use http_body_util::BodyExt;
use mesh_core::unit::Protocol;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{Pair, soon};

#[derive(Clone)]
struct Shop {
    currency: &'static str,
}

async fn order(
    State(shop): State<Shop>,
    Path((customer, order)): Path<(String, u32)>,
    Query(query): Query<BTreeMap<String, String>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> impl IntoResponse {
    let answer = json!({
        "currency": shop.currency,
        "customer": customer,
        "order": order,
        "query": query,
        "local": peer.ip().is_loopback(),
        "id": headers.contains_key("x-request-id"),
        "body": body,
    });
    (
        StatusCode::CREATED,
        [("x-order", order.to_string())],
        Json(answer),
    )
}

fn shop() -> Router {
    let orders = Router::new()
        .route("/{order}", post(order))
        .fallback(async || (StatusCode::NOT_FOUND, "no such order"));
    Router::new()
        .nest("/customers/{customer}/orders", orders)
        .fallback(async || StatusCode::IM_A_TEAPOT)
        .with_state(Shop { currency: "EUR" })
}

#[tokio::test]
async fn extractors_nested_routers_and_state_work_over_both_versions() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let pair = Pair::start(shop(), protocol).await;
        let asked = pair.client.post("/customers/ann%20b/orders/7?open=1&x=%2F");
        let asked = asked.header("content-type", "application/json");
        let answer = asked
            .body(r#"{"items":[1,2]}"#)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::CREATED, "{protocol}");
        assert_eq!(answer.headers()["x-order"], "7");
        let told = answer.text().await.expect("a body");
        let wanted = json!({
            "currency": "EUR", "customer": "ann b", "order": 7, "query": {"open": "1", "x": "/"},
            "local": true, "id": true, "body": {"items": [1, 2]},
        });
        let told: Value = serde_json::from_str(&told).expect("JSON");
        assert_eq!(told, wanted, "{protocol}");
    }
}

#[tokio::test]
async fn what_the_application_refuses_comes_through_as_it_said_it() {
    let pair = Pair::start(shop(), Protocol::Http).await;
    let rows = [
        ("/customers/a/orders/x", StatusCode::BAD_REQUEST),
        ("/customers/a/orders/7", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("/customers/a/orders/7/lines", StatusCode::NOT_FOUND),
        ("/nobody", StatusCode::IM_A_TEAPOT),
    ];
    for (path, status) in rows {
        let answer = pair.client.post(path).body("{}").send().await;
        let answer = answer.expect("an application's refusal is an answer");
        assert_eq!(answer.status(), status, "{path}");
    }
    let wrong = pair.client.get("/customers/a/orders/7").send().await;
    let wrong = wrong.expect("an answer");
    assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong.headers()["allow"], "POST");
}

#[tokio::test]
async fn events_arrive_one_by_one_while_their_stream_goes_on() {
    let (send, events) = mpsc::channel::<&'static str>(1);
    let events = Arc::new(Mutex::new(Some(events)));
    let sse = move || {
        let events = events.lock().expect("no panic held it").take();
        let events = ReceiverStream::new(events.expect("asked once"));
        let events = events.map(|data| Ok::<_, Infallible>(Event::default().data(data)));
        future::ready(Sse::new(events).keep_alive(KeepAlive::default()))
    };
    let pair = Pair::start(Router::new().route("/events", get(sse)), Protocol::Http).await;
    let answer = pair.client.get("/events").send().await.expect("a head");
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut body = answer.into_http().into_body();
    for data in ["one", "two", "three"] {
        send.send(data).await.expect("the stream goes on");
        let frame = soon(body.frame())
            .await
            .expect("an event")
            .expect("no error");
        let frame = frame.into_data().expect("data");
        assert_eq!(frame, format!("data: {data}\n\n"));
    }
    assert_eq!(pair.web.in_flight().0, 1, "it is still open");
    drop(send);
    assert!(soon(body.frame()).await.is_none(), "a clean end");
    pair.idle().await;
}
