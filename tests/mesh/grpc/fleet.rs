//! Servers of the echo on real sockets, and a mesh that calls them.

use std::{future::pending, net::SocketAddr};

use mesh_core::{
    config::{Mesh as Model, VirtualNode, VirtualService},
    unit::Protocol,
};
use mesh_tower::{Client, Mesh};
use tonic::service::Routes;

use super::echo::{Echo, EchoClient};
use crate::support::Abort;

/// Servers on loopback, each a node `echo` of the mesh, and a node `web` that calls them.
pub(super) struct Fleet {
    pub(super) web: Mesh,
    pub(super) servers: Vec<Server>,
}

pub(super) struct Server {
    pub(super) mesh: Mesh,
    pub(super) echo: Echo,
    _serving: Abort,
}

impl Fleet {
    /// The servers `0`, `1`, …; beside the echo they serve what else is given.
    pub(super) async fn start(servers: usize, more: impl Fn(Routes) -> Routes) -> Self {
        let mut fleet = Vec::new();
        for name in 0..servers {
            let echo = Echo::new(&name.to_string());
            fleet.push(Server::start(echo.clone(), more(Routes::new(echo))).await);
        }
        let web = Mesh::builder().config(model()).virtual_node("web").seed(7);
        let web = fleet
            .iter()
            .fold(web, |web, server| web.endpoint("echo", server.addr()));
        let web = web.start().await.expect("the mesh starts");
        Self {
            web,
            servers: fleet,
        }
    }

    pub(super) async fn one() -> Self {
        Self::start(1, |routes| routes).await
    }

    pub(super) fn stub(&self) -> EchoClient {
        EchoClient::new(self.client())
    }

    pub(super) fn client(&self) -> Client {
        let client = self.web.client_for("echo.local:50051");
        client.expect("a backend")
    }
}

impl Server {
    async fn start(echo: Echo, routes: Routes) -> Self {
        let mesh = Mesh::builder().config(model()).virtual_node("echo");
        let mesh = mesh.bind(50_051, "127.0.0.1:0").start().await;
        let mesh = mesh.expect("the mesh starts");
        let server = mesh.clone();
        let _serving = Abort(tokio::spawn(async move {
            server.serve_until(routes, pending()).await
        }));
        mesh.ready().await;
        Self {
            mesh,
            echo,
            _serving,
        }
    }

    fn addr(&self) -> SocketAddr {
        self.mesh.addrs()[&50_051]
    }
}

fn model() -> Model {
    let echo = VirtualNode::builder("echo").listener(50_051, Protocol::Grpc);
    Model::builder("shop")
        .virtual_node(VirtualNode::builder("web").backend("echo.local"))
        .virtual_node(echo.dns("echo.local"))
        .virtual_service(VirtualService::builder("echo.local").virtual_node("echo"))
        .build()
        .expect("the model is valid")
}
