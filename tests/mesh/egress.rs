//! Calls to hosts outside of the mesh, as the egress filter lets them out or keeps them in.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::Request as Asked, http::StatusCode, routing::any};
use futures::future::join_all;
use http::Request;
use http_body_util::BodyExt;
use mesh_core::{
    compile::Target,
    config::{
        EgressFilter, Listener, Mesh as Model, Timeout, VirtualNode, VirtualRouter, VirtualService,
    },
    metric::Flag,
    unit::Protocol,
};
use mesh_tower::{Body, ErrorKind, Mesh, test_util::MemoryNetwork};
use tokio::{
    sync::Barrier,
    time::{self, Instant},
};
use tower::{Service, ServiceExt};

use crate::support::{Peer, served, status};

const OUTSIDE: &str = "10.9.9.9:8080";

/// `web` may call `orders.local`, of which no route takes anything; `outside` is in another mesh.
fn shop(filter: EgressFilter) -> Model {
    Model::builder("shop")
        .egress_filter(filter)
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_router(VirtualRouter::builder("orders").listener(80, Protocol::Http))
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid")
}

/// An application that is served where no mesh knows of it.
async fn outside(network: &MemoryNetwork, app: Router) -> Mesh {
    let unlimited = Timeout::new()
        .per_request(Duration::ZERO)
        .idle(Duration::ZERO);
    let node = VirtualNode::builder("outside")
        .listener_with(Listener::builder(8080, Protocol::Http).timeout(unlimited));
    let mesh = Model::builder("elsewhere").virtual_node(node.dns("outside"));
    let model = mesh.build().expect("the model is valid");
    served(network, &model, "outside", OUTSIDE, app).await
}

async fn web(network: &MemoryNetwork, filter: EgressFilter) -> Mesh {
    let mesh = Mesh::builder().config(shop(filter)).virtual_node("web");
    let mesh = mesh.network(network).seed(7).start().await;
    mesh.expect("the mesh starts")
}

async fn proxied(mesh: &Mesh, uri: &str) -> StatusCode {
    let request = Request::get(uri).body(Body::empty()).expect("a request");
    let Ok(answer) = mesh.client().as_proxy().oneshot(request).await;
    answer.status()
}

#[tokio::test(start_paused = true)]
async fn an_open_filter_lets_calls_out_to_the_host_and_port_that_they_name() {
    let network = MemoryNetwork::new();
    let echo = async |asked: Asked| {
        format!(
            "{} {}",
            asked.headers()["host"].to_str().expect("text"),
            asked.uri()
        )
    };
    let _outside = outside(&network, Router::new().fallback(any(echo))).await;
    let mesh = web(&network, EgressFilter::AllowAll).await;
    let uri = format!("http://{OUTSIDE}/a/../b?c=d");
    let answer = mesh.client().get(&uri).send().await.expect("an answer");
    let call = answer.call().expect("it is known");
    let target = call.target().expect("it was routed").as_str().to_owned();
    assert_eq!(target, "cds_egress_shop_mesh-allow-all");
    assert_eq!(answer.text().await.expect("a body"), "10.9.9.9:8080 /b?c=d");
    let metrics = mesh.metrics();
    let counted = r#"direction="outbound",mesh="shop",virtual_node="web",virtual_service="",route="",target="cds_egress_shop_mesh-allow-all",class="2xx"} 1"#;
    assert!(metrics.contains(counted), "{metrics}");
    assert!(metrics.contains("\nmesh_egress_hosts 1\n"), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn what_is_let_out_is_tried_once_and_limited_as_the_defaults_say() {
    let network = MemoryNetwork::new();
    let app = Router::new()
        .route("/503", any(StatusCode::SERVICE_UNAVAILABLE))
        .route("/never", any(std::future::pending::<StatusCode>));
    let _outside = outside(&network, app).await;
    let mesh = web(&network, EgressFilter::AllowAll).await;
    let client = mesh.client_for(OUTSIDE).expect("a warning, no error");
    let failed = client.get("/503").send().await.expect("an answer");
    assert_eq!(failed.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(failed.call().expect("it is known").attempts().count(), 1);
    let began = Instant::now();
    let slow = client.get("/never").send().await.expect_err("no answer");
    assert_eq!(slow.kind(), ErrorKind::Timeout, "{slow}");
    assert_eq!(began.elapsed(), Duration::from_secs(15));
    let refused = client.get("http://10.9.9.8/").send().await;
    let refused = refused.expect_err("nobody listens there");
    assert_eq!(
        (refused.kind(), refused.attempts()),
        (ErrorKind::Unavailable, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn each_filter_refuses_with_a_reason_and_as_a_sidecar_did() {
    let network = MemoryNetwork::new();
    let open = web(&network, EgressFilter::AllowAll).await;
    let closed = web(&network, EgressFilter::DropAll).await;
    let rows = [
        (&open, "http://orders.local/", "no route of virtual service"),
        (&open, "https://example.com/", "TLS"),
        (&closed, "https://sqs.eu-central-1.amazonaws.com/", "TLS"),
        (
            &closed,
            "http://example.com/",
            "no virtual service is called",
        ),
        (
            &closed,
            "https://example.com/",
            "no virtual service is called",
        ),
        (
            &closed,
            "http://evilamazonaws.com/",
            "no virtual service is called",
        ),
    ];
    for (mesh, uri, reason) in rows {
        let error = mesh.client().get(uri).send().await.expect_err(uri);
        assert_eq!(
            (error.kind(), error.flag()),
            (ErrorKind::NoRoute, Some(Flag::NoRoute)),
            "{uri}"
        );
        assert!(format!("{error:?}").contains(reason), "{uri}: {error:?}");
        assert_eq!(proxied(mesh, uri).await, StatusCode::NOT_FOUND, "{uri}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_builder_says_of_egress_counts_under_every_configuration() {
    let network = MemoryNetwork::new();
    let _outside = outside(&network, Router::new().fallback(any(async || "hello"))).await;
    let uri = format!("http://{OUTSIDE}/");
    let closed = Mesh::builder()
        .config(shop(EgressFilter::AllowAll))
        .virtual_node("web")
        .network(&network)
        .egress_filter(EgressFilter::DropAll);
    let closed = closed.start().await.expect("the mesh starts");
    let later = shop(EgressFilter::AllowAll).into();
    closed.apply(&later).await.expect("it fits the node");
    assert_eq!(proxied(&closed, &uri).await, StatusCode::NOT_FOUND);
    let open = Mesh::builder()
        .service("orders:8080", Target::dns("10.9.9.1"))
        .network(&network)
        .egress_filter(EgressFilter::AllowAll);
    let open = open.start().await.expect("the mesh starts");
    assert_eq!(proxied(&open, &uri).await, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_nobody_calls_any_more_is_forgotten_and_found_again() {
    let network = MemoryNetwork::new();
    let _outside = outside(&network, Router::new().fallback(any(async || "hello"))).await;
    let mesh = web(&network, EgressFilter::AllowAll).await;
    let hosts = || {
        let metrics = mesh.metrics();
        let line = metrics
            .lines()
            .find(|line| line.starts_with("mesh_egress_hosts "));
        line.expect("it is always told").to_owned()
    };
    let uri = format!("http://{OUTSIDE}/");
    assert_eq!(proxied(&mesh, &uri).await, StatusCode::OK);
    assert_eq!(hosts(), "mesh_egress_hosts 1");
    time::sleep(Duration::from_secs(301)).await;
    assert_eq!(hosts(), "mesh_egress_hosts 0");
    assert_eq!(proxied(&mesh, &uri).await, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_call_to_one_host_more_than_there_is_room_for_says_so_in_every_word() {
    let mesh = web(&MemoryNetwork::new(), EgressFilter::AllowAll).await;
    let asked = |host: u16| {
        let [high, low] = host.to_be_bytes();
        let request = Request::get(format!("http://10.0.{high}.{low}/"));
        request.body(Body::empty()).expect("a request")
    };
    // None has been polled yet, so that each of them is busy.
    let busy: Vec<_> = (0..1024)
        .map(|host| mesh.client().call(asked(host)))
        .collect();
    let error = mesh.client().send(asked(1024)).await.expect_err("no room");
    assert_eq!(
        (error.kind(), error.flag()),
        (ErrorKind::Overflow, Some(Flag::UpstreamOverflow)),
        "{error:?}"
    );
    let Ok(answer) = mesh.client().as_proxy().oneshot(asked(1024)).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["x-envoy-overloaded"], "true");
    let text = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    assert!(text.ends_with(b"reset reason: overflow"), "{text:?}");
    drop(busy);
}

#[tokio::test]
async fn a_hundred_calls_at_once_to_a_host_nobody_knew_are_all_answered() {
    let together = Arc::new(Barrier::new(100));
    let peer = Peer::start(move |_| {
        let together = together.clone();
        async move {
            together.wait().await;
            status(StatusCode::NO_CONTENT)
        }
    })
    .await;
    let mesh = Mesh::builder()
        .config(shop(EgressFilter::AllowAll))
        .virtual_node("web");
    let mesh = mesh.start().await.expect("the mesh starts");
    let uri = format!("http://{}/", peer.addr);
    let calls = (0..100).map(|_| proxied(&mesh, &uri));
    let answers = join_all(calls).await;
    assert!(
        answers
            .iter()
            .all(|status| *status == StatusCode::NO_CONTENT)
    );
    assert!(mesh.metrics().contains("\nmesh_egress_hosts 1\n"));
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_through_an_unknown_host_is_refused() {
    let mesh = web(&MemoryNetwork::new(), EgressFilter::AllowAll).await;
    let connect = Request::connect("example.com:443").body(Body::empty());
    let Ok(answer) = mesh
        .client()
        .as_proxy()
        .oneshot(connect.expect("a request"))
        .await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let body = answer.into_body().collect().await.expect("a body");
    assert!(body.to_bytes().is_empty());
}
