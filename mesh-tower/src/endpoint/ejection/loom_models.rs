//! Changes of every kind at once: none is lost.

use std::{sync::Arc, time::Instant};

use loom::thread;
use mesh_core::health::Health;

use super::{super::cluster::tests::spec, *};
use crate::{
    connect::MemoryNetwork,
    endpoint::{Connector, set::State},
    sync::{explore, join},
};

fn at(port: u16) -> SocketAddr {
    ([10, 0, 0, 1], port).into()
}

/// Three endpoints, and numbers by which any of them may be put out.
fn cluster(dial: &Arc<Connector>, now: Instant) -> Arc<Cluster> {
    let cluster = Arc::new(Cluster::new(spec()));
    let second = Duration::from_secs(1);
    let detection = OutlierDetection::new(1, second, second, 100).expect("in range");
    cluster.retune(Some(detection));
    cluster.update(&[at(1), at(2), at(3)], dial, Health::Well, now);
    cluster
}

fn state(cluster: &Cluster, addr: SocketAddr) -> State {
    let set = cluster.endpoints();
    let mut members = set.members();
    let (_, state) = members
        .find(|(known, _)| known.addr == addr)
        .expect("a member");
    *state
}

#[test]
fn an_ejection_survives_discoverys_answer_in_every_order() {
    let dial = Connector::of(MemoryNetwork::new());
    let now = Instant::now();
    explore(move || {
        let cluster = cluster(&dial, now);
        let (ejecting, updating) = (cluster.clone(), cluster.clone());
        let dial = dial.clone();
        let verdict = thread::spawn(move || ejecting.eject(at(1), now));
        let update = thread::spawn(move || {
            updating.update(&[at(1), at(2), at(4)], &dial, Health::Well, now);
        });
        let verdict = verdict.join().expect("it only tells");
        update.join().expect("it only tells");
        assert!(matches!(verdict, Verdict::Out { first: true, .. }));
        assert!(state(&cluster, at(1)).ejection.is_out());
        let set = cluster.endpoints();
        assert!(set.usable().iter().all(|known| known.addr != at(1)));
        assert_eq!((set.usable().len(), set.members().count()), (2, 3));
    });
}

#[test]
fn health_ejection_and_a_hand_do_not_undo_each_other() {
    let dial = Connector::of(MemoryNetwork::new());
    let now = Instant::now();
    explore(move || {
        let cluster = cluster(&dial, now);
        let threads = [0, 1].map(|which| {
            let cluster = cluster.clone();
            thread::spawn(move || match which {
                0 => cluster.set_health(at(1), Health::Unwell),
                _ => assert!(cluster.withdraw(at(1))),
            })
        });
        cluster.eject(at(1), now);
        join(threads);
        let state = state(&cluster, at(1));
        assert!(state.ejection.is_out() && state.withdrawn);
        assert_eq!(state.health, Health::Unwell);
    });
}

#[test]
fn whoever_is_out_has_somebody_who_sweeps() {
    let dial = Connector::of(MemoryNetwork::new());
    let now = Instant::now();
    explore(move || {
        let cluster = cluster(&dial, now);
        // The last sweep of a task that finds nobody left, against an ejection.
        assert!(matches!(
            cluster.eject(at(2), now),
            Verdict::Out { first: true, .. }
        ));
        cluster.admit(at(2));
        let ending = cluster.clone();
        let ends = thread::spawn(move || ending.next_sweep().is_none());
        let verdict = cluster.eject(at(1), now);
        let ended = ends.join().expect("it only asks");
        let Verdict::Out { first, .. } = verdict else {
            panic!("nothing is against it: {verdict:?}");
        };
        assert_eq!(ended, first, "one who sweeps, and only one");
    });
}
