//! The kill switch and the shadow: what is not done then, what stays, and how one knows.

use std::{process::Command, time::Duration};

use axum::{Router, http::StatusCode, routing::any};
use mesh_core::{
    config::{
        HeaderMatcher, HttpRetryEvent, Listener, Mesh as Model, RetryPolicy, Route, VirtualNode,
        VirtualRouter, VirtualService,
    },
    limit::ConnectionPool,
    mode::Mode,
    outlier::OutlierDetection,
    unit::Protocol,
};
use mesh_tower::{ClientResponse, ErrorKind, Mesh, MeshBuilder, test_util::MemoryNetwork};

use crate::support::served;

/// A header leads to the canary, 90 of 100 others to `v1`; what fails is tried twice more, and who fails three times in a row is
/// out. `v1` takes one request at a time.
fn shop() -> Model {
    let version = |name: &str| {
        let out = OutlierDetection::new(3, Duration::from_secs(10), Duration::from_secs(30), 100);
        let one = ConnectionPool::http(1, Some(1)).expect("in range");
        let listener = Listener::builder(8080, Protocol::Http)
            .outlier_detection(out.expect("in range"))
            .connection_pool(one);
        VirtualNode::builder(name).listener_with(listener).dns(name)
    };
    let retries = || RetryPolicy::new(2, Duration::ZERO).on(HttpRetryEvent::ServerError);
    let canary = Route::http("canary")
        .priority(1)
        .header("x-canary", HeaderMatcher::exact("1"));
    let usual = Route::http("usual").target("v1", 90).target("v2", 10);
    let router = VirtualRouter::builder("orders")
        .listener(80, Protocol::Http)
        .route(canary.target("v2", 1).retry(retries()))
        .route(usual.retry(retries()));
    Model::builder("shop")
        .virtual_node(version("v1"))
        .virtual_node(version("v2"))
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_router(router)
        .virtual_service(VirtualService::builder("orders.local").virtual_router("orders"))
        .build()
        .expect("the model is valid")
}

struct Shop {
    web: Mesh,
    _versions: [Mesh; 2],
}

impl Shop {
    async fn open(how: impl Fn(MeshBuilder) -> MeshBuilder) -> Self {
        let network = MemoryNetwork::new();
        let version = async |node: &'static str, addr| {
            let app = Router::new()
                .route("/503", any(StatusCode::SERVICE_UNAVAILABLE))
                .fallback(any(async move || node));
            served(&network, &shop(), node, addr, app).await
        };
        let versions = [
            version("v1", "10.0.0.1:8080").await,
            version("v2", "10.0.0.2:8080").await,
        ];
        let web = Mesh::builder()
            .config(shop())
            .virtual_node("web")
            .network(&network)
            .seed(7)
            .endpoint("v1", "10.0.0.1:8080")
            .endpoint("v2", "10.0.0.2:8080");
        Self {
            web: how(web).start().await.expect("the mesh starts"),
            _versions: versions,
        }
    }

    async fn get(&self, path: &str, canary: &str) -> ClientResponse {
        let client = self.web.client_for("orders.local").expect("a backend");
        let call = client.get(path).header("x-canary", canary).send().await;
        call.expect("an answer")
    }

    fn metric(&self, line: &str) -> bool {
        self.web.metrics().lines().any(|found| found == line)
    }

    fn ejected(&self) -> usize {
        let endpoints = self.web.endpoints("v1");
        let ejected = endpoints
            .iter()
            .filter(|endpoint| endpoint.ejected.is_some());
        ejected.count()
    }
}

fn attempts(answer: &ClientResponse) -> usize {
    answer.call().expect("it is known").attempts().count()
}

/// Routes and retries, which neither mode does.
async fn does_nothing_but_send(shop: &Shop) {
    for _ in 0..20 {
        let answer = shop.get("/", "1").await;
        assert_eq!(answer.text().await.expect("a body"), "v1");
    }
    for _ in 0..4 {
        let failed = shop.get("/503", "0").await;
        assert_eq!(failed.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(attempts(&failed), 1);
    }
    assert_eq!(shop.ejected(), 0);
    let elsewhere = shop
        .web
        .client()
        .get("http://elsewhere.local/")
        .send()
        .await;
    let refused = elsewhere.expect_err("the filter is closed");
    assert_eq!(refused.kind(), ErrorKind::NoRoute);
}

#[tokio::test(start_paused = true)]
async fn without_a_switch_everything_is_done() {
    let shop = Shop::open(|web| web).await;
    let answer = shop.get("/", "1").await;
    assert_eq!(answer.text().await.expect("a body"), "v2");
    assert_eq!(attempts(&shop.get("/503", "0").await), 3);
    assert!(shop.metric("mesh_bypass 0") && shop.metric("mesh_shadow 0"));
    assert_eq!(shop.web.mode(), Mode::Enforce);
}

#[tokio::test(start_paused = true)]
async fn a_bypassed_mesh_sends_and_does_nothing_else_and_says_so() {
    let shop = Shop::open(|web| web.bypass(true).shadow(true)).await;
    does_nothing_but_send(&shop).await;
    shop.web.ready().await;
    assert!(shop.metric("mesh_bypass 1") && shop.metric("mesh_shadow 0"));
    assert_eq!(shop.web.readiness().to_string(), "ready, bypassed");
    assert!(format!("{:?}", shop.web).contains("Bypass"));
    assert!(!shop.web.metrics().contains("mesh_shadow_decisions_total"));

    let later = self::shop().into();
    shop.web.apply(&later).await.expect("it fits the node");
    does_nothing_but_send(&shop).await;
}

#[tokio::test(start_paused = true)]
async fn a_shadow_counts_what_would_have_been_done() {
    let shop = Shop::open(|web| web.shadow(true)).await;
    does_nothing_but_send(&shop).await;
    assert!(shop.metric("mesh_bypass 0") && shop.metric("mesh_shadow 1"));
    let counted = |decision: &str, count: u32| {
        let line = format!("mesh_shadow_decisions_total{{decision=\"{decision}\"}} {count}");
        assert!(shop.metric(&line), "{line}: {}", shop.web.metrics());
    };
    counted("retry", 4);
    counted("ejection", 1);
    // 20 would have gone to the canary; which of the others would have, the seed decides.
    let metrics = shop.web.metrics();
    let routes = metrics
        .lines()
        .find_map(|line| line.strip_prefix("mesh_shadow_decisions_total{decision=\"route\"} "));
    let routes: u32 = routes
        .and_then(|count| count.parse().ok())
        .expect("counted");
    assert!((20..24).contains(&routes), "{routes}");
    assert_eq!(shop.web.readiness().to_string(), "ready, shadowed");
}

#[tokio::test(start_paused = true)]
async fn a_connection_pool_is_kept_counted_or_nothing_as_the_mode_says() {
    let serve = |how: fn(MeshBuilder) -> MeshBuilder| async move {
        let network = MemoryNetwork::new();
        let orders = Mesh::builder()
            .config(shop())
            .virtual_node("v1")
            .network(&network)
            .bind(8080, "10.0.0.1:8080");
        let orders = how(orders).start().await.expect("the mesh starts");
        let server = orders.clone();
        let slow = Router::new().fallback(any(async || {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }));
        tokio::spawn(async move { server.serve_until(slow, std::future::pending()).await });
        orders.ready().await;
        let web = Mesh::builder()
            .service(
                "orders:8080",
                mesh_tower::Target::dns("v1").retry(mesh_core::retry::Policy::none()),
            )
            .network(&network)
            .endpoint("v1", "10.0.0.1:8080");
        let web = web.start().await.expect("the mesh starts");
        let client = web.client_for("orders:8080").expect("a service");
        let calls =
            (0..4).map(|_| async { client.get("/").send().await.expect("an answer").status() });
        let answers = futures::future::join_all(calls).await;
        (
            answers.iter().filter(|status| status.is_success()).count(),
            orders.metrics(),
        )
    };
    let counted = "mesh_shadow_decisions_total{decision=\"limit\"} 3\n";
    assert_eq!(serve(|orders| orders).await.0, 2);
    assert_eq!(serve(|orders| orders.bypass(true)).await.0, 4);
    let (answered, metrics) = serve(|orders| orders.shadow(true)).await;
    assert_eq!(answered, 4);
    assert!(metrics.contains(counted), "{metrics}");
}

/// What [`the_environment_switches_a_process_over`] runs in a process of its own.
#[tokio::test]
#[ignore = "another test runs it, with the variable set"]
async fn tells_its_mode() {
    let mesh = Mesh::builder().config(shop()).virtual_node("web");
    let mesh = mesh
        .endpoint("v1", "127.0.0.1:1")
        .endpoint("v2", "127.0.0.1:1");
    match mesh.start().await {
        Ok(mesh) => println!("the mode is {:?}", mesh.mode()),
        Err(error) => println!("the error is {error}"),
    }
}

#[test]
fn the_environment_switches_a_process_over() {
    let rows = [
        ("MESH_BYPASS", "1", "the mode is Bypass"),
        ("MESH_SHADOW", "1", "the mode is Shadow"),
        ("MESH_BYPASS", "0", "the mode is Enforce"),
        (
            "MESH_BYPASS",
            "ture",
            "the error is MESH_BYPASS is \"ture\"",
        ),
    ];
    let this = std::env::current_exe().expect("a test runs");
    for (variable, value, expected) in rows {
        let told = Command::new(&this)
            .args([
                "bypass::tells_its_mode",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env_remove("MESH_BYPASS")
            .env_remove("MESH_SHADOW")
            .env(variable, value)
            .output()
            .expect("it can be started");
        let told = String::from_utf8_lossy(&told.stdout);
        assert!(told.contains(expected), "{variable}={value}: {told}");
    }
}
