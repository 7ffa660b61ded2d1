//! The two services in a mesh: mesh-tower at both ends, configured by `sidecar.yaml`.

use std::{convert::Infallible, future::pending};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use mesh_tower::{Body, Mesh, MeshBuilder, test_util::MemoryNetwork};

use crate::{Error, bare::ANSWER};

/// What a mesh does beside carrying a call.
#[derive(Clone, Debug, Default)]
pub struct Features {
    /// Connect inside the process instead of through the kernel.
    pub network: Option<MemoryNetwork>,
}

impl Features {
    fn of(&self, node: &str, template: &mesh_tower::Config) -> MeshBuilder {
        let mesh = Mesh::builder().config(template.clone()).virtual_node(node);
        match &self.network {
            Some(network) => mesh.network(network),
            None => mesh,
        }
    }
}

/// Both services, each with its mesh; the called one serves for as long as the runtime lives.
#[derive(Debug)]
pub struct Pair {
    /// The mesh of the service that calls.
    pub caller: Mesh,
    /// The mesh of the service that is called.
    pub called: Mesh,
}

impl Pair {
    /// Starts them.
    ///
    /// # Errors
    /// One of them does not start.
    pub async fn start(features: &Features) -> Result<Self, Error> {
        let template = mesh_tower::load(TEMPLATE)?;
        let called = features.of("called", &template);
        let called = called.bind(8080, "127.0.0.1:0").start().await?;
        let addr = called.addrs().get(&8080).ok_or("no listener")?;
        let caller = features.of("caller", &template).endpoint("called", addr);
        let caller = caller.start().await?;
        let serving = called.clone();
        tokio::spawn(async move {
            serving
                .serve_until(tower::service_fn(answer), pending())
                .await
        });
        Ok(Self { caller, called })
    }
}

async fn answer(_: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(ANSWER)))
}

const TEMPLATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sidecar.yaml");
