//! Two axum services, one calling the other through the mesh: what the README shows, with both sides and a caller.
//!
//! `cargo run -p mesh-examples --example axum_two_services`. Listens on loopback only, and ends by itself.

use std::{error::Error, future::pending, net::SocketAddr, time::Duration};

use axum::{Router, extract::State, routing::get};
use bytes::Bytes;
use clap::Parser;
use http::StatusCode;
use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client as Http, rt::TokioExecutor};
use mesh_tower::{Client, Mesh};

/// Run two axum services, one calling the other through the mesh, and call them before and after one of them ends.
#[derive(Parser)]
#[command(name = "axum_two_services")]
struct Args {}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    Args::parse();
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/config/seed.yaml");

    // service-b would run elsewhere; here it is a mesh of its own in the same process.
    let node_b = Mesh::builder()
        .app_mesh_file(template)
        .virtual_node("service-b")
        .bind(8080, "127.0.0.1:0")
        .start()
        .await?;
    let b_addr = addr(&node_b)?;
    let serving_b = serve(
        &node_b,
        Router::new().route("/hello", get(async || "hello from service-b")),
    );

    // In the cluster, DNS finds service-b; on this machine, `.endpoint` says where it is.
    let node_a = Mesh::builder()
        .app_mesh_file(template)
        .virtual_node("service-a")
        .bind(8080, "127.0.0.1:0")
        .endpoint("service-b", b_addr)
        .start()
        .await?;
    let a_addr = addr(&node_a)?;
    let b = node_a.client_for("service-b.default.svc.cluster.local:8080")?;
    let serving_a = serve(&node_a, Router::new().route("/", get(home)).with_state(b));
    println!("service-a listens on {a_addr}, service-b on {b_addr}");

    let first = call(a_addr).await?;
    println!("both run:            {} {}", first.0, first.1);

    node_b.stop(DRAIN).await;
    serving_b.await??;
    let second = call(a_addr).await?;
    println!("service-b has ended: {} {}", second.0, second.1);

    node_a.stop(DRAIN).await;
    serving_a.await??;
    expect(&first, StatusCode::OK)?;
    expect(&second, StatusCode::SERVICE_UNAVAILABLE)?;
    println!("ok: 2 of 2 calls ended as they should");
    Ok(())
}

/// service-a's handler. An error of the mesh becomes the answer that a sidecar would have given.
async fn home(State(b): State<Client>) -> Result<String, mesh_tower::Error> {
    b.get("/hello")
        .timeout(Duration::from_millis(800))
        .send()
        .await?
        .error_for_status()?
        .text()
        .await
}

fn addr(node: &Mesh) -> Result<SocketAddr, &'static str> {
    node.addrs()
        .get(&8080)
        .copied()
        .ok_or("the template gives this node no listener on port 8080: add one")
}

fn serve(node: &Mesh, app: Router) -> tokio::task::JoinHandle<Result<(), mesh_tower::Error>> {
    let node = node.clone();
    // A service of its own would `mesh.serve(app).await`, which ends at SIGTERM or Ctrl-C.
    tokio::spawn(async move { node.serve_until(app, pending()).await })
}

async fn call(addr: SocketAddr) -> Result<(StatusCode, String), Box<dyn Error>> {
    let http = Http::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = http.get(format!("http://{addr}/").parse()?).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).trim().to_owned()))
}

fn expect((status, body): &(StatusCode, String), want: StatusCode) -> Result<(), String> {
    match *status == want {
        true => Ok(()),
        false => Err(format!(
            "expected {want}, got {status} ({body}): please report it with this output"
        )),
    }
}

const DRAIN: Duration = Duration::from_secs(2);
