//! Requests, discovery's answers and other changes, in every order.

use std::time::Instant;

use loom::{future::block_on, thread};

use super::{
    tests::{loads, spec},
    *,
};
use crate::{
    connect::MemoryNetwork,
    endpoint::{Connector, load::InFlight},
    sync::{explore, join},
};

fn at(ports: &[u16]) -> Vec<SocketAddr> {
    ports
        .iter()
        .map(|&port| ([10, 0, 0, 1], port).into())
        .collect()
}

/// What a request does that finds the first endpoint.
fn begin(cluster: &Cluster) -> Option<InFlight> {
    let set = cluster.endpoints();
    set.usable().first().map(|endpoint| endpoint.load.begin())
}

#[test]
fn no_count_is_lost_when_an_address_leaves_and_comes_back_under_requests() {
    let (spec, now) = (spec(), Instant::now());
    let dial = Connector::of(MemoryNetwork::new());
    explore(move || {
        let cluster = Arc::new(Cluster::new(spec.clone()));
        let update = |ports: &[u16]| cluster.update(&at(ports), &dial, Health::Well, now);
        update(&[1]);
        let before = begin(&cluster);
        let requests = [(); 2].map(|()| {
            let cluster = cluster.clone();
            thread::spawn(move || begin(&cluster))
        });
        update(&[]);
        update(&[1]);
        let during = join(requests);
        let begun = during.iter().chain([&before]).flatten().count();
        assert_eq!(loads(&cluster), [(at(&[1])[0], begun)]);
        drop((before, during));
        assert_eq!(loads(&cluster), [(at(&[1])[0], 0)]);
    });
}

#[test]
fn who_waits_for_discovery_is_woken_by_its_answer_and_by_the_end_of_it() {
    let (spec, now) = (spec(), Instant::now());
    let dial = Connector::of(MemoryNetwork::new());
    explore(move || {
        for answers in [true, false] {
            let cluster = Arc::new(Cluster::new(spec.clone()));
            let (waiting, dial) = (cluster.clone(), dial.clone());
            let waiter = thread::spawn(move || block_on(waiting.answered()));
            match answers {
                true => cluster.update(&at(&[1]), &dial, Health::Well, now),
                false => cluster.retire(),
            }
            waiter.join().expect("it only waits");
        }
    });
}

#[test]
fn as_many_wait_as_may_and_nobody_is_refused_for_one_who_was() {
    let spec = spec();
    explore(move || {
        let cluster = Arc::new(Cluster::new(spec.clone()));
        let first = cluster.wait(1).expect("nobody waits");
        let refused = {
            let cluster = cluster.clone();
            thread::spawn(move || cluster.wait(1).is_ok())
        };
        drop(first);
        let second = cluster.wait(1);
        let admitted = refused.join().expect("it only asks");
        assert!(second.is_ok() || admitted, "a place was free all the time");
        assert_eq!(
            cluster.waiting.load(Ordering::Relaxed),
            usize::from(second.is_ok())
        );
    });
}
