//! The two services in a mesh: mesh-tower at both ends, configured by `sidecar.yaml`.

use std::{
    convert::Infallible,
    fs::{self, File},
    future::pending,
    net::SocketAddr,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use mesh_tower::{Body, Mesh, MeshBuilder, XRay, test_util::MemoryNetwork};

use crate::{Error, bare::ANSWER, process};

/// What a mesh does beside carrying a call.
#[derive(Clone, Debug)]
pub struct Features {
    /// Write an access log into a file.
    pub access_log: bool,
    /// Record traces.
    pub traces: Option<Traces>,
    /// How often a call may be tried again. None is ever needed, but what may be tried again has to be kept.
    pub retries: u32,
    /// Connect inside the process instead of through the kernel.
    pub network: Option<MemoryNetwork>,
}

/// Where traces go, and which.
#[derive(Clone, Copy, Debug)]
pub struct Traces {
    /// Somebody who reads datagrams.
    pub to: SocketAddr,
    /// How many of the requests: X-Ray's own default of one in a second and 5 %, if this says nothing.
    pub sampled: Option<f64>,
}

/// One service in its mesh.
#[derive(Debug)]
pub struct Node {
    /// Its mesh.
    pub mesh: Mesh,
    log: Option<PathBuf>,
}

impl Node {
    /// The service that is called; it serves for as long as the runtime lives.
    ///
    /// # Errors
    /// It does not start.
    pub async fn called(features: &Features) -> Result<Self, Error> {
        let (builder, log) = features.of("called")?;
        let mesh = builder.bind(8080, "127.0.0.1:0").start().await?;
        let serving = mesh.clone();
        tokio::spawn(async move {
            let app = tower::service_fn(answer);
            serving.serve_until(app, pending()).await
        });
        Ok(Self { mesh, log })
    }

    /// The service that calls the one at this address.
    ///
    /// # Errors
    /// It does not start.
    pub async fn caller(features: &Features, called: SocketAddr) -> Result<Self, Error> {
        let (builder, log) = features.of("caller")?;
        let mesh = builder.endpoint("called", called).start().await?;
        Ok(Self { mesh, log })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// It does not: it is the caller.
    pub fn addr(&self) -> Result<SocketAddr, Error> {
        let addr = self.mesh.addrs().get(&8080).copied();
        addr.ok_or_else(|| "the caller has no listener".into())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(log) = &self.log {
            // It may never have been written.
            let _ = fs::remove_file(log);
        }
    }
}

/// Both services.
#[derive(Debug)]
pub struct Pair {
    /// The service that calls.
    pub caller: Node,
    /// The service that is called.
    pub called: Node,
}

impl Pair {
    /// Starts them.
    ///
    /// # Errors
    /// One of them does not start.
    pub async fn start(features: &Features) -> Result<Self, Error> {
        let called = Node::called(features).await?;
        let caller = Node::caller(features, called.addr()?).await?;
        Ok(Self { caller, called })
    }
}

impl Features {
    fn of(&self, node: &str) -> Result<(MeshBuilder, Option<PathBuf>), Error> {
        let template = mesh_tower::load_with(TEMPLATE, [("Retries", self.retries.to_string())])?;
        let mut builder = Mesh::builder()
            .config(template)
            .virtual_node(node)
            .seed(SEED);
        if let Some(network) = &self.network {
            builder = builder.network(network);
        }
        if let Some(Traces { to, sampled }) = self.traces {
            let xray = XRay::daemon(to);
            builder = builder.xray(match sampled {
                Some(rate) => xray.sampling(0, rate),
                None => xray,
            });
        }
        if !self.access_log {
            return Ok((builder, None));
        }
        let log = log_path(node);
        Ok((builder.access_log(File::create(&log)?), Some(log)))
    }
}

fn log_path(node: &str) -> PathBuf {
    static LOGS: AtomicUsize = AtomicUsize::new(0);
    let number = LOGS.fetch_add(1, Ordering::Relaxed);
    process::temporary(&format!("mesh-{node}-{number}.log"))
}

async fn answer(_: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(ANSWER)))
}

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sidecar.yaml");
const SEED: u64 = 7;
