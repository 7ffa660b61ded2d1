//! Endpoints that go out and come back, through the facade, on the in-memory network with the clock paused.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::Request, response::Response};
use bytes::Bytes;
use futures::{channel::mpsc, stream};
use http::StatusCode;
use mesh_core::{
    balance::Algorithm,
    config::{Listener, Mesh as Model, VirtualNode, VirtualService},
    outlier::OutlierDetection,
    unit::Protocol,
};
use mesh_tower::{Client, Ejected, Mesh, Target, test_util::MemoryNetwork};
use tokio::time;

use crate::support::{served, two_nodes};

/// What an endpoint does.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Well,
    Failing,
    Silent,
    /// Answers, and never comes to the end.
    Endless,
}

/// Three endpoints of `orders`, what each does, and how often each was asked.
struct Fleet {
    network: MemoryNetwork,
    moods: [Arc<AtomicUsize>; 3],
    asked: [Arc<AtomicUsize>; 3],
    _endpoints: Vec<Mesh>,
}

const MOODS: [Mood; 4] = [Mood::Well, Mood::Failing, Mood::Silent, Mood::Endless];

impl Fleet {
    async fn new() -> Self {
        let network = MemoryNetwork::new();
        let (moods, asked) = <([Arc<AtomicUsize>; 3], [Arc<AtomicUsize>; 3])>::default();
        let mut endpoints = Vec::new();
        for index in 0..3 {
            let (mood, asked) = (moods[index].clone(), asked[index].clone());
            let app = Router::new().fallback(async move |_: Request| {
                asked.fetch_add(1, Ordering::SeqCst);
                answer(MOODS[mood.load(Ordering::SeqCst)]).await
            });
            let addr = at(index).to_string();
            endpoints.push(served(&network, &two_nodes(), "orders", &addr, app).await);
        }
        Self {
            network,
            moods,
            asked,
            _endpoints: endpoints,
        }
    }

    fn turn(&self, index: usize, mood: Mood) {
        let mood = MOODS.iter().position(|known| *known == mood);
        self.moods[index].store(mood.expect("one of them"), Ordering::SeqCst);
    }

    /// How often each was asked since the last look.
    fn asked(&self) -> [usize; 3] {
        std::array::from_fn(|index| self.asked[index].swap(0, Ordering::SeqCst))
    }

    /// A caller of the first so many of them.
    async fn caller(&self, target: Target, endpoints: usize) -> (Mesh, Client) {
        let builder = Mesh::builder().service("orders:80", target);
        let builder = builder.network(&self.network).seed(7);
        let builder = (0..endpoints).fold(builder, |builder, index| {
            builder.endpoint("orders", at(index))
        });
        let mesh = builder.start().await.expect("the mesh starts");
        let client = mesh.client_for("orders:80").expect("a service");
        (mesh, client)
    }
}

async fn answer(mood: Mood) -> Response {
    match mood {
        Mood::Well => Response::default(),
        Mood::Failing => {
            let mut failed = Response::default();
            *failed.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            failed
        }
        Mood::Silent => pending().await,
        Mood::Endless => {
            let endless = stream::pending::<Result<Bytes, std::io::Error>>();
            Response::new(axum::body::Body::from_stream(endless))
        }
    }
}

fn at(index: usize) -> SocketAddr {
    let index = u8::try_from(index).expect("a few");
    ([10, 0, 0, 1 + index], 8080).into()
}

/// Three failures in a row; sweeps each second; two seconds out.
fn detection(percent: i64) -> OutlierDetection {
    let seconds = Duration::from_secs;
    OutlierDetection::new(3, seconds(1), seconds(2), percent).expect("in range")
}

/// One after the other, so that every endpoint has its share.
fn watched(percent: i64) -> Target {
    let target = Target::dns("orders").balance(Algorithm::RoundRobin);
    target.outlier_detection(detection(percent))
}

/// Requests that are tried once.
async fn send(client: &Client, requests: usize) {
    for _ in 0..requests {
        // What became of it is for the endpoints to count.
        let _ = client.post("/").send().await;
    }
}

/// How many the metrics say are out for this reason.
fn ejected(mesh: &Mesh, reason: &str) -> usize {
    let number =
        format!("mesh_endpoints{{target=\"orders\",state=\"ejected\",reason=\"{reason}\"}} ");
    let page = mesh.metrics();
    let line = page.lines().find_map(|line| line.strip_prefix(&number));
    let count = line.unwrap_or_else(|| panic!("{number} in {page}"));
    count.parse().expect("a number")
}

fn out(mesh: &Mesh) -> Vec<SocketAddr> {
    let endpoints = mesh.endpoints("orders").into_iter();
    endpoints
        .filter(|endpoint| endpoint.ejected.is_some())
        .map(|endpoint| endpoint.addr)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_fails_in_a_row_is_out_and_back_at_a_sweep_and_out_for_twice_as_long() {
    let fleet = Fleet::new().await;
    let (mesh, client) = fleet.caller(watched(50), 3).await;
    fleet.turn(0, Mood::Failing);
    send(&client, 6).await;
    assert_eq!((fleet.asked(), out(&mesh)), ([2; 3], vec![]));
    send(&client, 30).await;
    let [bad, ..] = fleet.asked();
    assert_eq!((bad, out(&mesh)), (1, vec![at(0)]), "the third in a row");
    // The second time four seconds, and on to the next of the sweeps, which began with the first ejection.
    for out_for in [2_000, 4_999] {
        time::sleep(Duration::from_millis(out_for - 1)).await;
        send(&client, 30).await;
        assert_eq!(fleet.asked(), [0, 15, 15], "out for {out_for} ms");
        time::sleep(Duration::from_millis(2)).await;
        assert!(out(&mesh).is_empty(), "back after {out_for} ms");
        send(&client, 30).await;
        let [bad, ..] = fleet.asked();
        assert_eq!((bad, out(&mesh)), (3, vec![at(0)]), "it fails again");
    }
    fleet.turn(0, Mood::Well);
    time::sleep(Duration::from_secs(7)).await;
    send(&client, 30).await;
    assert_eq!((fleet.asked(), out(&mesh)), ([10; 3], vec![]));
}

#[tokio::test(start_paused = true)]
async fn an_ejected_endpoint_that_leaves_and_comes_back_is_still_out() {
    let fleet = Fleet::new().await;
    let (found, updates) = mpsc::unbounded();
    let find = async |indices: std::ops::Range<usize>| {
        found
            .unbounded_send(indices.map(at).collect())
            .expect("it is listened to");
        time::sleep(Duration::from_millis(10)).await;
    };
    let builder = Mesh::builder().service("orders:80", watched(50));
    let builder = builder.network(&fleet.network).seed(7);
    let starting = builder.discover("orders", updates).start();
    let (mesh, ()) = tokio::join!(starting, find(0..3));
    let mesh = mesh.expect("the mesh starts");
    let client = mesh.client_for("orders:80").expect("a service");
    fleet.turn(0, Mood::Failing);
    send(&client, 9).await;
    assert_eq!(out(&mesh), [at(0)]);

    find(1..3).await;
    assert_eq!(mesh.endpoints("orders").len(), 2, "it is gone");
    fleet.turn(0, Mood::Well);
    find(0..3).await;
    assert_eq!(out(&mesh), [at(0)], "it is back, and out as before");
    fleet.asked();
    send(&client, 6).await;
    assert_eq!(fleet.asked(), [0, 3, 3]);
    time::sleep(Duration::from_secs(4)).await;
    assert_eq!(out(&mesh), []);
    send(&client, 6).await;
    assert_eq!(fleet.asked(), [2, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_success_in_between_begins_the_row_anew() {
    let fleet = Fleet::new().await;
    let (mesh, client) = fleet.caller(watched(50), 3).await;
    for _ in 0..5 {
        fleet.turn(0, Mood::Failing);
        send(&client, 6).await;
        fleet.turn(0, Mood::Well);
        send(&client, 3).await;
    }
    assert_eq!((fleet.asked(), out(&mesh)), ([15; 3], vec![]));
}

#[tokio::test(start_paused = true)]
async fn no_more_are_out_than_the_share_and_when_most_are_all_are_used() {
    let fleet = Fleet::new().await;
    (0..3).for_each(|index| fleet.turn(index, Mood::Failing));
    let (mesh, client) = fleet.caller(watched(34), 3).await;
    send(&client, 60).await;
    assert_eq!(out(&mesh).len(), 1, "34 % of three");

    let (mesh, client) = fleet.caller(watched(100), 3).await;
    send(&client, 20).await;
    fleet.asked();
    assert_eq!(out(&mesh).len(), 3);
    send(&client, 30).await;
    assert_eq!(fleet.asked(), [10; 3], "panic");
    let metrics = mesh.metrics();
    assert_eq!(ejected(&mesh, "consecutive failures"), 3);
    assert!(metrics.contains("mesh_endpoints_panic{target=\"orders\"} 1\n"));
    assert!(metrics.contains("mesh_endpoint_ejections_total{target=\"orders\"} 3\n"));
}

#[tokio::test(start_paused = true)]
async fn the_only_endpoint_is_used_though_it_is_out() {
    let fleet = Fleet::new().await;
    fleet.turn(0, Mood::Failing);
    let (mesh, client) = fleet.caller(watched(0), 1).await;
    send(&client, 10).await;
    assert_eq!((fleet.asked()[0], out(&mesh)), (10, vec![at(0)]));
    assert!(mesh.endpoints("orders")[0].takes_attempts);
}

#[tokio::test(start_paused = true)]
async fn silence_counts_when_a_limit_cuts_it_and_not_when_the_caller_goes_away() {
    let fleet = Fleet::new().await;
    fleet.turn(0, Mood::Silent);
    let target = watched(50).timeout(Duration::from_millis(100));
    let (mesh, client) = fleet.caller(target, 3).await;
    for _ in 0..12 {
        let _ = time::timeout(Duration::from_millis(50), client.post("/").send()).await;
    }
    assert_eq!((fleet.asked(), out(&mesh)), ([4; 3], vec![]));
    send(&client, 9).await;
    assert_eq!((fleet.asked(), out(&mesh)), ([3; 3], vec![at(0)]));
}

#[tokio::test(start_paused = true)]
async fn the_time_that_a_caller_left_speaks_against_no_endpoint() {
    let fleet = Fleet::new().await;
    (0..3).for_each(|index| fleet.turn(index, Mood::Silent));
    let (mesh, client) = fleet.caller(watched(100), 3).await;
    for _ in 0..12 {
        let request = client.post("/").header("content-type", "application/grpc");
        let _late = request.header("grpc-timeout", "50m").send().await;
    }
    assert_eq!((fleet.asked(), out(&mesh)), ([4; 3], vec![]));
}

#[tokio::test(start_paused = true)]
async fn where_nobody_listens_nothing_is_sent_for_long_and_no_request_is_lost() {
    let fleet = Fleet::new().await;
    let hour = Duration::from_secs(3_600);
    let detection = OutlierDetection::new(3, hour, hour, 50).expect("in range");
    let target = watched(50).outlier_detection(detection);
    let builder = Mesh::builder().service("orders:80", target);
    let builder = builder.network(&fleet.network).seed(7);
    let builder = builder.endpoint("orders", "10.9.9.9:80");
    let builder = builder.endpoint("orders", at(0)).endpoint("orders", at(1));
    let mesh = builder.start().await.expect("the mesh starts");
    let client = mesh.client_for("orders:80").expect("a service");
    let mut attempts = Vec::new();
    for _ in 0..20 {
        // By then nobody tries by themselves to connect any more, so it is asked in its turn.
        time::sleep(Duration::from_secs(60)).await;
        let answer = client.post("/").send().await.expect("an answer");
        attempts.push(answer.call().map_or(0, |call| call.attempts().count()));
    }
    assert_eq!(attempts.iter().filter(|&&tries| tries == 2).count(), 3);
    assert_eq!(attempts.iter().sum::<usize>(), 23);
    assert_eq!(out(&mesh), [SocketAddr::from(([10, 9, 9, 9], 80))]);
}

#[tokio::test(start_paused = true)]
async fn who_is_on_call_takes_an_endpoint_out_and_brings_it_back() {
    let fleet = Fleet::new().await;
    let (mesh, client) = fleet.caller(watched(100), 3).await;
    mesh.eject("orders", at(1)).expect("an endpoint");
    send(&client, 30).await;
    assert_eq!(fleet.asked(), [15, 0, 15]);
    // The others fail, and still nothing goes to the one that somebody took out.
    fleet.turn(0, Mood::Failing);
    fleet.turn(2, Mood::Failing);
    send(&client, 30).await;
    assert_eq!((fleet.asked(), out(&mesh).len()), ([15, 0, 15], 3));
    let listed = mesh.endpoints("orders");
    assert_eq!(listed[1].ejected, Some(Ejected::ByHand));
    assert_eq!(ejected(&mesh, Ejected::ByHand.reason()), 1);
    assert_eq!(ejected(&mesh, "consecutive failures"), 2);
    assert!(matches!(
        listed[0].ejected,
        Some(Ejected::Outlier { until: Some(_) })
    ));
    (0..3).for_each(|index| mesh.admit("orders", at(index)).expect("an endpoint"));
    send(&client, 30).await;
    let [_, well, _] = fleet.asked();
    assert!(well >= 10 && mesh.endpoints("orders")[1].ejected.is_none());

    for (node, addr) in [
        ("orders", ([10, 0, 0, 9], 80)),
        ("stock", ([10, 0, 0, 1], 8080)),
    ] {
        let error = mesh.eject(node, addr.into()).expect_err("not known");
        assert!(error.to_string().contains("is no endpoint"), "{error}");
        assert!(mesh.admit(node, addr.into()).is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_goes_on_keeps_its_endpoint_busy_to_its_end() {
    let fleet = Fleet::new().await;
    fleet.turn(0, Mood::Endless);
    let (mesh, client) = fleet.caller(Target::dns("orders"), 2).await;
    let mut open = Vec::new();
    for _ in 0..40 {
        let answer = client.get("/").send().await.expect("an answer");
        let endpoint = answer
            .call()
            .and_then(|call| call.attempts().last().map(|one| one.endpoint()));
        match endpoint == Some(at(0)) {
            true => open.push(answer),
            false => drop(answer.text().await.expect("a body")),
        }
    }
    assert_eq!((fleet.asked(), open.len()), ([1, 39, 0], 1));
    assert_eq!(mesh.endpoints("orders")[0].in_flight, 1);
}

/// A mesh whose configuration says these numbers, or none.
fn model(detection: Option<OutlierDetection>) -> Model {
    let listener = Listener::builder(8080, Protocol::Http);
    let listener = match detection {
        Some(detection) => listener.outlier_detection(detection),
        None => listener,
    };
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(
            VirtualNode::builder("orders")
                .listener_with(listener)
                .dns("orders.local"),
        )
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .expect("the model is valid")
}

#[tokio::test(start_paused = true)]
async fn a_configuration_without_detection_brings_everybody_back_and_keeps_the_choice_of_balancing()
{
    let fleet = Fleet::new().await;
    fleet.turn(0, Mood::Failing);
    let builder = Mesh::builder().config(model(Some(detection(50))));
    let builder = builder.virtual_node("web").network(&fleet.network);
    let builder = (0..3).fold(builder, |builder, index| {
        builder.endpoint("orders", at(index))
    });
    let builder = builder.balance("orders", Algorithm::RoundRobin);
    let mesh = builder.start().await.expect("the mesh starts");
    let client = mesh.client_for("orders.local").expect("a backend");
    send(&client, 9).await;
    assert_eq!((fleet.asked(), out(&mesh)), ([3; 3], vec![at(0)]));

    let applied = mesh.apply(&model(None).into()).await;
    applied.expect("it fits the node");
    assert!(out(&mesh).is_empty());
    send(&client, 30).await;
    assert_eq!((fleet.asked(), out(&mesh)), ([10; 3], vec![]));

    let unknown = Mesh::builder().config(model(None)).virtual_node("web");
    let unknown = unknown.balance("ordres", Algorithm::RoundRobin);
    let error = unknown.start().await.expect_err("no such node");
    assert!(error.to_string().contains("\"ordres\""), "{error}");
}
