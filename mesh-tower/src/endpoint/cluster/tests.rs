//! Discovery's answers, and what outlives them.

use std::{pin::pin, time::Duration};

use futures::FutureExt;
use mesh_core::{
    Defaults,
    compile::compile,
    config::{Mesh, VirtualNode, VirtualService},
    outlier::OutlierDetection,
    unit::Protocol,
};
use tokio::io::AsyncReadExt;

use super::*;
use crate::{
    connect::{MemoryNetwork, Transport},
    endpoint::{Connector, update::LINGER},
    runtime::clock,
};

/// A node of a mesh that another one may call.
pub(in crate::endpoint) fn spec() -> ClusterSpec {
    let orders = VirtualNode::builder("orders").listener(8080, Protocol::Http);
    let model = Mesh::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("orders.local"))
        .virtual_node(orders.dns("orders.local"))
        .virtual_service(VirtualService::builder("orders.local").virtual_node("orders"))
        .build()
        .expect("a valid mesh");
    let snapshot = compile(&model, "web", Defaults::Safe).expect("a node of the mesh");
    snapshot.clusters()[0].clone()
}

/// Every address, and what is in flight there.
pub(in crate::endpoint) fn loads(cluster: &Cluster) -> Vec<(SocketAddr, usize)> {
    let set = cluster.endpoints();
    let members = set.members();
    members
        .map(|(endpoint, _)| (endpoint.addr, endpoint.load.in_flight()))
        .collect()
}

fn cluster() -> Cluster {
    Cluster::new(spec())
}

#[tokio::test]
async fn who_waits_for_a_target_that_leaves_waits_no_longer() {
    let cluster = cluster();
    let mut answered = Box::pin(cluster.answered());
    assert!(answered.as_mut().now_or_never().is_none());
    cluster.retire();
    assert!(answered.as_mut().now_or_never().is_some());
    assert!(cluster.endpoints().usable().is_empty());
}

fn wire(network: &MemoryNetwork) -> &dyn Transport {
    network
}

fn addrs(addrs: &[&str]) -> Vec<SocketAddr> {
    addrs
        .iter()
        .map(|addr| addr.parse().expect("an address"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_address_that_comes_back_in_time_finds_its_counts_and_later_it_does_not() {
    let (cluster, dial) = (cluster(), Connector::of(MemoryNetwork::new()));
    let (both, one) = (
        addrs(&["10.0.0.1:80", "10.0.0.2:80"]),
        addrs(&["10.0.0.2:80"]),
    );
    cluster.update(&both, &dial, Health::Well, clock::now());
    let _request = cluster.endpoints().usable()[0].load.begin();
    cluster.update(&one, &dial, Health::Well, clock::now());
    cluster.update(&both, &dial, Health::Well, clock::now());
    assert_eq!(loads(&cluster), [(both[0], 1), (both[1], 0)]);
    cluster.update(&one, &dial, Health::Well, clock::now());
    tokio::time::advance(LINGER).await;
    cluster.update(&both, &dial, Health::Well, clock::now());
    assert_eq!(loads(&cluster), [(both[0], 0), (both[1], 0)]);
}

#[tokio::test]
async fn a_connection_that_is_given_back_to_a_retired_endpoint_closes() {
    let network = MemoryNetwork::new();
    let at = addrs(&["10.0.0.1:80"]);
    let mut accept = wire(&network)
        .bind(at[0])
        .await
        .expect("nobody listens there yet");
    let (cluster, dial) = (cluster(), Connector::of(network));
    cluster.update(&at, &dial, Health::Well, clock::now());
    let endpoint = cluster.endpoints().usable()[0].clone();
    let lease = endpoint
        .pool
        .lease(&endpoint.load, LINGER)
        .await
        .expect("a connection");
    let (mut theirs, _) = accept.accept().await.expect("a connection");
    cluster.update(&[], &dial, Health::Well, clock::now());
    lease.give_back();
    let mut rest = Vec::new();
    theirs.read_to_end(&mut rest).await.expect("the end");
    assert!(rest.is_empty());
    assert_eq!(endpoint.load.in_flight(), 0);
}

/// The ports of those that take attempts.
fn usable(cluster: &Cluster) -> Vec<u16> {
    let set = cluster.endpoints();
    let mut ports: Vec<_> = set.usable().iter().map(|known| known.addr.port()).collect();
    ports.sort_unstable();
    ports
}

fn ports(ports: &[u16]) -> Vec<SocketAddr> {
    let at = |&port: &u16| ([10, 0, 0, 1], port).into();
    ports.iter().map(at).collect()
}

#[tokio::test]
async fn who_is_unwell_is_left_out_until_fewer_than_half_are_well() {
    let (cluster, dial) = (cluster(), Connector::of(MemoryNetwork::new()));
    let all = ports(&[1, 2, 3]);
    cluster.update(&all, &dial, Health::Unknown, clock::now());
    assert_eq!(usable(&cluster), [1, 2, 3], "nobody has answered");
    cluster.set_health(all[0], Health::Well);
    assert_eq!(usable(&cluster), [1], "the others have not answered");
    cluster.set_health(all[1], Health::Unwell);
    assert_eq!(usable(&cluster), [1]);
    cluster.set_health(all[2], Health::Unwell);
    assert_eq!(usable(&cluster), [1, 2, 3], "one of three is panic");
    cluster.set_health(all[2], Health::Well);
    assert_eq!(usable(&cluster), [1, 3]);
}

#[tokio::test]
async fn an_address_that_comes_back_is_as_new_to_its_checks_as_long_as_there_are_any() {
    let (cluster, dial) = (cluster(), Connector::of(MemoryNetwork::new()));
    let update = |these: &[u16], unheard| {
        cluster.update(&ports(these), &dial, unheard, clock::now());
    };
    update(&[1, 2, 3], Health::Unknown);
    for addr in ports(&[1, 2, 3]) {
        cluster.set_health(addr, Health::Well);
    }
    update(&[1, 2], Health::Unknown);
    update(&[1, 2, 3], Health::Unknown);
    assert_eq!(usable(&cluster), [1, 2]);
    update(&[1, 2, 3, 4], Health::Well);
    assert_eq!(usable(&cluster), [1, 2, 3, 4], "nobody asks any more");
    update(&[1, 2], Health::Well);
    update(&[1, 2, 3], Health::Well);
    assert_eq!(usable(&cluster), [1, 2, 3]);
}

#[tokio::test]
async fn what_changes_nothing_replaces_nothing_and_wakes_nobody() {
    let (cluster, dial) = (cluster(), Connector::of(MemoryNetwork::new()));
    let all = ports(&[1, 2, 3]);
    cluster.update(&all, &dial, Health::Well, clock::now());
    let second = Duration::from_secs(1);
    let detection = OutlierDetection::new(1, second, second, 1).expect("in range");
    cluster.retune(Some(detection));
    cluster.eject(all[0], clock::now());
    let before = cluster.endpoints().clone();
    let mut changed = pin!(cluster.changed());
    for addr in &all {
        cluster.eject(*addr, clock::now());
        cluster.set_health(*addr, Health::Well);
        cluster.sweep(clock::now());
    }
    cluster.void_health();
    assert!(Arc::ptr_eq(&before, &cluster.endpoints()));
    assert!(changed.as_mut().now_or_never().is_none());
    cluster.set_health(all[2], Health::Unwell);
    assert!(!Arc::ptr_eq(&before, &cluster.endpoints()));
    assert!(changed.now_or_never().is_some());
}

#[tokio::test]
async fn news_of_an_endpoint_that_nobody_knows_change_nothing_and_answer_nothing() {
    let cluster = cluster();
    cluster.set_health(ports(&[1])[0], Health::Well);
    assert!(!cluster.endpoints().is_answered() && usable(&cluster).is_empty());
}
