//! Who is out: Envoy's `/clusters`, and what the mesh tells of its endpoints.

use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::{config::node, run::Both, script::Upstream};

/// The endpoints that Envoy has put out, by their place in the case.
pub(super) async fn out_there(both: &Both, number: usize) -> Vec<usize> {
    let text = ask_admin(both.admin).await;
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let clusters = all["cluster_statuses"].as_array().expect("clusters");
    let name = node(number);
    let cluster = clusters
        .iter()
        .find(|cluster| cluster["name"] == name.as_str());
    let hosts = cluster.expect("the case's")["host_statuses"]
        .as_array()
        .cloned();
    let hosts = hosts.unwrap_or_default();
    let out = hosts
        .iter()
        .filter(|host| host["health_status"]["failed_outlier_check"] == true);
    let addrs = out.filter_map(|host| {
        let addr = &host["address"]["socket_address"];
        let port = u16::try_from(addr["port_value"].as_u64()?).ok()?;
        Some(SocketAddr::new(
            addr["address"].as_str()?.parse().ok()?,
            port,
        ))
    });
    places(&both.envoy.upstreams[number], addrs)
}

/// Those that the mesh has put out.
pub(super) fn out_here(both: &Both, number: usize) -> Vec<usize> {
    let endpoints = both.ours.proxy.endpoints(&node(number));
    let out = endpoints
        .iter()
        .filter(|endpoint| endpoint.ejected.is_some());
    places(
        &both.ours.upstreams[number],
        out.map(|endpoint| endpoint.addr),
    )
}

fn places(upstreams: &[Upstream], addrs: impl Iterator<Item = SocketAddr>) -> Vec<usize> {
    let place = |addr| upstreams.iter().position(|peer| peer.addr == addr);
    let mut places: Vec<_> = addrs.filter_map(place).collect();
    places.sort_unstable();
    places
}

async fn ask_admin(admin: SocketAddr) -> String {
    let stream = TcpStream::connect(admin).await.expect("connected");
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut send, driver) = handshake.expect("a handshake");
    tokio::spawn(driver);
    let request = Request::get("/clusters?format=json").header("host", "admin");
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    let answer = send.send_request(request).await.expect("an answer");
    let body = answer.into_body().collect().await.expect("a body");
    String::from_utf8(body.to_bytes().to_vec()).expect("text")
}
