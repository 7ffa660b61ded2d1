//! From within: stops, reloads, panics and callers that go, each at a bad moment.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Router, routing::get};
use bytes::Bytes;
use futures::channel::mpsc;
use http::StatusCode;
use mesh_core::{
    Config,
    config::{
        HttpRetryEvent, Mesh as Model, RetryPolicy, Route, VirtualNode, VirtualRouter,
        VirtualService,
    },
    unit::Protocol,
};
use mesh_tower::{ErrorKind, Mesh, test_util::MemoryNetwork};
use tokio::time;

use super::{at_rest, soon};
use crate::support::{Peer, calling, half_and, served, two_nodes};

fn routed() -> Model {
    let events = RetryPolicy::new(3, Duration::ZERO).on(HttpRetryEvent::ServerError);
    let route = Route::http("all")
        .prefix("/")
        .target("orders", 1)
        .retry(events);
    let router = VirtualRouter::builder("orders").listener(8080, Protocol::Http);
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(
            VirtualNode::builder("orders")
                .listener(8080, Protocol::Http)
                .dns("orders"),
        )
        .virtual_router(router.route(route))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid")
}

fn without_orders() -> Model {
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web"))
        .build()
        .expect("the model is valid")
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_the_first_answer_of_discovery_ends_when_its_node_is_gone() {
    let network = MemoryNetwork::new();
    let (say, updates) = mpsc::unbounded::<Vec<SocketAddr>>();
    let mesh = Mesh::builder()
        .config(routed())
        .virtual_node("web")
        .network(&network)
        .discover("orders", updates)
        .warm(Duration::ZERO)
        .start()
        .await
        .expect("the mesh starts");
    let client = mesh.client_for("orders.local").expect("a backend");
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.get("/").send().await.map(|answer| answer.status()) }
    });
    time::sleep(Duration::from_millis(10)).await;
    assert_eq!(mesh.in_flight().0, 1);
    mesh.apply(&without_orders().into())
        .await
        .expect("it is valid");
    let ended = call.await.expect("no panic");
    let error = ended.expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    drop(say);
    at_rest(&mesh).await;
}

#[tokio::test(start_paused = true)]
async fn two_stops_at_once_in_the_middle_of_a_back_off_both_end_and_the_call_does() {
    let network = MemoryNetwork::new();
    let app = Router::new().route("/", get(|| async { StatusCode::SERVICE_UNAVAILABLE }));
    let _orders = served(&network, &two_nodes(), "orders", "10.0.0.1:8080", app).await;
    let mesh = Mesh::builder()
        .config(routed())
        .virtual_node("web")
        .network(&network)
        .endpoint("orders", "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let client = mesh.client_for("orders.local").expect("a backend");
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get("/").send().await.map(|answer| answer.status()) })
        })
        .collect();
    time::sleep(Duration::from_millis(3)).await;
    let (one, other) = (
        mesh.stop(Duration::from_secs(5)),
        mesh.stop(Duration::from_secs(1)),
    );
    soon("stops", async { tokio::join!(one, other) }).await;
    for call in calls {
        let ended = soon("call", call).await.expect("no panic");
        assert!(ended.is_ok_and(|status| status == 503));
    }
    at_rest(&mesh).await;
}

#[tokio::test]
async fn a_body_goes_on_when_every_handle_of_its_mesh_is_gone() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let peer = Peer::start(|_| async {
            half_and(async {
                time::sleep(Duration::from_millis(100)).await;
                Ok(Bytes::from_static(b"and half"))
            })
        });
        let peer = peer.await;
        let mesh = calling(&["orders.local"], protocol, peer.addr).await;
        let client = mesh.client_for("orders.local").expect("a backend");
        let answer = client.get("/").send().await.expect("an answer");
        drop((client, mesh));
        let body = soon("body", answer.text()).await.expect("a whole body");
        assert_eq!(body, "halfand half", "{protocol}");
    }
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_own_call_and_no_room() {
    let network = MemoryNetwork::new();
    let app = Router::new().route("/", get(|| async { "hello" })).route(
        "/panic",
        get(async || -> &'static str { panic!("on purpose") }),
    );
    let orders = served(&network, &two_nodes(), "orders", "10.0.0.1:8080", app).await;
    let mesh = Mesh::builder()
        .config(two_nodes())
        .virtual_node("web")
        .without_listeners()
        .network(&network)
        .endpoint("orders", "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let client = mesh.client_for("orders.local").expect("a backend");
    for _ in 0..10 {
        let failed = soon(
            "panic",
            client.get("/panic").timeout(Duration::from_secs(5)).send(),
        )
        .await;
        failed.expect_err("no answer");
        let answer = soon("call", client.get("/").send())
            .await
            .expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), "hello");
    }
    at_rest(&orders).await;
    soon("stop", orders.stop(Duration::from_secs(5))).await;
}

#[tokio::test(start_paused = true)]
async fn a_reload_under_calls_at_every_moment_leaves_no_count() {
    let network = MemoryNetwork::new();
    let app = Router::new().route(
        "/",
        get(|| async {
            time::sleep(Duration::from_millis(7)).await;
            "hello"
        }),
    );
    let _orders = served(&network, &two_nodes(), "orders", "10.0.0.1:8080", app).await;
    let mesh = Mesh::builder()
        .config(routed())
        .virtual_node("web")
        .network(&network)
        .endpoint("orders", "10.0.0.1:8080")
        .start()
        .await
        .expect("the mesh starts");
    let client = mesh.client_for("orders.local").expect("a backend");
    let (with, without): (Config, Config) = (routed().into(), without_orders().into());
    let mut answered = 0;
    for round in 0..60 {
        let calls: Vec<_> = (0..5)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.get("/").send().await?.text().await })
            })
            .collect();
        for _ in 0..round % 12 {
            tokio::task::yield_now().await;
        }
        let next = if round % 2 == 0 { &without } else { &with };
        mesh.apply(next).await.expect("it is valid");
        for call in calls {
            let ended = soon("call", call).await.expect("no panic");
            match ended {
                Ok(_) => answered += 1,
                Err(error) => assert_eq!(error.kind(), ErrorKind::NoRoute, "{round}: {error:?}"),
            }
        }
    }
    assert!(answered > 0);
    at_rest(&mesh).await;
}

/// A node that refuses one call of three, and one that calls it and tries again.
async fn unsteady(protocol: Protocol) -> (Mesh, Mesh) {
    let network = MemoryNetwork::new();
    let listening = |name: &str| {
        VirtualNode::builder(name)
            .listener(8080, protocol)
            .dns(name)
    };
    let events = RetryPolicy::new(3, Duration::from_secs(1)).on(HttpRetryEvent::ServerError);
    let route = Route::http("all")
        .prefix("/")
        .target("orders", 1)
        .retry(events);
    let model = Model::builder("shop")
        .virtual_node(listening("web").backend("orders.local"))
        .virtual_node(listening("orders"))
        .virtual_router(
            VirtualRouter::builder("orders")
                .listener(8080, protocol)
                .route(route),
        )
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid");
    let calls = Arc::new(AtomicUsize::new(0));
    let app = Router::new().fallback(move |body: Bytes| {
        let number = calls.fetch_add(1, SeqCst);
        async move {
            time::sleep(Duration::from_millis(number as u64 % 3)).await;
            match number % 3 {
                0 => Err(StatusCode::SERVICE_UNAVAILABLE),
                _ => Ok(body),
            }
        }
    });
    let orders = served(&network, &model, "orders", "10.0.0.1:8080", app).await;
    let mesh = Mesh::builder()
        .config(model)
        .virtual_node("web")
        .without_listeners()
        .network(&network)
        .endpoint("orders", "10.0.0.1:8080")
        .seed(7)
        .start()
        .await
        .expect("the mesh starts");
    (orders, mesh)
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_dropped_at_any_poll_leave_nothing_in_flight_at_either_end() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let (orders, mesh) = unsteady(protocol).await;
        let client = mesh.client_for("orders.local").expect("a backend");
        for patience in 0..150 {
            let body = vec![b'x'; patience * 997];
            let call = async {
                let answer = client.post("/").body(body.clone()).send().await?;
                answer.bytes().await
            };
            let mut call = Box::pin(call);
            for _ in 0..patience % 30 {
                if futures::poll!(&mut call).is_ready() {
                    break;
                }
                match patience % 2 {
                    0 => tokio::task::yield_now().await,
                    _ => time::sleep(Duration::from_micros(300)).await,
                }
            }
            drop(call);
            if patience % 10 == 0 {
                let said = client
                    .post("/")
                    .body("whole")
                    .send()
                    .await
                    .expect("an answer");
                assert_eq!(said.text().await.expect("a body"), "whole");
            }
        }
        at_rest(&mesh).await;
        at_rest(&orders).await;
        assert!(
            mesh.endpoints("orders")
                .iter()
                .all(|endpoint| endpoint.in_flight == 0)
        );
    }
}
