//! Who goes out and comes back, without a request.

use std::sync::Arc;

use mesh_core::health::Health;

use super::{super::cluster::tests::spec, *};
use crate::{
    connect::MemoryNetwork,
    endpoint::{Connector, Ejected},
};

fn at(port: u16) -> SocketAddr {
    ([10, 0, 0, 1], port).into()
}

fn detection(percent: i64) -> OutlierDetection {
    let second = Duration::from_secs(1);
    OutlierDetection::new(1, second, second, percent).expect("in range")
}

fn update(cluster: &Cluster, ports: &[u16]) {
    let dial = Connector::of(MemoryNetwork::new());
    let addrs: Vec<_> = ports.iter().copied().map(at).collect();
    cluster.update(&addrs, &dial, Health::Well, clock::now());
}

fn cluster(percent: i64, ports: &[u16]) -> Arc<Cluster> {
    let cluster = Arc::new(Cluster::new(spec()));
    cluster.retune(Some(detection(percent)));
    update(&cluster, ports);
    cluster
}

fn usable(cluster: &Cluster) -> Vec<u16> {
    let set = cluster.endpoints();
    let mut ports: Vec<_> = set.usable().iter().map(|known| known.addr.port()).collect();
    ports.sort_unstable();
    ports
}

#[tokio::test(start_paused = true)]
async fn no_more_are_out_than_the_share_says_and_one_may_always_be() {
    let cluster = cluster(40, &[1, 2, 3, 4, 5]);
    let verdicts: Vec<_> = (1..=3)
        .map(|port| cluster.eject(at(port), clock::now()))
        .collect();
    assert!(matches!(
        verdicts[..],
        [
            Verdict::Out { first: true, .. },
            Verdict::Out { first: false, .. },
            Verdict::TooMany
        ]
    ));
    assert_eq!(usable(&cluster), [3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn who_is_out_comes_back_after_an_absence_too() {
    let cluster = cluster(100, &[1, 2, 3]);
    cluster.eject(at(1), clock::now());
    update(&cluster, &[2, 3]);
    update(&cluster, &[1, 2, 3]);
    assert_eq!(usable(&cluster), [2, 3]);
    update(&cluster, &[2, 3]);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(cluster.sweep(clock::now()), [at(1)], "while it was gone");
    update(&cluster, &[1, 2, 3]);
    assert_eq!(usable(&cluster), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn detection_that_ends_brings_everybody_back() {
    let cluster = cluster(100, &[1, 2, 3, 4]);
    cluster.eject(at(1), clock::now());
    cluster.eject(at(4), clock::now());
    update(&cluster, &[1, 2, 3]);
    assert_eq!(usable(&cluster), [2, 3]);
    cluster.retune(None);
    update(&cluster, &[1, 2, 3, 4]);
    assert_eq!(usable(&cluster), [1, 2, 3, 4]);
    assert_eq!(cluster.eject(at(1), clock::now()), Verdict::Moot);
    assert_eq!(cluster.next_sweep(), None);
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_out_by_hand_stays_out_in_panic_and_through_an_absence_of_any_length() {
    let cluster = cluster(100, &[1, 2, 3]);
    assert!(cluster.withdraw(at(1)) && !cluster.withdraw(at(9)));
    cluster.eject(at(2), clock::now());
    cluster.eject(at(3), clock::now());
    assert_eq!(usable(&cluster), [2, 3], "panic");
    update(&cluster, &[2, 3]);
    tokio::time::advance(Duration::from_secs(3_600)).await;
    update(&cluster, &[2, 3]);
    update(&cluster, &[1, 2, 3]);
    assert_eq!(usable(&cluster), [2, 3]);
    assert!(cluster.withdraw(at(2)) && cluster.withdraw(at(3)));
    assert_eq!(usable(&cluster), [1, 2, 3], "there is no one else");
    for port in [1, 2, 3] {
        assert!(cluster.admit(at(port)));
    }
    assert_eq!(usable(&cluster), [1, 2, 3]);
    assert_eq!(cluster.next_sweep(), None, "nothing is held against them");
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_ends_leaves_nobody_out() {
    let cluster = cluster(100, &[1, 2, 3]);
    cluster.eject(at(1), clock::now());
    let other = cluster.clone();
    std::thread::spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().expect("a runtime");
        runtime.block_on(async { sweep::begin(&other) });
    })
    .join()
    .expect("it ends");
    assert_eq!(usable(&cluster), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn the_task_sweeps_by_the_latest_numbers_and_ends_with_the_last_to_forgive() {
    let cluster = cluster(100, &[1, 2, 3]);
    let slow = OutlierDetection::new(1, Duration::from_secs(3_600), Duration::from_secs(1), 100);
    cluster.retune(Some(slow.expect("in range")));
    cluster.eject(at(1), clock::now());
    sweep::begin(&cluster);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(usable(&cluster), [2, 3], "once in an hour");
    cluster.retune(Some(detection(100)));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(usable(&cluster), [1, 2, 3]);
    assert_eq!(tasks(), 1, "an ejection is to be forgiven");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_goes_ends_its_task_at_once() {
    let cluster = cluster(100, &[1, 2, 3]);
    cluster.eject(at(1), clock::now());
    sweep::begin(&cluster);
    tokio::task::yield_now().await;
    assert_eq!(tasks(), 1);
    drop(cluster);
    tokio::task::yield_now().await;
    assert_eq!(tasks(), 0);
}

fn tasks() -> usize {
    tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn what_is_listed_says_why_and_until_when() {
    let cluster = cluster(100, &[1, 2, 3]);
    cluster.eject(at(1), clock::now());
    cluster.withdraw(at(2));
    let policy = mesh_core::snapshot::ClusterPolicy::default();
    let mut destination = Destination::new(cluster, policy);
    destination.policy.outlier_detection = Some(detection(100));
    let list = destination.list();
    let listed: Vec<_> = list.iter().map(|known| known.addr.port()).collect();
    assert_eq!(listed, [1, 2, 3]);
    let until = Some(clock::now() + Duration::from_secs(1));
    assert_eq!(list[0].ejected, Some(Ejected::Outlier { until }));
    assert_eq!(list[1].ejected, Some(Ejected::ByHand));
    assert_eq!(list[2].ejected, None);
    let taking = list.iter().map(|known| known.takes_attempts);
    assert_eq!(taking.collect::<Vec<_>>(), [false, false, true]);
}
