//! Who gives up is heard at the other end, and nothing of the call is left.

use std::{future::Future, time::Duration};

use tokio::time;

use super::{echo::note, fleet::Fleet};

/// Fails a test that would hang; no claim is about how long something takes.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(20);
    time::timeout(limit, future).await.expect(what)
}

/// Waits until neither end has a request open.
async fn idle(fleet: &Fleet) {
    let open = || {
        let servers = fleet.servers.iter();
        let served: usize = servers.map(|server| server.mesh.in_flight().1).sum();
        served + fleet.web.in_flight().0
    };
    while open() > 0 {
        time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_response_stream_that_is_dropped_ends_at_the_server() {
    let fleet = Fleet::one().await;
    let listed = fleet.stub().list(note("hang", 0)).await.expect("a head");
    let mut listed = listed.into_inner();
    assert_eq!(
        listed.message().await.expect("no error"),
        Some(note("hang", 0))
    );
    assert_eq!(fleet.web.in_flight().0, 1);
    drop(listed);
    let abandoned = fleet.servers[0].echo.abandoned.notified();
    soon("the server is told", abandoned).await;
    soon("nothing stays open", idle(&fleet)).await;
}

#[tokio::test]
async fn a_call_that_is_dropped_before_its_head_ends_at_the_server() {
    let fleet = Fleet::one().await;
    let mut stub = fleet.stub();
    let calling = tokio::spawn(async move { stub.say(note("hang", 0)).await });
    let server = &fleet.servers[0];
    soon("the call arrives", async {
        while server.mesh.in_flight().1 == 0 {
            time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    calling.abort();
    soon("the server is told", server.echo.abandoned.notified()).await;
    soon("nothing stays open", idle(&fleet)).await;
    let again = fleet.stub().say(note("hello", 1)).await;
    again.expect("the connection serves on");
}
