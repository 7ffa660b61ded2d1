//! A deploy under traffic: four endpoints in processes of their own are replaced one after the other, twice, while they are
//! called in four protocols by more than 500 requests a second.

use std::{env, time::Duration};

use futures::future::{join, join_all};
use mesh_examples::{
    caller::Callers,
    endpoint,
    fleet::{Fleet, Way},
    kind::Kind,
    tally::Tally,
    traffic,
};
use tokio::{
    process::Command,
    sync::{Mutex, watch},
    time,
};

/// Says to this binary that it is an endpoint.
const ENDPOINT: &str = "MESH_TEST_ENDPOINT";
/// Of each protocol.
const RATE: u32 = 130;

/// A program: serves the echo until it gets a signal.
#[tokio::test]
async fn endpoint_program() {
    if env::var(ENDPOINT).is_ok() {
        let served = endpoint::serve(Duration::from_millis(20)).await;
        served.expect("it is served");
    }
}

fn program() -> Command {
    let mut command = Command::new(env::current_exe().expect("this binary"));
    command
        .args(["rolling_deploy::endpoint_program", "--exact"])
        .args(["--nocapture", "--test-threads=1"])
        .env(ENDPOINT, "yes");
    command
}

/// Replaces all endpoints twice under traffic; gives what became of the calls before it began, and of those since.
async fn deploy(way: Way) -> (Tally, Tally) {
    // One at a time: each is as much as a small machine bears.
    static ONE: Mutex<()> = Mutex::const_new(());
    let _one = ONE.lock().await;
    let mut fleet = Fleet::start(4, program).await.expect("the endpoints start");
    let callers = Callers::start(2, &fleet.discovery(), way).await;
    let callers = callers.expect("the meshes start");
    let before = call(&callers, time::sleep(Duration::from_secs(1))).await;
    let (done, until) = watch::channel(());
    let deploying = async {
        let replaced = fleet.deploy(way, 2).await;
        drop(done);
        replaced
    };
    let (replaced, since) = join(deploying, call(&callers, traffic::ended(until))).await;
    assert_eq!(replaced.expect("all end well"), 8);
    (before, since)
}

async fn call(callers: &Callers, until: impl Future<Output = ()>) -> Tally {
    let (done, over) = watch::channel(());
    let calling = Kind::ALL.map(|kind| {
        let call = move |number| callers.call(kind, number);
        traffic::drive(RATE, traffic::ended(over.clone()), call)
    });
    let until = async {
        until.await;
        drop(done);
    };
    let mut sum = Tally::default();
    for tally in join(join_all(calling), until).await.0 {
        assert!(tally.calls() > 0, "each protocol is called");
        sum.add(tally);
    }
    sum
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoints_that_drain_lose_no_request_of_any_protocol_posts_included() {
    let (before, since) = deploy(Way::Drain).await;
    assert!(before.connections() >= 8, "{}", before.connections());
    assert_eq!(
        (before.lost(), since.lost()),
        (0, 0),
        "{:?}",
        since.failures()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoints_that_crash_lose_no_request_that_may_be_sent_again() {
    let (before, since) = deploy(Way::Crash).await;
    assert!(before.connections() >= 8, "{}", before.connections());
    assert_eq!(
        (before.lost(), since.lost()),
        (0, 0),
        "{:?}",
        since.failures()
    );
}
