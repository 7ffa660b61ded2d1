//! One stub, many servers: calls are spread, not connections.

use std::{collections::BTreeMap, time::Duration};

use futures::{StreamExt, stream};
use tonic::metadata::MetadataMap;

use super::{echo::note, fleet::Fleet};

fn server(metadata: &MetadataMap) -> String {
    let name = metadata.get("x-server").expect("each says its name");
    let name = name.to_str().expect("text");
    name.to_owned()
}

/// No server without calls, and none with more than half of them.
fn is_spread(calls: &BTreeMap<String, usize>, servers: usize) -> bool {
    let most = calls.values().sum::<usize>() / 2;
    calls.len() == servers && calls.values().all(|count| *count <= most)
}

#[tokio::test]
async fn the_calls_of_one_stub_go_to_all_servers() {
    let fleet = Fleet::start(4, |routes| routes).await;
    let mut stub = fleet.stub();
    let mut calls = BTreeMap::new();
    for number in 0..100 {
        let answer = stub.say(note("hello", number)).await.expect("an answer");
        *calls.entry(server(answer.metadata())).or_default() += 1;
    }
    assert!(is_spread(&calls, 4), "{calls:?}");
}

#[tokio::test]
async fn streams_that_stay_open_are_spread_by_how_many_each_server_has() {
    let fleet = Fleet::start(4, |routes| routes).await;
    let mut stub = fleet.stub();
    let (mut open, mut calls) = (Vec::new(), BTreeMap::new());
    for _ in 0..40 {
        let listed = stub.list(note("hang", 0)).await.expect("a head");
        *calls.entry(server(listed.metadata())).or_default() += 1;
        open.push(listed);
    }
    assert!(is_spread(&calls, 4), "{calls:?}");
    let fewest = calls.values().min().copied().unwrap_or_default();
    let most = calls.values().max().copied().unwrap_or_default();
    assert!(most - fewest <= 4, "two draws keep them near: {calls:?}");
}

#[tokio::test]
async fn a_server_that_stops_takes_no_call_with_it() {
    let mut fleet = Fleet::start(3, |routes| routes).await;
    let stub = fleet.stub();
    let call = |number| {
        let mut stub = stub.clone();
        async move { stub.say(note("hello", number)).await.map(|_| ()) }
    };
    let calls = |numbers| {
        stream::iter(numbers)
            .map(call)
            .buffer_unordered(8)
            .collect::<Vec<_>>()
    };
    assert!(calls(0..50).await.iter().all(Result::is_ok));
    let gone = fleet.servers.remove(1);
    gone.mesh.stop(Duration::from_secs(5)).await;
    drop(gone);
    let after = calls(0..100).await;
    let failed: Vec<_> = after
        .iter()
        .filter_map(|call| call.as_ref().err())
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}
