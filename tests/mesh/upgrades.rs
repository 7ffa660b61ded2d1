//! Requests that become connections: they end when those close.

use std::time::Duration;

use http::{Request, StatusCode, header};
use hyper::upgrade;
use hyper_util::rt::TokioIo;
use mesh_core::unit::Protocol;
use mesh_tower::Body;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time,
};

use crate::support::{Peer, calling, status};

/// A peer that says 101 and then echoes.
async fn echoing() -> Peer {
    Peer::start(|mut request| async move {
        let upgrading = upgrade::on(&mut request);
        tokio::spawn(async move {
            let (mut read, mut write) =
                tokio::io::split(TokioIo::new(upgrading.await.expect("an upgrade")));
            tokio::io::copy(&mut read, &mut write)
                .await
                .expect("an echo");
        });
        let mut switching = status(StatusCode::SWITCHING_PROTOCOLS);
        switching
            .headers_mut()
            .insert(header::CONNECTION, "upgrade".parse().expect("a value"));
        switching
            .headers_mut()
            .insert(header::UPGRADE, "echo".parse().expect("a value"));
        switching
    })
    .await
}

#[tokio::test]
async fn an_upgraded_connection_counts_as_in_flight_until_it_closes() {
    let peer = echoing().await;
    let mesh = calling(&["orders.local"], Protocol::Http, peer.addr).await;
    let request = Request::get("http://orders.local:8080/")
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "echo")
        .body(Body::empty())
        .expect("a request");
    let mut answer = mesh.client().send(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    let mut tunnel = TokioIo::new(upgrade::on(&mut answer).await.expect("an upgrade"));
    drop(answer);

    tunnel.write_all(b"ping").await.expect("written");
    let mut pong = [0; 4];
    tunnel.read_exact(&mut pong).await.expect("read");
    assert_eq!(&pong, b"ping");
    let open = || (mesh.in_flight().0, mesh.endpoints("orders")[0].in_flight);
    assert_eq!(open(), (1, 1), "the tunnel is open");
    drop(tunnel);
    for _ in 0..100 {
        if open() == (0, 0) {
            return;
        }
        time::sleep(Duration::from_millis(10)).await;
    }
    panic!("still in flight: {:?}", open());
}
