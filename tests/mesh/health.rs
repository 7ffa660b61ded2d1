//! Endpoints that are asked whether they are well, on the in-memory network with the clock paused.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get};
use futures::channel::mpsc;
use mesh_core::{
    Config,
    config::{Listener, Mesh as Model, VirtualNode, VirtualService},
    health::{Health, HealthCheck},
    unit::Protocol,
};
use mesh_tower::{Client, Mesh, MeshBuilder, test_util::MemoryNetwork};
use tokio::time;
use tonic::service::Routes;
use tonic_health::{ServingStatus, server::health_reporter};

use crate::support::{Abort, served, serving};

const FIRST: &str = "10.0.0.1:8080";
const SECOND: &str = "10.0.0.2:8080";
const THIRD: &str = "10.0.0.3:8080";
/// Behind all others, in order of address.
const GOOD: &str = "10.0.0.9:8080";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn check(protocol: Protocol) -> HealthCheck {
    let check = HealthCheck::new(protocol, seconds(5), seconds(2)).expect("in range");
    match protocol {
        Protocol::Http | Protocol::Http2 => check.path("/ping"),
        _ => check,
    }
}

/// `web` calls `orders.local`, whose endpoints are checked.
fn shop(check: Option<HealthCheck>, protocol: Protocol) -> Model {
    let listener = Listener::builder(8080, protocol);
    let listener = match check {
        Some(check) => listener.health_check(check),
        None => listener,
    };
    let orders = VirtualNode::builder("orders").listener_with(listener);
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(orders.dns_endpoints("orders.internal"))
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .expect("the model is valid")
}

/// One endpoint: how it answers its checks, and what reached it.
#[derive(Clone)]
struct Peer {
    status: Arc<AtomicU16>,
    checks: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl Peer {
    async fn start(network: &MemoryNetwork, model: &Model, addr: &str) -> Self {
        let peer = Self {
            status: Arc::new(AtomicU16::new(200)),
            checks: Arc::default(),
            calls: Arc::default(),
        };
        let (asked, called) = (peer.clone(), peer.clone());
        let ping = get(async move || {
            asked.checks.fetch_add(1, Ordering::SeqCst);
            StatusCode::from_u16(asked.status.load(Ordering::SeqCst)).expect("a status")
        });
        let root = get(async move || {
            called.calls.fetch_add(1, Ordering::SeqCst);
            "hello"
        });
        let app = Router::new().route("/ping", ping).route("/", root);
        served(network, model, "orders", addr, app).await;
        peer
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Waits until it was asked so often again, and the answer has come.
    async fn is_asked(&self, times: usize) {
        let until = self.checks.load(Ordering::SeqCst) + times;
        while self.checks.load(Ordering::SeqCst) < until {
            time::sleep(Duration::from_millis(10)).await;
        }
        time::sleep(Duration::from_millis(10)).await;
    }

    /// How many of the calls since the last look came here.
    fn calls(&self) -> usize {
        self.calls.swap(0, Ordering::SeqCst)
    }
}

fn web(network: &MemoryNetwork, model: &Model, endpoints: &[&str]) -> MeshBuilder {
    let builder = Mesh::builder()
        .config(model.clone())
        .virtual_node("web")
        .network(network)
        .seed(7);
    endpoints
        .iter()
        .fold(builder, |builder, addr| builder.endpoint("orders", addr))
}

async fn call(client: &Client, times: usize) {
    for _ in 0..times {
        let answer = client.get("/").send().await.expect("an answer");
        assert_eq!(answer.text().await.expect("a body"), "hello");
    }
}

fn healths(mesh: &Mesh) -> Vec<Health> {
    let endpoints = mesh.endpoints("orders");
    endpoints.iter().map(|endpoint| endpoint.health).collect()
}

#[tokio::test(start_paused = true)]
async fn an_unwell_endpoint_gets_no_requests_until_it_is_well_again() {
    let asked = check(Protocol::Http).thresholds(2, 3).expect("in range");
    let (network, model) = (MemoryNetwork::new(), shop(Some(asked), Protocol::Http));
    let well = [
        Peer::start(&network, &model, FIRST).await,
        Peer::start(&network, &model, SECOND).await,
    ];
    let sick = Peer::start(&network, &model, THIRD).await;
    let mesh = web(&network, &model, &[FIRST, SECOND, THIRD]);
    let mesh = mesh.start().await.expect("the mesh starts");
    let client = mesh.client_for("orders.local").expect("a backend");
    sick.answers(503);
    // Each step: so many further checks, what they answer, and whether requests go there afterwards.
    for (checks, status, takes) in [
        (2, 503, true),
        (1, 503, false),
        (1, 200, false),
        (1, 200, true),
    ] {
        sick.answers(status);
        sick.is_asked(checks).await;
        call(&client, 30).await;
        let went = (sick.calls() > 0, well.iter().all(|peer| peer.calls() > 0));
        assert_eq!(
            went,
            (takes, true),
            "after {checks} more that answered {status}"
        );
    }
    let metrics = mesh.metrics();
    for name in ["became_well_total 4", "became_unwell_total 1"] {
        assert!(
            metrics.contains(&format!("mesh_health_{name}")),
            "{name} in {metrics}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_appears_gets_requests_only_once_its_checks_are_good() {
    let (network, model) = (
        MemoryNetwork::new(),
        shop(Some(check(Protocol::Http)), Protocol::Http),
    );
    let [old, new] = [FIRST, SECOND].map(|addr| Peer::start(&network, &model, addr));
    let (old, new) = tokio::join!(old, new);
    new.answers(503);
    let (found, updates) = mpsc::unbounded();
    let find = |addrs: &[&str]| {
        let addrs = addrs.iter().map(|addr| addr.parse().expect("an address"));
        found
            .unbounded_send(addrs.collect())
            .expect("it is listened to");
    };
    find(&[FIRST]);
    let web = web(&network, &model, &[]).discover("orders", updates);
    let web = web.start().await.expect("the mesh starts");
    let client = web.client_for("orders.local:8080").expect("a backend");
    call(&client, 4).await;
    assert_eq!(old.calls(), 4);

    find(&[FIRST, SECOND]);
    for _ in 0..3 {
        new.is_asked(1).await;
        call(&client, 4).await;
    }
    assert_eq!(web.endpoints("orders").len(), 2, "it is known");
    assert_eq!((old.calls(), new.calls()), (12, 0));
    new.answers(200);
    while healths(&web) != [Health::Well; 2] {
        call(&client, 1).await;
        assert_eq!(new.calls(), 0, "its checks are not good yet");
        new.is_asked(1).await;
    }
    call(&client, 8).await;
    assert!(new.calls() > 0, "they are good");
}

#[tokio::test(start_paused = true)]
async fn the_start_waits_for_the_first_check_of_each_endpoint() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let model = shop(Some(check(protocol)), protocol);
        let network = MemoryNetwork::new();
        let well = Peer::start(&network, &model, FIRST).await;
        let sick = Peer::start(&network, &model, SECOND).await;
        sick.answers(500);
        let mesh = web(&network, &model, &[FIRST, SECOND]);
        let mesh = mesh.start().await.expect("the mesh starts");
        assert_eq!(healths(&mesh), [Health::Well, Health::Unwell], "{protocol}");
        let client = mesh.client_for("orders.local").expect("a backend");
        call(&client, 4).await;
        assert_eq!((well.calls(), sick.calls()), (4, 0), "{protocol}");
    }
}

/// An endpoint that takes long over its checks, and what becomes of a start that waits for it no longer than this.
async fn started_within(warm: Duration) -> (Duration, Vec<Health>) {
    let (network, model) = (
        MemoryNetwork::new(),
        shop(Some(check(Protocol::Http)), Protocol::Http),
    );
    let app = Router::new().route("/ping", get(async || pending::<()>().await));
    served(&network, &model, "orders", FIRST, app).await;
    let before = time::Instant::now();
    let mesh = web(&network, &model, &[FIRST]).warm(warm).start().await;
    let mesh = mesh.expect("the mesh starts");
    (before.elapsed(), healths(&mesh))
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_not_answered_fails_in_time_and_a_start_does_not_wait_longer_than_it_may() {
    let timer = Duration::from_millis(1);
    let (took, healths) = started_within(seconds(5)).await;
    assert_eq!(healths, [Health::Unwell]);
    assert!(
        took <= seconds(2) + timer,
        "the check's own limit, not {took:?}"
    );
    let (took, healths) = started_within(seconds(1)).await;
    assert_eq!(healths, [Health::Unknown]);
    assert!(
        took <= seconds(1) + timer,
        "the start's limit, not {took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_tcp_check_asks_for_a_connection_only() {
    let (network, model) = (
        MemoryNetwork::new(),
        shop(Some(check(Protocol::Tcp)), Protocol::Http),
    );
    let peer = Peer::start(&network, &model, FIRST).await;
    peer.answers(500);
    let mesh = web(&network, &model, &[FIRST, SECOND]);
    let mesh = mesh.start().await.expect("the mesh starts");
    assert_eq!(healths(&mesh), [Health::Well, Health::Unwell]);
    // Nobody listens at the second, until somebody does.
    let _late = Peer::start(&network, &model, SECOND).await;
    time::sleep(seconds(11)).await;
    assert_eq!(healths(&mesh), [Health::Well, Health::Well]);
}

/// A gRPC server on the in-memory network.
async fn grpc_served(network: &MemoryNetwork, model: &Model, addr: &str, routes: Routes) -> Abort {
    let mesh = Mesh::builder()
        .config(model.clone())
        .virtual_node("orders")
        .network(network)
        .bind(8080, addr);
    let mesh = mesh.start().await.expect("the mesh starts");
    let serving = serving(&mesh, routes.into_axum_router());
    mesh.ready().await;
    serving
}

#[tokio::test(start_paused = true)]
async fn a_grpc_server_is_well_while_its_health_service_says_serving() {
    let (network, model) = (
        MemoryNetwork::new(),
        shop(Some(check(Protocol::Grpc)), Protocol::Grpc),
    );
    let (reporter, service) = health_reporter();
    reporter
        .set_service_status("", ServingStatus::Serving)
        .await;
    let _server = grpc_served(&network, &model, FIRST, Routes::new(service)).await;
    // It has no health service: what it answers is UNIMPLEMENTED.
    let _without = grpc_served(&network, &model, SECOND, Routes::default()).await;
    let mesh = web(&network, &model, &[FIRST, SECOND]);
    let mesh = mesh.start().await.expect("the mesh starts");
    assert_eq!(healths(&mesh), [Health::Well, Health::Unwell]);
    reporter
        .set_service_status("", ServingStatus::NotServing)
        .await;
    time::sleep(seconds(12)).await;
    assert_eq!(healths(&mesh), [Health::Unwell, Health::Unwell]);
    reporter
        .set_service_status("", ServingStatus::Serving)
        .await;
    time::sleep(seconds(12)).await;
    assert_eq!(healths(&mesh), [Health::Well, Health::Unwell]);
}

#[tokio::test(start_paused = true)]
async fn another_configuration_keeps_what_is_known_and_one_without_checks_voids_it() {
    let asked = check(Protocol::Http);
    let (network, model) = (
        MemoryNetwork::new(),
        shop(Some(asked.clone()), Protocol::Http),
    );
    let peers = [
        Peer::start(&network, &model, FIRST).await,
        Peer::start(&network, &model, SECOND).await,
    ];
    peers[1].answers(500);
    let mesh = web(&network, &model, &[FIRST, SECOND]);
    let mesh = mesh.start().await.expect("the mesh starts");
    assert_eq!(healths(&mesh), [Health::Well, Health::Unwell]);
    let slower = asked.thresholds(10, 10).expect("in range");
    let apply = async |check| {
        let config = Config::from(shop(check, Protocol::Http));
        mesh.apply(&config).await.expect("it fits");
    };
    apply(Some(slower)).await;
    assert_eq!(healths(&mesh), [Health::Well, Health::Unwell]);
    // By the new numbers from now on: after ten, and not after two.
    peers[1].answers(200);
    peers[1].is_asked(9).await;
    assert_eq!(healths(&mesh), [Health::Well, Health::Unwell]);
    peers[1].is_asked(1).await;
    assert_eq!(healths(&mesh), [Health::Well, Health::Well]);
    peers[1].answers(500);
    peers[1].is_asked(10).await;
    assert_eq!(healths(&mesh), [Health::Well, Health::Unwell]);
    apply(None).await;
    assert_eq!(healths(&mesh), [Health::Well, Health::Well]);
    let before = peers[0].checks.load(Ordering::SeqCst);
    time::sleep(seconds(60)).await;
    assert_eq!(
        peers[0].checks.load(Ordering::SeqCst),
        before,
        "nobody asks any more"
    );
}

#[tokio::test(start_paused = true)]
async fn checks_keep_their_connection_and_come_at_their_interval() {
    let (network, model) = (
        MemoryNetwork::new(),
        shop(Some(check(Protocol::Http)), Protocol::Http),
    );
    let peer = Peer::start(&network, &model, FIRST).await;
    let mesh = web(&network, &model, &[FIRST]);
    let mesh = mesh.start().await.expect("the mesh starts");
    time::sleep(seconds(100)).await;
    let checks = peer.checks.load(Ordering::SeqCst);
    assert!(
        (19..=23).contains(&checks),
        "every 5 s, more or less by a tenth: {checks}"
    );
    drop(mesh);
    time::sleep(seconds(100)).await;
    assert_eq!(
        peer.checks.load(Ordering::SeqCst),
        checks,
        "checks end with the mesh"
    );
}

/// So many endpoints that never answer a check, at the addresses before [`GOOD`].
async fn silent(network: &MemoryNetwork, endpoints: u16) -> (Vec<String>, Abort) {
    let ports = 1..=endpoints;
    let node = ports
        .clone()
        .fold(VirtualNode::builder("silent"), |node, port| {
            node.listener(port, Protocol::Http)
        });
    let model = Model::builder("shop").virtual_node(node.dns("silent.internal"));
    let builder = Mesh::builder()
        .config(model.build().expect("the model is valid"))
        .virtual_node("silent")
        .network(network);
    let addrs: Vec<_> = ports
        .clone()
        .map(|port| format!("10.0.0.1:{port}"))
        .collect();
    let builder = ports
        .zip(&addrs)
        .fold(builder, |builder, (port, addr)| builder.bind(port, addr));
    let mesh = builder.start().await.expect("the mesh starts");
    let app = Router::new().fallback(async || pending::<()>().await);
    let serving = serving(&mesh, app);
    mesh.ready().await;
    (addrs, serving)
}

#[tokio::test(start_paused = true)]
async fn endpoints_that_are_silent_keep_no_other_from_being_asked() {
    let asked = HealthCheck::new(Protocol::Http, seconds(5), seconds(10)).expect("in range");
    let (network, model) = (
        MemoryNetwork::new(),
        shop(Some(asked.path("/ping")), Protocol::Http),
    );
    let (mut addrs, _silent) = silent(&network, 80).await;
    let _good = Peer::start(&network, &model, GOOD).await;
    addrs.push(GOOD.to_owned());
    let addrs: Vec<_> = addrs.iter().map(String::as_str).collect();
    let mesh = web(&network, &model, &addrs);
    let mesh = mesh.start().await.expect("the mesh starts");
    time::sleep(seconds(60)).await;
    let healths = healths(&mesh);
    let unasked = healths.iter().filter(|&&health| health == Health::Unknown);
    assert_eq!(unasked.count(), 0);
    assert_eq!(healths.last(), Some(&Health::Well));
}

/// The endpoints as a stream tells them, and who calls them.
async fn told(
    network: &MemoryNetwork,
    model: &Model,
    first: &[&str],
) -> (mpsc::UnboundedSender<Vec<SocketAddr>>, Mesh) {
    let (tell, updates) = mpsc::unbounded();
    tell.unbounded_send(addrs(first)).expect("it is read");
    let web = web(network, model, &[]).discover("orders", updates);
    (tell, web.start().await.expect("the mesh starts"))
}

fn addrs(addrs: &[&str]) -> Vec<SocketAddr> {
    let addrs = addrs.iter().map(|addr| addr.parse());
    addrs.collect::<Result<_, _>>().expect("addresses")
}

#[tokio::test(start_paused = true)]
async fn an_address_that_comes_back_is_asked_before_it_takes_requests() {
    let (network, model) = (
        MemoryNetwork::new(),
        shop(Some(check(Protocol::Http)), Protocol::Http),
    );
    let _stays = [
        Peer::start(&network, &model, SECOND).await,
        Peer::start(&network, &model, THIRD).await,
    ];
    let replaced = Peer::start(&network, &model, FIRST).await;
    let (tell, mesh) = told(&network, &model, &[FIRST, SECOND, THIRD]).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    for away in [seconds(20), Duration::ZERO] {
        assert_eq!(healths(&mesh), [Health::Well; 3]);
        tell.unbounded_send(addrs(&[SECOND, THIRD]))
            .expect("it is read");
        until(|| healths(&mesh).len() == 2).await;
        time::sleep(away).await;
        // Another process by now, which was registered before it was ready.
        replaced.answers(503);
        replaced.calls();
        tell.unbounded_send(addrs(&[FIRST, SECOND, THIRD]))
            .expect("it is read");
        until(|| healths(&mesh).len() == 3).await;
        assert_ne!(healths(&mesh)[0], Health::Well);
        call(&client, 30).await;
        replaced.is_asked(1).await;
        assert_eq!(
            healths(&mesh)[0],
            Health::Unwell,
            "the first answer decides"
        );
        call(&client, 30).await;
        assert_eq!(replaced.calls(), 0);
        replaced.answers(200);
        replaced.is_asked(2).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_not_asked_yet_takes_nothing_while_anybody_is_well_and_causes_no_panic() {
    let (network, model) = (
        MemoryNetwork::new(),
        shop(Some(check(Protocol::Http)), Protocol::Http),
    );
    let old = [
        Peer::start(&network, &model, FIRST).await,
        Peer::start(&network, &model, SECOND).await,
    ];
    let (tell, mesh) = told(&network, &model, &[FIRST, SECOND]).await;
    let client = mesh.client_for("orders.local").expect("a backend");
    let (mut more, _silent) = silent(&network, 3).await;
    more.extend([FIRST.to_owned(), SECOND.to_owned()]);
    let more: Vec<_> = more.iter().map(String::as_str).collect();
    tell.unbounded_send(addrs(&more)).expect("it is read");
    until(|| healths(&mesh).len() == 5).await;
    call(&client, 20).await;
    let taken: usize = old.iter().map(Peer::calls).sum();
    assert_eq!(taken, 20);
    let metrics = mesh.metrics();
    assert!(metrics.contains("mesh_endpoints_panic{target=\"orders\"} 0\n"));
}

/// Waits for what comes without time.
async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}
