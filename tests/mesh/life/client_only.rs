//! Nodes that only call: jobs, functions that are frozen between two invocations.

use std::{fs, net::SocketAddr};

use mesh_core::unit::Protocol;

use super::{child::Program, *};
use crate::support::{Peer, calling, text};

fn tasks() -> usize {
    tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks()
}

/// The threads of this process that write records.
fn writers() -> usize {
    let threads = fs::read_dir("/proc/self/task").expect("Linux");
    let names =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("comm")).ok());
    names
        .filter(|name| name.starts_with("mesh-records"))
        .count()
}

#[tokio::test]
async fn a_job_that_has_stopped_leaves_no_task_and_no_connection() {
    for protocol in [Protocol::Http, Protocol::Http2] {
        let peer = Peer::start(async |_| text("hello")).await;
        // The one task is the peer's, that takes connections.
        until(|| tasks() == 1).await;
        let mesh = calling(&["orders.local"], protocol, peer.addr).await;
        for _ in 0..3 {
            assert_eq!(status(&mesh).await, Ok(200));
        }
        assert!(tasks() > 1, "connections and discovery are open");
        mesh.stop(SECOND).await;
        assert_eq!(mesh.phase(), Phase::Stopped);
        until(|| tasks() == 1).await;
        // Whoever still calls is not left hanging, and keeps nothing either.
        assert_eq!(status(&mesh).await, Ok(200), "{protocol}");
        until(|| tasks() == 1).await;
    }
}

/// The peer's own task for a connection ends a moment after ours.
async fn until(done: impl Fn() -> bool) {
    let all = async {
        while !done() {
            time::sleep(Duration::from_millis(5)).await;
        }
    };
    time::timeout(10 * SECOND, all).await.expect("in time");
}

/// A program: calls whom it is told, once before it is frozen and once after, and ends its mesh.
#[tokio::test]
async fn calling_program() {
    let Some(addr) = child::argument() else {
        return;
    };
    let addr: SocketAddr = addr.parse().expect("an address");
    let mesh = calling(&["orders.local"], Protocol::Http, addr).await;
    assert_eq!(status(&mesh).await, Ok(200));
    let slow = mesh.client_for("orders.local").expect("a backend");
    let slow = tokio::spawn(slow.get("/slow").timeout(60 * SECOND).send());
    println!("called: once");
    // Polled, not slept through: the process is frozen somewhere in here.
    while status(&mesh).await == Ok(200) && !slow.is_finished() {
        time::sleep(Duration::from_millis(20)).await;
    }
    let answer = slow
        .await
        .expect("no panic")
        .expect("the limit has not passed");
    assert_eq!(
        answer.status(),
        200,
        "what ran while the process was frozen"
    );
    assert_eq!(
        status(&mesh).await,
        Ok(200),
        "the next call finds another connection"
    );
    mesh.stop(SECOND).await;
    drop((answer, mesh));
    until(|| writers() == 0).await;
    println!("called: again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_was_frozen_while_its_peers_hung_up_goes_on() {
    let thawed = Arc::new(tokio::sync::Notify::new());
    let answers = thawed.clone();
    let peer = Peer::start(move |request| {
        let thawed = answers.clone();
        async move {
            if request.uri().path() == "/slow" {
                thawed.notified().await;
            }
            let mut response = text("hello");
            let close = http::HeaderValue::from_static("close");
            response
                .headers_mut()
                .insert(http::header::CONNECTION, close);
            response
        }
    })
    .await;
    let addr = peer.addr.to_string();
    let mut program = Program::start("life::client_only::calling_program", &addr);
    program = tokio::task::spawn_blocking(move || {
        program.says("called");
        program
    })
    .await
    .expect("no panic");
    program.signal("STOP");
    time::sleep(2 * SECOND).await;
    thawed.notify_one();
    time::sleep(SECOND).await;
    program.signal("CONT");
    let ended = tokio::task::spawn_blocking(move || {
        assert_eq!(program.says("called"), "again");
        program.ends_well();
    });
    ended.await.expect("it goes on");
}
