//! The clients that a service could call others with, side by side.
//!
//! Each has one connection to the same service of hyper's, and time limits and retries where it has any: the mesh's `Client` 15 s and
//! two retries within a budget, as the layers of tower and tower-http have; reqwest, hyper-util and tonic nothing, as they come.

use std::{net::SocketAddr, time::Duration};

use http::Version;
use mesh_core::{
    retry::{Budget, Policy},
    unit::Protocol,
};
use mesh_tower::{Mesh, Target};
use tonic::transport::{Channel, Endpoint};

use crate::{
    Error, bare,
    caller::{Caller, SERVICE},
    composed::compose,
};

/// Clients by their names, the bare connection first.
pub type Clients = Vec<(&'static str, Caller)>;

/// All that speak HTTP/1.1.
///
/// # Errors
/// One of them does not start.
pub async fn http1() -> Result<Clients, Error> {
    let addr = bare::serve().await?;
    Ok(vec![
        ("bare", Caller::Bare(bare::connect(addr).await?)),
        ("mesh", mesh(&[addr], Protocol::Http).await?),
        ("hyper-util", Caller::legacy(addr)?),
        ("reqwest", Caller::reqwest(addr, Version::HTTP_11)?),
        ("tower", Caller::Composed(compose(&[addr]).await?)),
    ])
}

/// All that speak HTTP/2.
///
/// # Errors
/// One of them does not start.
pub async fn http2() -> Result<Clients, Error> {
    let addr = bare::serve_http2().await?;
    let channel = endpoint(addr)?.connect_lazy();
    Ok(vec![
        ("bare", Caller::bare_http2(addr).await?),
        ("mesh", mesh(&[addr], Protocol::Http2).await?),
        ("hyper-util", Caller::legacy_over(addr, Version::HTTP_2)?),
        ("reqwest", Caller::reqwest(addr, Version::HTTP_2)?),
        ("tonic", Caller::tonic(channel)?),
    ])
}

/// Those that choose among several endpoints for each call over HTTP/2, beside a connection to one of these.
///
/// # Errors
/// One of them does not start.
pub async fn balanced(endpoints: usize) -> Result<Clients, Error> {
    let mut addrs = Vec::new();
    for _ in 0..endpoints {
        addrs.push(bare::serve_http2().await?);
    }
    let first = addrs.first().ok_or("no endpoint to call")?;
    let peers: Vec<_> = addrs
        .iter()
        .map(|addr| endpoint(*addr))
        .collect::<Result<_, _>>()?;
    let channel = Channel::balance_list(peers.into_iter());
    Ok(vec![
        ("bare", Caller::bare_http2(*first).await?),
        ("mesh", mesh(&addrs, Protocol::Http2).await?),
        ("tonic", Caller::tonic(channel)?),
    ])
}

async fn mesh(addrs: &[SocketAddr], protocol: Protocol) -> Result<Caller, Error> {
    let (host, _) = SERVICE.split_once(':').ok_or("the service has no port")?;
    let target = Target::dns(host)
        .protocol(protocol)
        .retry(Policy::idempotent(2).with_budget(Budget::new(20, 10)))
        .timeout(Duration::from_secs(15));
    let mut builder = Mesh::builder().service(SERVICE, target).seed(7);
    for addr in addrs {
        builder = builder.endpoint(host, addr);
    }
    // The caller's client keeps the mesh running.
    Caller::mesh(&builder.start().await?)
}

fn endpoint(addr: SocketAddr) -> Result<Endpoint, Error> {
    Ok(Endpoint::from_shared(format!("http://{addr}"))?)
}
