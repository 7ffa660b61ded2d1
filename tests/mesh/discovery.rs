//! Where endpoints come from, and what callers notice of it.

#[cfg(feature = "aws")]
mod cloud_map;
mod dns;
#[cfg(feature = "aws")]
mod moto;
mod name_server;
mod outside;
#[cfg(feature = "aws")]
mod registering;
mod updates;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use mesh_tower::{Client, Mesh};
use tokio::{net::TcpListener, time};

use crate::support::{Peer, text};

/// Peers on one port and several addresses of this machine, each of which answers with its own address.
async fn peers<const N: usize>(ips: [&str; N]) -> [Peer; N] {
    for _ in 0..TRIES {
        if let Some(peers) = on_one_port(&ips).await {
            return peers
                .try_into()
                .unwrap_or_else(|_| unreachable!("one for each address"));
        }
    }
    panic!("no port is free on all of {ips:?}");
}

async fn on_one_port(ips: &[&str]) -> Option<Vec<Peer>> {
    let mut peers: Vec<Peer> = Vec::new();
    for ip in ips {
        let port = peers.first().map_or(0, |first| first.addr.port());
        let ip: IpAddr = ip.parse().expect("an address");
        let listener = TcpListener::bind((ip, port)).await.ok()?;
        let peer = Peer::on(listener, 200, move |_| async move { text(ip.to_string()) });
        peers.push(peer);
    }
    Some(peers)
}

/// What a call to `orders` is answered with.
async fn called(client: &Client) -> String {
    let answer = client.get("/").send().await.expect("an answer");
    answer.text().await.expect("a body")
}

/// Calls until this one answers; every call must be answered by somebody.
async fn called_until(client: &Client, ip: &str) {
    while called(client).await != ip {
        time::sleep(Duration::from_millis(5)).await;
    }
}

/// The addresses that are known of a node.
fn endpoints(mesh: &Mesh, node: &str) -> Vec<SocketAddr> {
    let states = mesh.endpoints(node);
    states.into_iter().map(|state| state.addr).collect()
}

/// A number among a mesh's metrics.
fn number(mesh: &Mesh, name: &str) -> u64 {
    let page = mesh.metrics();
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
        .unwrap_or_else(|| panic!("{name} is not among the metrics:\n{page}"));
    line.parse().expect("a whole number")
}

/// Waits for what will be so; a test that waits in vain is ended by its runner.
async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        time::sleep(Duration::from_millis(10)).await;
    }
}

const TRIES: usize = 20;
